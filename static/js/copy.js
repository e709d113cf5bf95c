// <button hidden data-copy="id of an input" data-copied="words" data-selected="words">: puts the
// text of the input on the clipboard, or selects it where the browser keeps the clipboard closed.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const status = button.closest(".field").querySelector("[data-copy-status]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      status.textContent = button.dataset.copied;
    } catch {
      field.focus();
      field.select();
      status.textContent = button.dataset.selected;
    }
  });
}
