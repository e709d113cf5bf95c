// <form data-upload>: a file is sent as soon as it is picked or dropped onto its slot, with a bar
// that says how far it is. The server's answer is the slot anew; the rest of the page stays.
// Without this script the form's buttons send all the files chosen.
const form = document.querySelector("form[data-upload]");
const words = form.dataset;
const language = document.documentElement.lang || "en";
const announcer = form.querySelector("[data-announce]");
const MEGABYTE = 1_000_000;
const PATIENCE = 120_000; // milliseconds for one file of 1 MB
const running = new Map(); // key of a slot -> the request under way

const slotOf = (element) => element.closest?.("[data-slot]");
const inputOf = (slot) => slot.querySelector("input[type='file']");

function announce(sentence) {
  announcer.textContent = sentence;
}

// As the server says it: rounded up, so that a file over the limit never has "1.0 MB".
function inMegabytes(bytes) {
  const tenths = Math.ceil((bytes * 10) / MEGABYTE);
  const number = new Intl.NumberFormat(language, { minimumFractionDigits: 1 }).format(tenths / 10);
  return `${number} MB`;
}

function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

// -- what a slot shows ------------------------------------------------------------------------

// Whoever pressed a button that goes away here stays in the slot.
function clear(slot) {
  for (const part of slot.querySelectorAll(".slot__running, .slot__failed")) {
    if (part.contains(document.activeElement)) inputOf(slot).focus();
    part.remove();
  }
  slot.removeAttribute("aria-busy");
}

// `again` is what "Try again" does; without it there is nothing to try again.
function fail(slot, sentence, again) {
  clear(slot);
  const failed = fromTemplate("upload-failed");
  const input = inputOf(slot);
  failed.id = `${input.id}_failed`;
  failed.querySelector("[data-said]").textContent = sentence;
  const button = failed.querySelector("[data-again]");
  if (again) button.addEventListener("click", again);
  else button.remove();
  const old = document.getElementById(`${input.id}_error`);
  if (old) old.remove();
  const hint = slot.querySelector(".slot__about")?.id ?? "";
  input.setAttribute("aria-describedby", `${failed.id} ${hint}`.trim());
  input.setAttribute("aria-invalid", "true");
  slot.classList.add("slot--wrong");
  slot.querySelector("[data-progress]").before(failed);
}

function showProgress(slot, request) {
  clear(slot);
  const bar = fromTemplate("upload-running");
  const said = bar.querySelector("[data-said]");
  const progress = bar.querySelector("progress");
  const show = (done) => {
    const percent = Math.floor(done * 100);
    progress.value = percent;
    said.textContent =
      done < 1 ? words.percent.replace("{percent}", String(percent)) : words.checking;
  };
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) show(event.loaded / event.total);
  });
  bar.querySelector("[data-cancel]").addEventListener("click", () => {
    request.abort();
    clear(slot);
    inputOf(slot).value = "";
    announce(words.cancelled);
  });
  show(0);
  slot.setAttribute("aria-busy", "true");
  slot.querySelector("[data-progress]").append(bar);
}

function replace(slot, next) {
  const hadFocus = slot.contains(document.activeElement);
  slot.replaceWith(next);
  if (hadFocus) inputOf(next).focus();
  announce(next.dataset.said);
}

// -- asking the server ------------------------------------------------------------------------

function sentenceFor(request, address) {
  if (request.status === 0) return words.offline;
  const elsewhere = new URL(request.responseURL).pathname !== new URL(address).pathname;
  if (elsewhere || request.status === 401 || request.status === 403) return words.signedOut;
  if (request.status === 413) return words.tooMuch;
  if (request.status === 507) return words.full;
  return request.status === 429 ? words.busy : words.broken;
}

function ask(slot, body, again) {
  const key = slot.dataset.slot;
  const address = new URL(slot.dataset.url, window.location.href).href;
  const request = new XMLHttpRequest();
  running.get(key)?.abort();
  running.set(key, request);
  request.open("POST", address);
  request.timeout = PATIENCE;
  request.setRequestHeader("X-Requested-With", "fetch");
  request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
  request.addEventListener("loadend", () => {
    if (running.get(key) === request) running.delete(key);
  });
  request.addEventListener("load", () => {
    const answer = new DOMParser().parseFromString(request.responseText, "text/html");
    // The slot anew, accepted or refused with the reason; anything else is no answer of its own.
    const next = answer.body.firstElementChild;
    const signIn = answer.querySelector("[data-signed-out]");
    if (request.status === 401 && signIn) {
      clear(slot);
      slot.querySelector("[data-progress]").append(document.adoptNode(signIn));
      return;
    }
    for (const step of answer.querySelectorAll(".form-step__state")) {
      document.getElementById(step.id)?.replaceWith(document.adoptNode(step));
    }
    if (next?.dataset.slot === key) replace(slot, document.adoptNode(next));
    else fail(slot, sentenceFor(request, address), again);
  });
  for (const kind of ["error", "timeout"]) {
    request.addEventListener(kind, () => fail(slot, words.offline, again));
  }
  showProgress(slot, request);
  request.send(body);
}

function send(slot, file) {
  if (file.size > Number(words.maxBytes)) {
    inputOf(slot).value = "";
    fail(slot, words.tooLarge.replace("{size}", inMegabytes(file.size)));
    return;
  }
  const body = new FormData();
  body.append("file", file);
  body.append("held", slot.dataset.held);
  ask(slot, body, () => send(slot, file));
}

function remove(slot) {
  const body = new FormData();
  body.append("action", "remove");
  body.append("held", slot.dataset.held);
  ask(slot, body, () => remove(slot));
}

// -- what people do ---------------------------------------------------------------------------

form.classList.add("is-live");

form.addEventListener("change", (event) => {
  const [file] = event.target.files ?? [];
  if (file) send(slotOf(event.target), file);
});

form.addEventListener("submit", (event) => {
  if (event.submitter?.name === "remove") {
    event.preventDefault();
    remove(slotOf(event.submitter));
    return;
  }
  // The form itself carries the files whose upload is under way.
  running.forEach((request) => request.abort());
});

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");

function mark(slot) {
  form.querySelectorAll(".is-over").forEach((other) => other.classList.remove("is-over"));
  slot?.classList.add("is-over");
}

// A file dropped beside its slot must not make the browser leave the page and show it.
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
}
document.addEventListener("dragover", (event) => {
  if (carriesFiles(event)) mark(slotOf(event.target));
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) mark(null);
});
document.addEventListener("drop", (event) => {
  mark(null);
  const slot = slotOf(event.target);
  if (!slot || !carriesFiles(event)) return;
  const [file] = event.dataTransfer.files;
  // One slot, one file, whatever was dropped; the form carries it should it be sent meanwhile.
  const one = new DataTransfer();
  one.items.add(file);
  inputOf(slot).files = one.files;
  send(slot, file);
});

// A preview is drawn when it is asked for; one that can't be drawn says so in words. Neither event
// bubbles.
form.addEventListener(
  "toggle",
  (event) => {
    const figure = event.target.querySelector?.(".slot__preview");
    if (!figure || !event.target.open || figure.querySelector("img")) return;
    const picture = new Image(600, 849);
    picture.alt = figure.dataset.alt;
    picture.src = figure.querySelector("a").href;
    picture.addEventListener("error", () => {
      picture.remove();
      figure.querySelector("figcaption").textContent = figure.dataset.failed;
    });
    figure.prepend(picture);
  },
  true,
);
