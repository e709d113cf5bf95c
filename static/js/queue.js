// Adds a box that ticks all rows of a form's table. Without it each is ticked by hand.
for (const form of document.querySelectorAll("form[data-ticks]")) {
  const head = form.querySelector("thead .queue-tick");
  const boxes = [...form.querySelectorAll('tbody input[type="checkbox"]')];
  if (!head || !boxes.length) continue;
  const label = document.createElement("label");
  label.className = "desk-target";
  const all = document.createElement("input");
  all.type = "checkbox";
  all.setAttribute("aria-label", form.dataset.ticks);
  label.append(all);
  head.append(label);

  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", show);
  show(); // the browser keeps ticks when one comes back
}
