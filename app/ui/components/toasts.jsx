// Sentences that come, stay for six seconds unless somebody is reading them, and go; alerts stay until they are taken away.
import { useEffect, useReducer, useRef } from "react";
import { serverNow } from "./age.jsx";

const STAY_MS = 6000;
const MOST = 4;
const MOST_STAYING = 2;
const STAYING = "alert";
const LOUD = ["refused", "reverted", STAYING];

// Outlives the component, which every page has anew: id -> when it has to go (ms of this page), 0 where it has gone.
const seen = new Map();

// What was said long enough before this page was there has been read, whenever the page is told of it.
const isOld = (at) => at < serverNow() - performance.now() - STAY_MS;

export function Toasts({ items }) {
  const held = useRef(false);
  const [, redraw] = useReducer((count) => count + 1, 0);
  const now = performance.now();
  for (const { id, kind, at } of items ?? []) {
    if (!seen.has(id)) seen.set(id, isOld(at) ? 0 : kind === STAYING ? Infinity : now + STAY_MS);
  }
  const open = (items ?? []).filter(({ id }) => seen.get(id) > now);
  const staying = open.filter(({ kind }) => kind === STAYING).slice(-MOST_STAYING);
  const shown = [...staying, ...open.filter(({ kind }) => kind !== STAYING).slice(staying.length - MOST)];
  const count = shown.length;
  useEffect(() => {
    if (!count) return;
    const timer = setInterval(() => {
      if (held.current) for (const [id, until] of seen) if (until > 0) seen.set(id, Math.max(until, performance.now() + 1500));
      redraw();
    }, 500);
    return () => clearInterval(timer);
  }, [count]);
  function dismiss(id) {
    seen.set(id, 0);
    held.current = false;
    redraw();
  }
  // A finger takes it away wherever it touches: on a phone it lies over what somebody wants to press.
  const touched = (id) => () => window.matchMedia("(pointer: coarse)").matches && dismiss(id);
  const hold = (on) => (event) => event.pointerType !== "touch" && (held.current = on);
  return (
    <div className="toasts" onPointerEnter={hold(true)} onPointerLeave={hold(false)} onFocus={hold(true)} onBlur={hold(false)}>
      {shown.map(({ id, kind, text }) => (
        <div key={id} className="toast" data-kind={kind} role={LOUD.includes(kind) ? "alert" : "status"} onClick={touched(id)}>
          <span>{text}</span>
          <button type="button" aria-label="Dismiss" onClick={() => dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
