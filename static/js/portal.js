// Loaded on every page. Each part improves a page that works without it.
import { watchDeadlines } from "./deadline.js";

const summary = document.querySelector("[data-error-summary]");
if (summary) {
  summary.focus();
  // Following a link to a field shall put the cursor into it, not only scroll there.
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!field) return;
    event.preventDefault();
    field.closest(".field")?.scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  });
}

watchDeadlines();
if (document.querySelector("form[data-guard]")) import("./guard.js");
if (document.querySelector("form[data-autosave]")) import("./autosave.js");
if (document.querySelector("form[data-upload]")) import("./upload.js");
if (document.querySelector("button[data-copy]")) import("./copy.js");
if (document.querySelector("[data-ranking]")) import("./ranking.js");
if (document.querySelector("[data-picker]")) import("./picker.js");
