// One application on the desk: keys to walk through the list and the documents, a chosen reason put
// into its field, pages that were too many at once asked for again. The page works without it.
const KEPT = "desk-keys";
const BUSY_SECONDS = 3;
const MOST_TRIES = 6;

function keysAreOn() {
  return window.localStorage.getItem(KEPT) !== "off";
}

function isTyping(target) {
  return target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

function walk(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || !keysAreOn() || isTyping(event.target)) return;
  const link = document.querySelector(`a[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
}

const box = document.getElementById("desk-keys");
if (box) {
  box.checked = keysAreOn();
  box.closest("p").hidden = false;
  box.addEventListener("change", () => {
    window.localStorage.setItem(KEPT, box.checked ? "on" : "off");
  });
  document.addEventListener("keydown", walk);
}

for (const select of document.querySelectorAll("select[data-fills]")) {
  const field = document.getElementById(select.dataset.fills);
  select.addEventListener("change", () => {
    const chosen = select.selectedOptions[0].dataset.text;
    const untouched = !field.value.trim() || field.value === field.dataset.filled;
    if (!chosen || !untouched) return;
    field.value = chosen;
    field.dataset.filled = chosen;
  });
}

for (const picture of document.querySelectorAll(".desk-paper__page")) {
  let tries = 0;
  picture.addEventListener("error", () => {
    tries += 1;
    if (tries > MOST_TRIES) return;
    const address = new URL(picture.src);
    address.searchParams.set("again", tries);
    window.setTimeout(() => {
      picture.src = address;
    }, BUSY_SECONDS * 1000 * tries);
  });
}
