// A press that becomes a drag: followed by the pointer, scrolled at the edge of the window, or of
// the area it is within, put back by Escape. What is dragged and where it may go is the caller's.
const EDGE = 72; // pixels from the edge in which dragging scrolls
const SLACK = 4; // pixels a press may wander and still be none

// From where to where an area is seen, without the heads its scroll-padding stands for.
function seen(area) {
  if (area === document.scrollingElement) return [0, window.innerHeight];
  const box = area.getBoundingClientRect();
  const heads = parseFloat(getComputedStyle(area).scrollPaddingBlockStart) || 0;
  return [Math.max(box.top + heads, 0), Math.min(box.bottom, window.innerHeight)];
}

// Scrolls the area if the pointer is at its edge, and tells whether there was anything to scroll.
function scrolled(area, y) {
  const [top, bottom] = seen(area);
  const step = y < top + EDGE ? y - top - EDGE : Math.max(0, y - bottom + EDGE);
  const before = area.scrollTop;
  if (step) area.scrollBy({ top: step / 4, behavior: "instant" });
  return area.scrollTop !== before;
}

// Calls `begin`, then `place(y)` at every step, then `end(keep)`; none of them for a mere press.
export function follow(down, { begin, place, end, within = null }) {
  let [y, moving, frame] = [down.clientY, false, 0];
  const areas = [within, document.scrollingElement].filter(Boolean);

  function scrollAtEdge() {
    if (areas.some((area) => scrolled(area, y))) place(y);
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
