// Asks how far a list is until it is made. The page works without it, by looking again.
const SECONDS = 2;

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
  const next = fresh.getElementById("export-progress");
  if (!next) return undefined;
  if (!next.dataset.poll) return window.location.reload();
  box.replaceWith(next);
  return wait(next);
}

function wait(box) {
  window.setTimeout(() => refresh(box), SECONDS * 1000);
}

const box = document.getElementById("export-progress");
if (box?.dataset.poll) wait(box);
