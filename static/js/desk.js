// Asks for the progress of a running review again until it is done. The page works without it.
const SECONDS = 2;

// Replaced only when it tells something new, and not under somebody's hands: a button that is
// replaced loses the keyboard's focus.
function replaceFailed(fresh) {
  const old = document.getElementById("review-failed");
  const next = fresh.getElementById("review-failed");
  if (!old || !next || old.dataset.codes === next.dataset.codes) return;
  if (!old.contains(document.activeElement)) old.replaceWith(next);
}

// Screen readers are told at each quarter, not at each look.
function say(words) {
  const place = document.getElementById("review-said");
  if (place && place.textContent !== words) place.textContent = words;
}

async function refresh(box) {
  if (document.hidden) return wait(box);
  let answer;
  try {
    answer = await fetch(box.dataset.poll, { headers: { "X-Requested-With": "fetch" } });
  } catch {
    return wait(box); // not to be reached for a moment
  }
  if (answer.status >= 500) return wait(box);
  if (!answer.ok || answer.redirected) return undefined;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = fresh.getElementById("review-progress");
  if (!next) return undefined;
  if (!next.dataset.poll) return window.location.reload();
  const offers = Boolean(document.getElementById("review-stop"));
  if (offers !== Boolean(fresh.getElementById("review-stop"))) return window.location.reload();
  say(next.dataset.said);
  replaceFailed(fresh);
  box.replaceWith(next);
  return wait(next);
}

function wait(box) {
  window.setTimeout(() => refresh(box), SECONDS * 1000);
}

const box = document.getElementById("review-progress");
if (box?.dataset.poll) wait(box);
