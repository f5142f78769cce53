// What mouse and fingers do to the candle chart.
import { clamp } from "./candle_bars.js";

// Mouse: drag, wheel, double click. Touch: one finger sideways, two to stretch, a tap to read; up and down
// stays with the page (touch-action: pan-y). Returns what takes the listeners away.
export function makeHand(box, chart) {
  const fingers = new Map(); // pointer id: {x, time: what lay under it when it came down}
  let moved = false;

  function grip() {
    for (const finger of fingers.values()) finger.time = chart.timeAt(finger.x);
  }

  function down(event) {
    if (!chart.ready() || event.button !== 0) return;
    fingers.set(event.pointerId, { x: event.clientX });
    moved = false;
    grip();
  }

  function move(event) {
    if (!chart.ready()) return;
    const finger = fingers.get(event.pointerId);
    if (!finger) {
      if (event.pointerType === "mouse") chart.hover(event.clientX);
      return;
    }
    if (!moved && Math.abs(event.clientX - finger.x) < 4) return;
    if (!moved) box.setPointerCapture(event.pointerId);
    moved = true;
    finger.x = event.clientX;
    const [a, b] = [...fingers.values()];
    const at = chart.fraction(a.x);
    const apart = b ? Math.abs(chart.fraction(b.x) - at) : 0;
    if (!b) chart.hold(a.time, at);
    else if (apart > 0.02) chart.hold(a.time, at, Math.abs(b.time - a.time) / apart);
  }

  function up(event) {
    const tapped = fingers.delete(event.pointerId) && !moved && event.type === "pointerup";
    if (!chart.ready()) return;
    if (tapped && event.pointerType !== "mouse") chart.hover(event.clientX);
    grip();
  }

  function wheel(event) {
    if (!chart.ready()) return;
    event.preventDefault();
    const pixels = event.deltaMode === 1 ? 16 : 1;
    const { deltaX, deltaY, clientX } = event;
    const sideways = Math.abs(deltaX) > Math.abs(deltaY);
    if (sideways) chart.hold(chart.timeAt(clientX + deltaX * pixels), chart.fraction(clientX));
    else chart.zoom(clientX, Math.exp(clamp(deltaY * pixels, -150, 150) / 400));
  }

  const ears = new AbortController();
  const listen = (name, heard) => box.addEventListener(name, heard, { signal: ears.signal, passive: false });
  listen("pointerdown", down);
  listen("pointermove", move);
  listen("pointerup", up);
  listen("pointercancel", up);
  listen("pointerleave", (event) => event.pointerType === "mouse" && chart.unhover());
  listen("wheel", wheel);
  listen("dblclick", chart.reset);
  return () => ears.abort();
}
