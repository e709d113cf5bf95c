// A press that becomes a drag: followed by the pointer, scrolled at the window's edge, put back by
// Escape. What is dragged and where it may go is the caller's.
const EDGE = 72; // pixels from the edge of the window in which dragging scrolls it
const SLACK = 4; // pixels a press may wander and still be none

// Calls `begin`, then `place(y)` at every step, then `end(keep)`; none of them for a mere press.
export function follow(down, { begin, place, end }) {
  let [y, moving, frame] = [down.clientY, false, 0];

  function scrollAtEdge() {
    const step = y < EDGE ? y - EDGE : Math.max(0, y - window.innerHeight + EDGE);
    if (step) {
      window.scrollBy({ top: step / 4, behavior: "instant" });
      place(y);
    }
    frame = requestAnimationFrame(scrollAtEdge);
  }

  function moved(event) {
    if (event.pointerId !== down.pointerId) return;
    y = event.clientY;
    if (!moving && Math.abs(y - down.clientY) > SLACK) {
      moving = true;
      begin();
      frame = requestAnimationFrame(scrollAtEdge);
    }
    if (moving) place(y);
  }

  function finish(keep) {
    stop.abort();
    cancelAnimationFrame(frame);
    if (!moving) return;
    // The click that follows is the end of the drag, no press of the handle.
    const swallow = (event) => event.stopPropagation();
    window.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => window.removeEventListener("click", swallow, { capture: true }));
    end(keep);
  }

  // On the window: the pointer leaves the handle, and capture would end with any new parent.
  const stop = new AbortController();
  const listen = (name, act) =>
    window.addEventListener(name, act, { signal: stop.signal, capture: true });
  listen("pointermove", moved);
  listen("pointerup", (event) => event.pointerId === down.pointerId && finish(true));
  listen("pointercancel", (event) => event.pointerId === down.pointerId && finish(false));
  listen("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    finish(false);
  });
}
