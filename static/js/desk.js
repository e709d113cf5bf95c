// Asks for the progress of a running review again until it is done. The page works without it.
const SECONDS = 2;

async function refresh(box) {
  const answer = await fetch(box.dataset.poll, { headers: { "X-Requested-With": "fetch" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = fresh.getElementById("review-progress");
  if (!next) return;
  box.replaceWith(next);
  if (next.dataset.poll) wait(next);
  else window.location.reload();
}

function wait(box) {
  window.setTimeout(() => refresh(box), SECONDS * 1000);
}

const box = document.getElementById("review-progress");
if (box?.dataset.poll) wait(box);
