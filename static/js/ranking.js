// [data-ranking data-up="Move up" data-down="Move down" data-moved="{host} is now number {rank}"]
// around .preference parts. The buttons exchange the *values* of neighbours, not the parts, so
// that names, ids and errors stay where the server put them. The first select names the host.
const controls = (part) => [...part.querySelectorAll("select, input:not([type=hidden]), textarea")];

function read(control) {
  return control.matches("[type=checkbox], [type=radio]") ? control.checked : control.value;
}

function write(control, value) {
  if (control.matches("[type=checkbox], [type=radio]")) control.checked = value;
  else control.value = value;
}

function exchange(one, other) {
  const [here, there] = [controls(one), controls(other)];
  if (here.length !== there.length) return;
  const values = [here.map(read), there.map(read)];
  here.forEach((control, index) => write(control, values[1][index]));
  there.forEach((control, index) => write(control, values[0][index]));
  here[0]?.dispatchEvent(new Event("input", { bubbles: true }));
}

for (const list of document.querySelectorAll("[data-ranking]")) {
  const parts = [...list.querySelectorAll(".preference")];
  if (parts.length < 2) continue;
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  list.after(status);

  parts.forEach((part, index) => {
    const moves = document.createElement("div");
    moves.className = "preference__moves";
    for (const [step, text, arrow] of [
      [-1, list.dataset.up, "↑"],
      [1, list.dataset.down, "↓"],
    ]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button--secondary button--small";
      button.textContent = `${arrow} ${text}`;
      button.setAttribute("aria-label", `${text}: ${index + 1}`);
      button.disabled = !parts[index + step];
      button.addEventListener("click", () => {
        const other = parts[index + step];
        exchange(part, other);
        const host = other.querySelector("select")?.selectedOptions[0]?.textContent.trim() ?? "";
        status.textContent = list.dataset.moved
          .replace("{host}", host)
          .replace("{rank}", index + step + 1);
        const same = other.querySelectorAll(".preference__moves button")[step < 0 ? 0 : 1];
        (same.disabled ? other.querySelector(".preference__moves button:enabled") : same)?.focus();
      });
      moves.append(button);
    }
    part.append(moves);
  });
}
