// [data-picker="id of a JSON list"] around selects: each is searched as one types, as the combobox
// of the ARIA Authoring Practices (editable, list filtered, nothing chosen by itself). The select
// stays in the form, out of sight, and is what is sent; its id goes to the box that is seen, so
// that labels and the links of the error summary lead there.
import { filled, say, tell, watch } from "./wish.js";

// As `partners.directory.spelling.folded` writes `search`.
const LETTERS = { ø: "o", ł: "l", đ: "d", ð: "d", ı: "i", æ: "ae", œ: "oe", ß: "ss" };
const DIGRAPHS = [["ae", "a"], ["oe", "o"], ["ue", "u"], ["aa", "a"]];

function folded(text) {
  const bare = text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[øłđðıæœß]/g, (letter) => LETTERS[letter]);
  return DIGRAPHS.reduce((found, [two, one]) => found.replaceAll(two, one), bare);
}

function part(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  if (text) node.textContent = text;
  return node;
}

function setUp(list, select, picks) {
  const words = list.dataset;
  const row = select.closest(".wish");
  const wrapper = part("div", "picker");
  const box = part("input", "picker__box");
  const popup = part("ul", "picker__list");
  let [shown, active, typed] = [[], -1, false];

  const text = () => {
    const pick = picks.find(({ value }) => value === select.value);
    return pick ? `${pick.name}, ${pick.place}` : "";
  };
  const rankOf = (value) => {
    const taken = [...list.querySelectorAll("select")].find(
      (other) => other !== select && other.value === value,
    );
    return taken?.closest(".wish").dataset.rank ?? "";
  };
  const isOpen = () => !popup.hidden;

  function option(pick, index) {
    const item = part("li", "picker__option");
    item.id = `${popup.id}_${index}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const rank = rankOf(pick.value);
    if (pick.closed || rank) item.setAttribute("aria-disabled", "true");
    if (pick.value === select.value) item.classList.add("is-chosen");
    const about = [pick.place, ...(pick.closed ? [] : [pick.seats, pick.language])];
    item.append(part("span", "picker__name", pick.name), " ");
    item.append(part("span", "picker__about", about.join(" · ")));
    const reason = pick.closed || (rank && filled(words.taken, { rank }));
    if (reason) item.append(" ", part("span", "picker__reason", reason));
    item.addEventListener("click", () => choose(index));
    return item;
  }

  function render() {
    const asked = typed ? folded(box.value).split(/[\s,()]+/).filter(Boolean) : [];
    shown = picks.filter(({ search }) => asked.every((word) => search.includes(word)));
    const items = shown.map(option);
    const first = shown.findIndex(({ closed }) => closed);
    popup.replaceChildren(...items.slice(0, first < 0 ? items.length : first));
    if (first >= 0) {
      const group = part("ul", "picker__group");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", words.closed);
      const title = part("li", "picker__title", words.closed);
      title.setAttribute("role", "presentation");
      group.append(title, ...items.slice(first));
      const holder = part("li", "");
      holder.setAttribute("role", "presentation");
      holder.append(group);
      popup.append(holder);
    }
    const none = filled(words.none, { text: box.value.trim() });
    nothing.hidden = shown.length > 0;
    nothing.textContent = none;
    const found = filled(shown.length === 1 ? words.one : words.many, { count: shown.length });
    say(list, shown.length ? found : none);
    activate(-1);
  }

  function activate(index) {
    const items = popup.querySelectorAll("[role=option]");
    items[active]?.setAttribute("aria-selected", "false");
    active = index;
    if (items[index]) {
      items[index].setAttribute("aria-selected", "true");
      items[index].scrollIntoView({ block: "nearest" });
      box.setAttribute("aria-activedescendant", items[index].id);
    } else box.removeAttribute("aria-activedescendant");
  }

  function open() {
    popup.hidden = false;
    box.setAttribute("aria-expanded", "true");
    row.classList.add("is-open");
    render();
    popup.scrollIntoView({ block: "nearest" });
  }

  function close() {
    popup.hidden = nothing.hidden = true;
    typed = false;
    activate(-1);
    box.setAttribute("aria-expanded", "false");
    row.classList.remove("is-open");
    box.value = text();
  }

  function set(value) {
    if (select.value === value) return;
    select.value = value;
    tell(row);
  }

  function choose(index) {
    const pick = shown[index];
    if (!pick) return;
    const why = pick.closed || (rankOf(pick.value) && filled(words.taken, { rank: rankOf(pick.value) }));
    if (why) {
      say(list, `${pick.name}: ${why}`);
      return;
    }
    set(pick.value);
    close();
    say(list, filled(words.chosen, { host: text() }));
  }

  function step(way) {
    if (!isOpen()) {
      open();
      const chosen = shown.findIndex(({ value }) => value === select.value);
      if (chosen >= 0) return activate(chosen);
    }
    const last = shown.length - 1;
    if (active < 0) activate(way > 0 ? 0 : last);
    else activate(active + way < 0 ? last : active + way > last ? 0 : active + way);
  }

  function pressed(event) {
    const { key, altKey } = event;
    if (key === "ArrowDown" && altKey) isOpen() || open();
    else if (key === "ArrowUp" && altKey) close();
    else if (key === "ArrowDown") step(1);
    else if (key === "ArrowUp") step(-1);
    // Home and End belong to the text until one has gone into the list.
    else if (key === "Home" && active >= 0) activate(0);
    else if (key === "End" && active >= 0) activate(shown.length - 1);
    else if (key === "Escape" && isOpen()) close();
    // A press in a list never sends the form.
    else if (key === "Enter") choose(active);
    else return;
    event.preventDefault();
  }

  box.type = "text";
  box.autocomplete = "off";
  box.spellcheck = false;
  box.placeholder = words.prompt;
  box.id = select.id;
  select.id = `${box.id}_sent`;
  popup.id = `${box.id}_listbox`;
  popup.setAttribute("role", "listbox");
  popup.setAttribute("aria-label", words.list);
  for (const [name, value] of [
    ["role", "combobox"],
    ["aria-autocomplete", "list"],
    ["aria-expanded", "false"],
    ["aria-controls", popup.id],
    ["autocapitalize", "none"],
  ])
    box.setAttribute(name, value);
  for (const name of ["aria-describedby", "aria-invalid"])
    if (select.hasAttribute(name)) box.setAttribute(name, select.getAttribute(name));
  const nothing = part("p", "picker__none");
  // A link to the field may have been followed before this script was there.
  const held = document.activeElement === select;
  select.before(wrapper);
  wrapper.append(box, popup, nothing, select);
  popup.hidden = nothing.hidden = select.hidden = true;
  box.value = text();
  if (held) box.focus();

  box.addEventListener("focus", () => box.select());
  box.addEventListener("click", () => isOpen() || open());
  box.addEventListener("keydown", pressed);
  box.addEventListener("input", (event) => {
    event.stopPropagation(); // a search is no answer: nothing to save
    typed = true;
    open();
  });
  box.addEventListener("change", (event) => event.stopPropagation());
  box.addEventListener("blur", () => {
    if (!box.value.trim()) set("");
    close();
  });
  // Pressing an option, or the scroll bar of the list, leaves the cursor in the box.
  popup.addEventListener("mousedown", (event) => event.preventDefault());
  for (const name of ["wish:set", "change"])
    select.addEventListener(name, () => (box.value = text()));
}

for (const list of document.querySelectorAll("[data-picker]")) {
  const picks = JSON.parse(document.getElementById(list.dataset.picker).textContent);
  for (const select of list.querySelectorAll("select")) setUp(list, select, picks);
  watch(list);
}
