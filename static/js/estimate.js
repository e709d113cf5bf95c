// The grant estimator: answers while the fields change, shows only the fields that count, and asks
// for the reasons of the top-up here in the browser. The boxes of the reasons carry no name: all
// that leaves is the one question whether any applies.
const PAUSE = 350;
const form = document.querySelector("form[data-estimate]");
const answer = document.getElementById("answer");
const status = form.querySelector("[data-estimate-status]");
const social = form.elements.namedItem("social");
const boxes = [...form.querySelectorAll("[data-reasons] input")];
let timer = 0;
let last = null;

function showWhatCounts() {
  const short = form.elements.namedItem("mobility").value === "short-term";
  const span = form.elements.namedItem("span");
  if (short) span.value = "days";
  for (const choice of span) choice.disabled = short && choice.value !== "days";
  for (const part of form.querySelectorAll("[data-span]"))
    part.hidden = part.dataset.span !== span.value;
}

// Where the page comes back with the question answered, no reason is known: it stays as it is.
if (!social.checked) {
  for (const part of form.querySelectorAll("[data-question]")) part.hidden = true;
  form.querySelector("[data-reasons]").hidden = false;
}

function told(part) {
  return [...part.querySelectorAll("[data-line]")]
    .map((line) => line.dataset.line)
    .join(" · ");
}

const controls = (field) => field.querySelectorAll("input, select");

function describe(element, change) {
  const ids = new Set((element.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  change(ids);
  if (ids.size) element.setAttribute("aria-describedby", [...ids].join(" "));
  else element.removeAttribute("aria-describedby");
}

function forgetWrong() {
  for (const field of form.querySelectorAll(".field--wrong")) {
    field.classList.remove("field--wrong");
    for (const error of field.querySelectorAll(".field__error")) {
      for (const each of [field, ...controls(field)])
        describe(each, (ids) => ids.delete(error.id));
      error.remove();
    }
    for (const control of controls(field)) control.removeAttribute("aria-invalid");
  }
}

// What is wrong comes with the answer and belongs to its field: it moves there.
function showWrong() {
  for (const line of answer.querySelectorAll("[data-field]")) {
    const field = document.getElementById(`div_${line.dataset.field}`);
    const error = line.querySelector(".field__error");
    if (!field || !error) continue;
    field.classList.add("field--wrong");
    (field.querySelector(".field__control, .choices") ?? field.lastElementChild).before(error);
    for (const control of controls(field)) {
      control.setAttribute("aria-invalid", "true");
      describe(control, (ids) => ids.add(error.id));
    }
    const list = line.parentElement;
    line.remove();
    if (!list.children.length) list.remove();
  }
}

// Returns whether there is an answer; one that was overtaken by a further change is none.
async function ask() {
  clearTimeout(timer);
  last?.abort();
  const mine = (last = new AbortController());
  const fields = new FormData(form);
  fields.set("part", "answer");
  answer.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: fields,
      redirect: "error",
      signal: mine.signal,
    });
    if (!response.ok) throw new Error(String(response.status));
    const html = await response.text();
    if (mine !== last) return false;
    answer.innerHTML = html;
    forgetWrong();
    showWrong();
    status.textContent = told(answer);
    return true;
  } catch {
    if (mine === last && !mine.signal.aborted) status.textContent = form.dataset.failed;
    return false;
  } finally {
    if (mine === last) answer.removeAttribute("aria-busy");
  }
}

function askSoon() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
}

const chosen = () =>
  Boolean(form.elements.namedItem("host").value || form.elements.namedItem("country").value);

// A university has its country: what is chosen last counts, and is all that is chosen.
function chooseOne(chosenField) {
  const other = { host: "country", country: "host" }[chosenField.name];
  if (other && chosenField.value) form.elements.namedItem(other).value = "";
}

function changed(event) {
  chooseOne(event.target);
  if (boxes.includes(event.target)) social.checked = boxes.some((box) => box.checked);
  showWhatCounts();
  if (chosen()) askSoon();
}

form.addEventListener("input", changed);
form.addEventListener("change", changed);

// The button leads to the answer. What is wrong at a field the whole page says.
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if ((await ask()) && !answer.querySelector("[data-missing]")) {
    answer.scrollIntoView();
    answer.focus({ preventScroll: true });
  } else if (!answer.hasAttribute("aria-busy")) {
    form.submit();
  }
});

showWhatCounts();
if (chosen() && !form.querySelector(".field--wrong") && !answer.querySelector("[data-line]")) ask();
