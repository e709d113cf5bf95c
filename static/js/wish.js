// The rows of the list of wishes, for ranking.js and picker.js. A row keeps its place, names, ids
// and errors; what changes places is the host, the semesters and what is known of them.
export const hostOf = (row) => row.querySelector("select");
const boxesOf = (row) => [...row.querySelectorAll(".wish__semesters input[type=checkbox]")];
const factsOf = (row) => row.querySelector(".wish__facts");
const ticked = (row) => boxesOf(row).filter((box) => box.checked).map((box) => box.value);

export const hostName = (row) =>
  row.querySelector("[role=combobox]")?.value || hostOf(row).selectedOptions[0]?.text || "";

// Takes everything out of a row that belongs to its wish.
export function take(row) {
  const facts = factsOf(row);
  const known = document.createDocumentFragment();
  known.append(...facts.childNodes);
  return { host: hostOf(row).value, boxes: ticked(row), known, of: { ...facts.dataset } };
}

export function put(row, wish) {
  hostOf(row).value = wish.host;
  for (const box of boxesOf(row)) box.checked = wish.boxes.includes(box.value);
  const facts = factsOf(row);
  facts.replaceChildren(wish.known);
  Object.assign(facts.dataset, wish.of);
  hostOf(row).dispatchEvent(new Event("wish:set"));
}

export const nothing = () => ({
  host: "",
  boxes: [],
  known: document.createDocumentFragment(),
  of: { host: "", semesters: "" },
});

// Whoever saves the form learns of a change like of any other: by `input` and `change`.
export function tell(row) {
  for (const name of ["input", "change"])
    hostOf(row).dispatchEvent(new Event(name, { bubbles: true }));
}

// What is known belongs to one host and certain semesters. Until the server has answered for
// others, it is out of sight.
export function freshen(list) {
  for (const row of list.querySelectorAll(".wish")) {
    const [facts, host] = [factsOf(row), hostOf(row).value];
    const order = ["W", "S"].filter((letter) => ticked(row).includes(letter)).join("");
    const same = facts.dataset.host === host && facts.dataset.semesters === order;
    row.classList.toggle("is-empty", !host);
    row.classList.toggle("is-stale", !same);
    const note = row.querySelector(".wish__stale") ?? document.createElement("p");
    note.className = "wish__stale muted small";
    note.textContent = list.dataset.stale;
    if (same || !host) note.remove();
    else facts.before(note);
  }
}

const speakers = new WeakMap();

export function say(list, words) {
  if (!speakers.has(list)) {
    const status = document.createElement("p");
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    list.after(status);
    speakers.set(list, status);
  }
  speakers.get(list).textContent = words;
}

export const filled = (text, values) =>
  text.replace(/\{(\w+)\}/g, (_whole, name) => values[name] ?? "");

export function watch(list) {
  if (list.dataset.ready) return;
  list.dataset.ready = "";
  say(list, "");
  freshen(list);
  list.addEventListener("change", () => freshen(list));
  // Answers of the server come in as new nodes; one that was overtaken by a further change is
  // for another host.
  new MutationObserver((changes) => {
    const news = changes.some(({ addedNodes }) =>
      [...addedNodes].some((node) => node.classList?.contains("wish__facts")),
    );
    if (news) freshen(list);
  }).observe(list, { childList: true, subtree: true });
}
