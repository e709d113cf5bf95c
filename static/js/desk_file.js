// One application on the desk: keys to walk through the list and the documents, a chosen reason put
// into its field, pages that were too many at once asked for again. The page works without it.
const KEPT = "desk-keys";
const BUSY_SECONDS = 3;
const MOST_TRIES = 6;

function keysAreOn() {
  return window.localStorage.getItem(KEPT) !== "off";
}

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
}

function walk(event) {
  const modified = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
  if (modified || !keysAreOn() || isTyping(event.target)) return;
  const link = document.querySelector(`a[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
}

const box = document.getElementById("desk-keys");
if (box) {
  box.checked = keysAreOn();
  box.closest("p").hidden = false;
  box.addEventListener("change", () => {
    window.localStorage.setItem(KEPT, box.checked ? "on" : "off");
  });
  document.addEventListener("keydown", walk);
}

for (const select of document.querySelectorAll("select[data-fills]")) {
  const field = document.getElementById(select.dataset.fills);
  select.addEventListener("change", () => {
    const chosen = select.selectedOptions[0].dataset.text;
    const untouched = !field.value.trim() || field.value === field.dataset.filled;
    if (!chosen || !untouched) return;
    field.value = chosen;
    field.dataset.filled = chosen;
  });
}

// What was typed and not sent is not left behind without asking.
let unsent = document.querySelector("[data-error-summary]") !== null;
for (const form of document.querySelectorAll("#content form[method=post]")) {
  form.addEventListener("input", () => {
    unsent = true;
  });
  form.addEventListener("submit", () => {
    unsent = false;
  });
}
window.addEventListener("beforeunload", (event) => {
  if (unsent) event.preventDefault();
});

// Pages are drawn by the server one at a time: they are asked for one at a time too, first those in
// sight. One that came too early is asked for again.
const inSight = new Set();
let drawing = false;

function drawNext() {
  if (drawing) return;
  const place = [...document.querySelectorAll("[data-page]")].find((each) => inSight.has(each));
  if (!place) return;
  inSight.delete(place);
  drawing = true;
  const picture = new Image();
  picture.alt = place.dataset.said;
  picture.addEventListener("load", () => done(place, picture));
  picture.addEventListener("error", () => failed(place, picture));
  picture.src = place.dataset.page;
}

function done(place, picture) {
  place.replaceChildren(picture);
  place.classList.add("is-drawn");
  drawing = false;
  drawNext();
}

function failed(place, picture) {
  const tries = Number(place.dataset.tries || 0) + 1;
  place.dataset.tries = tries;
  if (tries >= MOST_TRIES) return done(place, picture);
  window.setTimeout(() => {
    inSight.add(place);
    drawNext();
  }, BUSY_SECONDS * 1000 * tries);
  drawing = false;
  return drawNext();
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) inSight.delete(target);
      else if (!target.classList.contains("is-drawn")) inSight.add(target);
    }
    drawNext();
  },
  { rootMargin: "600px 0px", scrollMargin: "600px 0px" },
);
for (const place of document.querySelectorAll("[data-page]")) observer.observe(place);
