// <form data-autosave hx-post …>: htmx sends the page a moment after typing stops. Here: counting
// the turns (so that the server tells a repeated request from a new one), words while it is under
// way or fails, and a button that waits for a save that is still on its way.
const RETRY = 10_000;
// Answers of the server that come with their own words.
const SAID = new Set([401, 409, 413, 422, 429]);
const form = document.querySelector("form[data-autosave]");
const state = document.getElementById("save-state");
const turn = form.querySelector("[data-turn]");
let typed = 0;
let sent = 0;
let underWay = false;
let waiting = null;
let retry = 0;

function say(words) {
  const line = document.createElement("span");
  line.className = "save-state__problem";
  line.textContent = words;
  state.replaceChildren(line);
}

const hasUnsaved = () => typed > sent;

form.addEventListener("input", () => (typed += 1));

form.addEventListener("htmx:configRequest", (event) => {
  turn.value = Number(turn.value) + 1;
  event.detail.parameters.turn = turn.value;
  // htmx adds the button pressed last; a save by itself obeys none.
  for (const button of ["action", "goto", "move"]) delete event.detail.parameters[button];
});

form.addEventListener("htmx:beforeSend", (event) => {
  if (event.detail.elt !== form) return;
  underWay = true;
  form.dataset.sending = typed;
  state.textContent = form.dataset.saving;
});

form.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt !== form) return;
  underWay = false;
  clearTimeout(retry);
  if (event.detail.xhr.status === 200) {
    sent = Math.max(sent, Number(form.dataset.sending));
    if (!hasUnsaved()) form.dispatchEvent(new Event("portal:saved"));
  }
  if (event.detail.xhr.status === 401) {
    // What was typed is kept on the server: the link in the answer may be followed at once.
    sent = typed;
    form.dispatchEvent(new Event("portal:saved"));
  }
  if (!event.detail.xhr.status) {
    say(form.dataset.offline);
    retry = setTimeout(() => window.htmx.trigger(form, "autosave"), RETRY);
  } else if (event.detail.xhr.status >= 400 && !SAID.has(event.detail.xhr.status)) {
    say(form.dataset.failed);
  }
  if (!waiting) return;
  const button = waiting;
  waiting = null;
  form.requestSubmit(button);
});

const saveNow = () => hasUnsaved() && window.htmx.trigger(form, "autosave");
addEventListener("online", saveNow);
// A telephone may end a page in the background without a word.
document.addEventListener("visibilitychange", () => document.hidden && saveNow());

// The button's own request would carry an older state of the page than the one being saved.
form.addEventListener("submit", (event) => {
  if (!navigator.onLine) {
    // The browser would show a page of its own in place of this one.
    event.preventDefault();
    say(form.dataset.offline);
    return;
  }
  if (!underWay) {
    turn.value = Number(turn.value) + 1;
    return;
  }
  event.preventDefault();
  waiting = event.submitter;
});
