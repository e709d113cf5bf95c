// [data-ranking] around rows .wish: they change places by dragging, by the keyboard on the handle,
// and by the buttons "move", which work without this script too.
import { follow } from "./dragging.js";
import { filled, freshen, hostName, nothing, put, say, take, tell, watch } from "./wish.js";

function setUp(list) {
  const rows = [...list.querySelectorAll(".wish")];
  watch(list);

  const handleOf = (row) => row.querySelector(".wish__handle");
  const words = (name, row) =>
    filled(list.dataset[name], {
      host: hostName(row),
      rank: rows.indexOf(row) + 1,
      count: rows.length,
    });

  function label() {
    for (const row of rows) handleOf(row).setAttribute("aria-label", words("handle", row));
  }

  function rearrange(change) {
    const wishes = rows.map(take);
    change(wishes);
    rows.forEach((row, index) => put(row, wishes[index]));
    freshen(list);
    label();
  }

  function move(from, to) {
    if (from === to) return;
    rearrange((wishes) => wishes.splice(to, 0, ...wishes.splice(from, 1)));
    tell(rows[to]);
  }

  const number = (place) =>
    rows.forEach((row, index) => {
      row.querySelector(".wish__rank").textContent = place(index) + 1;
    });

  // -- by the keyboard: what is picked up follows the arrow keys --------------------------------
  let lifted = null;

  function lift(index) {
    lifted = { origin: index, index };
    rows[index].classList.add("is-lifted");
    say(list, words("lifted", rows[index]));
  }

  function carry(to) {
    if (to < 0 || to >= rows.length) return;
    const row = rows[lifted.index];
    row.classList.remove("is-lifted");
    move(lifted.index, to);
    lifted.index = to;
    rows[to].classList.add("is-lifted");
    handleOf(rows[to]).focus();
    say(list, words("moved", rows[to]));
  }

  function drop({ back = false } = {}) {
    if (!lifted) return;
    if (back) carry(lifted.origin);
    const row = rows[lifted.index];
    row.classList.remove("is-lifted");
    lifted = null;
    say(list, words(back ? "back" : "moved", row));
  }

  function pressed(event, index) {
    if (!lifted) return;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step) carry(index + step);
    else if (event.key === "Escape") drop({ back: true });
    else return;
    event.preventDefault();
  }

  // -- by dragging ---------------------------------------------------------------------------------
  function drag(down, from) {
    let to = from;
    let boxes, top, height, ahead;

    // Rows become low while one is moved; the one that is held stays under the pointer.
    function begin() {
      const before = rows[from].getBoundingClientRect().top;
      list.classList.add("is-sorting");
      rows[from].classList.add("is-lifted");
      const scroll = rows[from].getBoundingClientRect().top - before;
      window.scrollBy({ top: scroll, behavior: "instant" });
      boxes = rows.map((row) => row.getBoundingClientRect());
      top = window.scrollY;
      ahead = before - boxes[from].top;
      height = boxes[from].height + (rows.length > 1 ? boxes[1].top - boxes[0].bottom : 0);
    }

    function place(y) {
      const way = ahead + y - down.clientY + window.scrollY - top;
      const [upper, lower] = [boxes[from].top + way, boxes[from].bottom + way];
      to = from;
      rows.forEach((row, index) => {
        const middle = boxes[index].top + boxes[index].height / 2;
        let shift = index === from ? way : 0;
        if (index < from && upper < middle) {
          shift = height;
          to = Math.min(to, index);
        } else if (index > from && lower > middle) {
          shift = -height;
          to = Math.max(to, index);
        }
        row.style.transform = shift ? `translateY(${shift}px)` : "";
      });
      number((index) => {
        if (index === from) return to;
        if (index > from && index <= to) return index - 1;
        return index >= to && index < from ? index + 1 : index;
      });
    }

    function end(keep) {
      list.classList.remove("is-sorting");
      rows[from].classList.remove("is-lifted");
      for (const row of rows) row.style.transform = "";
      number((index) => index);
      const row = rows[keep ? to : from];
      if (keep) move(from, to);
      handleOf(row).focus();
      say(list, words(keep ? "moved" : "back", row));
    }

    follow(down, { begin, place, end });
  }

  function addHandle(row, index) {
    const handle = document.createElement("button");
    handle.type = "button";
    handle.className = "wish__handle";
    handle.setAttribute("aria-describedby", "wishes-how");
    handle.addEventListener("click", () => (lifted ? drop() : lift(index)));
    handle.addEventListener("keydown", (event) => pressed(event, index));
    handle.addEventListener("blur", () => {
      // Focus that only goes along with the wish comes to rest on the next handle.
      setTimeout(() => {
        if (lifted && document.activeElement !== handleOf(rows[lifted.index])) drop();
      });
    });
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || lifted) return;
      drag(event, index);
    });
    row.querySelector(".wish__side").append(handle);
  }

  // -- by the buttons ------------------------------------------------------------------------------
  function press(button, row) {
    const index = rows.indexOf(row);
    const way = button.value.split("-")[0];
    if (way === "out") {
      const text = words("removed", row);
      rearrange((wishes) => {
        wishes.splice(index, 1);
        wishes.push(nothing());
      });
      tell(row);
      row.querySelector("[role=combobox]")?.focus();
      say(list, text);
      return;
    }
    const to = index + (way === "up" ? -1 : 1);
    if (!rows[to]) return;
    move(index, to);
    const same = rows[to].querySelector(`[name=move][value^=${way}]`);
    (same.disabled ? rows[to].querySelector("[name=move]:enabled") : same).focus();
    say(list, words("moved", rows[to]));
  }

  const how = document.createElement("p");
  how.id = "wishes-how";
  how.className = "visually-hidden";
  how.textContent = list.dataset.how;
  list.after(how);
  rows.forEach(addHandle);
  label();
  list.addEventListener("change", label);
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=move]");
    if (!button) return;
    event.preventDefault();
    press(button, button.closest(".wish"));
  });
}

for (const list of document.querySelectorAll("[data-ranking]")) setUp(list);
