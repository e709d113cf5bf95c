// <form data-guard>: the browser asks before typed but unsaved entries get lost.
let changed = false;

for (const form of document.querySelectorAll("form[data-guard]")) {
  form.addEventListener("input", () => (changed = true));
  form.addEventListener("submit", () => (changed = false));
  form.addEventListener("portal:saved", () => (changed = false));
}
addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
