// table[data-board]: its columns sort by their heads. Where rows carry data-move they are moved by
// dragging, or by the keyboard on the handle; putting one down opens the page that asks for the
// reason, so nothing is recorded here. Without this script the rows stand in order of place.
import { follow } from "./dragging.js";
import { filled, say } from "./wish.js";

const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });

// -- sorting ---------------------------------------------------------------------------------------
function sortable(table, sorted) {
  const body = table.tBodies[0];
  const inPlace = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const valueOf = (row, index) => row.cells[index].dataset.value ?? "";
  const compare = (head, one, other) =>
    head.dataset.sort === "number" ? Number(one) - Number(other) : collator.compare(one, other);

  function sort(head, way) {
    const index = heads.indexOf(head);
    const rows = [...inPlace].sort((one, other) => {
      const [here, there] = [valueOf(one, index), valueOf(other, index)];
      // What is not known comes last, whichever way.
      if (!here || !there) return Number(!here) - Number(!there);
      return way * compare(head, here, there);
    });
    body.append(...rows);
    for (const each of heads) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
    const text = way > 0 ? table.dataset.sortedUp : table.dataset.sortedDown;
    const column = head.querySelector("button").dataset.column;
    sorted(index === 0 && way > 0, filled(text, { column }));
  }

  for (const head of heads.filter((each) => each.dataset.sort)) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "board-sort";
    button.dataset.column = head.firstChild.textContent.trim();
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      // Figures begin with the largest, places and words with the first.
      const first = head.dataset.sort === "number" && head !== heads[0] ? -1 : 1;
      sort(head, now ? (now === "ascending" ? -1 : 1) : first);
    });
  }
}

// -- moving ----------------------------------------------------------------------------------------
function movable(table) {
  const body = table.tBodies[0];
  const handles = new Map();
  let lifted = null; // by the keyboard: { row, next, place }

  // Places are counted among those who compete, in the order the rows stand in now, and from the
  // first page on where this is another one.
  const competing = () => [...body.rows].filter((row) => row.dataset.code);
  const words = (name, row) => {
    const rows = competing();
    return filled(table.dataset[name], {
      name: row.dataset.name,
      place: Number(table.dataset.before ?? 0) + rows.indexOf(row) + 1,
      count: table.dataset.count ?? rows.length,
    });
  };
  const tell = (name, row) => say(table.closest(".table-wrap"), words(name, row));

  // Whoever stands behind the row now is whom it was put ahead of.
  function ask(row) {
    const rows = competing();
    const behind = rows[rows.indexOf(row) + 1];
    tell("dropped", row);
    const code = behind?.dataset.code ?? table.dataset.next ?? "last";
    window.location.assign(`${row.dataset.move}?to=${encodeURIComponent(code)}`);
  }

  const putBack = (row, next) => body.insertBefore(row, next);

  function lift(row) {
    lifted = { row, next: row.nextElementSibling };
    row.classList.add("is-lifted");
    tell("lifted", row);
  }

  function carry(step) {
    const rows = competing();
    const to = rows.indexOf(lifted.row) + step;
    if (!rows[to]) return;
    if (step < 0) rows[to].before(lifted.row);
    else rows[to].after(lifted.row);
    handles.get(lifted.row).focus();
    tell("moved", lifted.row);
  }

  function drop({ back = false } = {}) {
    const { row, next } = lifted;
    lifted = null;
    row.classList.remove("is-lifted");
    const same = row.nextElementSibling === next;
    if (back || same) {
      putBack(row, next);
      handles.get(row).focus();
      tell("back", row);
    } else ask(row);
  }

  function pressed(event) {
    if (!lifted) return;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step) carry(step);
    else if (event.key === "Escape") drop({ back: true });
    else return;
    event.preventDefault();
  }

  function drag(down, row) {
    const next = row.nextElementSibling;
    follow(down, {
      within: table.closest(".table-wrap"),
      begin: () => {
        row.classList.add("is-lifted");
        table.classList.add("is-sorting");
      },
      // Only the rows around the pointer are looked at: there may be a thousand.
      place: (y) => {
        const x = row.getBoundingClientRect().left + 1;
        const wrap = table.closest(".table-wrap").getBoundingClientRect();
        const over = document.elementFromPoint(Math.max(x, wrap.left + 8), y)?.closest("tr");
        if (!over || over === row || over.parentElement !== body) return;
        const box = over.getBoundingClientRect();
        if (y < box.top + box.height / 2) over.before(row);
        else over.after(row);
      },
      end: (keep) => {
        row.classList.remove("is-lifted");
        table.classList.remove("is-sorting");
        const same = row.nextElementSibling === next;
        if (!keep || same) {
          putBack(row, next);
          handles.get(row).focus();
          tell("back", row);
        } else ask(row);
      },
    });
  }

  function addHandle(row) {
    const handle = document.createElement("button");
    handle.type = "button";
    handle.className = "board-handle";
    handle.setAttribute("aria-describedby", "board-keys");
    handle.setAttribute("aria-label", words("handle", row));
    handle.addEventListener("click", () => (lifted ? drop() : lift(row)));
    handle.addEventListener("keydown", pressed);
    handle.addEventListener("blur", () => {
      // A row that is carried takes its focus along; that comes to rest on the same handle.
      setTimeout(() => {
        if (lifted?.row === row && document.activeElement !== handle) drop({ back: true });
      });
    });
    handle.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && !lifted) drag(event, row);
    });
    row.cells[0].prepend(handle);
    handles.set(row, handle);
  }

  const how = document.createElement("p");
  how.className = "help board-how";
  const keys = document.createElement("span");
  keys.id = "board-keys";
  keys.textContent = table.dataset.how;
  how.append(`${table.dataset.drag} `, keys);
  table.closest(".table-wrap").before(how);
  for (const row of body.rows) if (row.dataset.move) addHandle(row);

  // Coming back by the browser's button, the rows stand as they were put down.
  const inPlace = [...body.rows];
  window.addEventListener("pageshow", (event) => event.persisted && body.append(...inPlace));

  return (may) => {
    for (const handle of handles.values()) handle.hidden = !may;
  };
}

function setUp(table) {
  const wrap = table.closest(".table-wrap");
  const allow = table.dataset.how ? movable(table) : null;
  const note = document.createElement("p");
  note.className = "help board-sorted";
  wrap.before(note);
  say(wrap, "");
  sortable(table, (byPlace, text) => {
    allow?.(byPlace);
    const { part, still } = table.dataset;
    note.textContent = byPlace ? "" : [text, part, still].filter(Boolean).join(" ");
    say(wrap, note.textContent || text);
  });
  table.dataset.ready = "";
}

for (const table of document.querySelectorAll("table[data-board]")) setUp(table);
