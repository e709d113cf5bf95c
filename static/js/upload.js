// <input type="file" data-max-bytes="1048576" data-too-large="… {size} …">: says at once that a
// file is too large, in the page's language, instead of after the upload. The server checks again.
const language = document.documentElement.lang || "en";

function check(input) {
  const file = input.files[0];
  const tooLarge = file && file.size > Number(input.dataset.maxBytes);
  const id = `${input.id}_too_large`;
  let message = document.getElementById(id);
  if (!message) {
    message = document.createElement("p");
    message.id = id;
    message.className = "field__error";
    message.setAttribute("role", "alert");
    input.before(message);
    const described = input.getAttribute("aria-describedby");
    input.setAttribute("aria-describedby", described ? `${described} ${id}` : id);
  }
  const size = file ? new Intl.NumberFormat(language).format(file.size) : "";
  message.textContent = tooLarge ? input.dataset.tooLarge.replace("{size}", size) : "";
  input.toggleAttribute("data-wrong", Boolean(tooLarge));
  input.setAttribute("aria-invalid", String(Boolean(tooLarge)));
}

for (const input of document.querySelectorAll("input[data-max-bytes]")) {
  input.addEventListener("change", () => check(input));
  input.form?.addEventListener("submit", (event) => {
    if (!input.hasAttribute("data-wrong")) return;
    event.preventDefault();
    input.focus();
  });
}
