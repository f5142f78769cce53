// How long the quote on the ticket still holds, counted in the browser, and the asking for a new one: only while
// somebody looks at it, and never faster than the desk allows.
import { useEffect, useRef, useState } from "react";
import { serverNow } from "./age.jsx";

const LEAST_MS = 8000;
const DOZE_MS = 180000;

// Outlives the component, which is drawn anew wherever the ticket changes its shape.
const asked = { at: 0, token: "" };
let touchedAt = Date.now();
if (typeof window !== "undefined") {
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "focus"]) {
    window.addEventListener(kind, () => (touchedAt = Date.now()), { passive: true, capture: true });
  }
}

function watched(box) {
  if (document.visibilityState !== "visible" || !document.hasFocus()) return false;
  const { top, bottom, height } = box.getBoundingClientRect();
  return height > 0 && bottom > 0 && top < window.innerHeight;
}

export function QuoteClock({ untilMs, standing, token, shown, offline, onRenew, ...rest }) {
  const box = useRef(null);
  const latest = useRef({});
  const [left, setLeft] = useState("");
  latest.current = { untilMs, standing, token, shown, offline, onRenew };
  useEffect(() => {
    function beat() {
      const now = latest.current;
      const ms = now.untilMs - serverNow();
      const doze = Date.now() - touchedAt > DOZE_MS;
      setLeft(!now.standing ? "" : ms > 0 ? `${Math.ceil(ms / 1000)} s left` : doze ? "expired; move to renew" : "expired");
      if (now.offline || !now.token || !watched(box.current.closest("section") ?? box.current)) return;
      const turned = now.token !== now.shown;
      const due = turned || (now.untilMs > 0 && ms <= 0 && !doze);
      const since = Date.now() - asked.at;
      // Another token is asked for at once, but once only; the same one no more often than is allowed.
      if (!due || since < (turned && asked.token !== now.token ? 0 : LEAST_MS)) return;
      Object.assign(asked, { at: Date.now(), token: now.token });
      now.onRenew?.(now.token);
    }
    beat();
    const timer = setInterval(beat, 250);
    return () => clearInterval(timer);
  }, []);
  return (
    <span {...rest} ref={box} data-expired={left.startsWith("expired") ? "true" : undefined}>
      {left}
    </span>
  );
}
