// <span data-deadline="ISO" data-now="ISO">: keeps the time left right while the page is open.
// It counts from the server's clock, because the reader's may be wrong.
const MINUTE = 60_000;
const language = document.documentElement.lang || "en";

function inWords(rest) {
  const minutes = Math.max(0, Math.floor(rest / MINUTE));
  const [count, unit] =
    minutes >= 2880
      ? [Math.floor(minutes / 1440), "day"]
      : minutes >= 120
        ? [Math.floor(minutes / 60), "hour"]
        : [minutes, "minute"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

export function watchDeadlines() {
  const opened = performance.now();
  for (const place of document.querySelectorAll("[data-deadline]")) {
    const rest = Date.parse(place.dataset.deadline) - Date.parse(place.dataset.now);
    const show = () => {
      place.textContent = inWords(rest - (performance.now() - opened));
    };
    show();
    setInterval(show, MINUTE / 2);
  }
}
