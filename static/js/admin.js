// The administration's search boxes (select2) have no name while nothing is chosen in them: each,
// and the text in it, gets the label of its field.
function nameBoxes() {
  for (const box of document.querySelectorAll(".select2-selection[aria-labelledby]")) {
    const label = box.closest(".select2").previousElementSibling?.labels?.[0];
    if (!label || box.dataset.named) continue;
    box.dataset.named = "yes";
    label.id ||= `${label.htmlFor}-label`;
    const chosen = box.querySelector("[role=textbox]");
    box.setAttribute("aria-labelledby", `${label.id} ${chosen?.id ?? ""}`);
    chosen?.setAttribute("aria-labelledby", label.id);
  }
}

// In line behind the administration's own scripts, which make the boxes at these moments.
window.django?.jQuery?.(nameBoxes);
document.addEventListener("formset:added", nameBoxes);
