// Two kinds of words keep right while the page is open. Both count from the server's clock,
// because the reader's may be wrong.
// <span data-deadline="ISO" data-now="ISO">: the time left, "5 days".
// <span data-countdown="ISO" data-now="ISO" data-last="words" data-over="words">: how far away,
// "in 3 hours". From a day on the server's words stand, which count days by its calendar.
const MINUTE = 60_000;
const DAY = 1440;
const language = document.documentElement.lang || "en";

function timeLeft(minutes) {
  if (minutes >= 2 * DAY) return [Math.floor(minutes / DAY), "day"];
  return minutes >= 120 ? [Math.floor(minutes / 60), "hour"] : [minutes, "minute"];
}

function timeUntil(minutes) {
  return minutes >= 60 ? [Math.floor(minutes / 60), "hour"] : [minutes, "minute"];
}

function keepRight(place, end, words) {
  const opened = performance.now();
  const atFirst = Date.parse(end) - Date.parse(place.dataset.now);
  const show = () => {
    const said = words(atFirst - (performance.now() - opened), atFirst);
    if (said !== null) place.textContent = said;
  };
  show();
  setInterval(show, MINUTE / 2);
}

function left(rest) {
  const [count, unit] = timeLeft(Math.max(0, Math.floor(rest / MINUTE)));
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

function countdown(place) {
  return (rest, atFirst) => {
    if (rest <= 0) return place.dataset.over;
    const [count, unit] = timeUntil(Math.floor(rest / MINUTE));
    const [countAtFirst, unitAtFirst] = timeUntil(Math.floor(atFirst / MINUTE));
    if (count >= 24 && unit === "hour") return null;
    if (count === countAtFirst && unit === unitAtFirst) return null;
    if (count === 0) return place.dataset.last;
    return new Intl.RelativeTimeFormat(language).format(count, unit);
  };
}

export function watchDeadlines() {
  for (const place of document.querySelectorAll("[data-deadline]")) {
    keepRight(place, place.dataset.deadline, left);
  }
  for (const place of document.querySelectorAll("[data-countdown]")) {
    keepRight(place, place.dataset.countdown, countdown(place));
  }
}
