// Sentences that come, stay for six seconds unless somebody is reading them, and go.
import { useEffect, useReducer, useRef } from "react";
import { serverNow } from "./age.jsx";

const STAY_MS = 6000;
const MOST = 4;
const LOUD = ["refused", "reverted"];

export function Toasts({ items }) {
  const seen = useRef(null); // id -> when it has to go (ms of this page), 0 where it has gone
  const held = useRef(false);
  const [, redraw] = useReducer((count) => count + 1, 0);
  const now = performance.now();
  const first = seen.current === null;
  seen.current ??= new Map();
  for (const { id, at } of items ?? []) {
    // What was said before this page was there has been read.
    if (!seen.current.has(id)) seen.current.set(id, first && serverNow() - at > STAY_MS ? 0 : now + STAY_MS);
  }
  const shown = (items ?? []).filter(({ id }) => seen.current.get(id) > now).slice(-MOST);
  const count = shown.length;
  useEffect(() => {
    if (!count) return;
    const timer = setInterval(() => {
      if (held.current) for (const [id, until] of seen.current) if (until > 0) seen.current.set(id, Math.max(until, performance.now() + 1500));
      redraw();
    }, 500);
    return () => clearInterval(timer);
  }, [count]);
  function dismiss(id) {
    seen.current.set(id, 0);
    held.current = false;
    redraw();
  }
  const hold = (on) => () => (held.current = on);
  return (
    <div className="toasts" onPointerEnter={hold(true)} onPointerLeave={hold(false)} onFocus={hold(true)} onBlur={hold(false)}>
      {shown.map(({ id, kind, text }) => (
        <div key={id} className="toast" data-kind={kind} role={LOUD.includes(kind) ? "alert" : "status"}>
          <span>{text}</span>
          <button type="button" aria-label="Dismiss" onClick={() => dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
