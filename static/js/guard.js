// <form data-guard>: the browser asks before typed but unsaved entries get lost.
// With data-guard="unsaved" the page came with entries that are not saved anywhere.
let changed = Boolean(document.querySelector("form[data-guard=unsaved]"));

for (const form of document.querySelectorAll("form[data-guard]")) {
  form.addEventListener("input", () => (changed = true));
  form.addEventListener("submit", () => (changed = false));
  form.addEventListener("portal:saved", () => (changed = false));
}
// A link that says what it drops needs no second question.
for (const link of document.querySelectorAll("[data-leaves]")) {
  link.addEventListener("click", () => (changed = false));
}
addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
