// A button that trades. Every press says which intent it belongs to and when it was made, so that a double click is
// one order and a click that lay in a queue is seen to be old.
import { useEffect, useRef, useState } from "react";
import { serverNow } from "./age.jsx";

const DOUBLE_MS = 700;
const SURE_MS = 4000;
const TOO_QUICK_MS = 300;

// crypto.randomUUID exists only where the page counts as secure, which another machine's address does not.
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Answers ids: the same for as long as the intent is the same; without one, for as long as presses count as double.
export function makeIntents() {
  let last = { id: "", intent: "", at: 0 };
  return (intent) => {
    const at = performance.now();
    const same = last.id && last.intent === intent && (intent || at - last.at < DOUBLE_MS);
    last = same ? { ...last, at } : { id: newId(), intent, at };
    return last.id;
  };
}

export const clickedNow = () => Math.round(serverNow());

export function ClickButton({ onPress, intent, sure, disabled, children, ...rest }) {
  const intents = useRef(null);
  const [askedAt, setAskedAt] = useState(0);
  intents.current ??= makeIntents();
  useEffect(() => {
    if (!askedAt) return;
    const timer = setTimeout(() => setAskedAt(0), SURE_MS);
    return () => clearTimeout(timer);
  }, [askedAt]);
  function press(event) {
    event.stopPropagation();
    if (sure && !askedAt) return setAskedAt(performance.now());
    if (sure && performance.now() - askedAt < TOO_QUICK_MS) return;
    setAskedAt(0);
    onPress?.(intents.current(intent ?? ""), clickedNow());
  }
  return (
    <button type="button" {...rest} disabled={disabled} data-sure={askedAt ? "true" : undefined} onClick={press}>
      {sure ? <span aria-live="polite">{askedAt ? sure : children}</span> : children}
    </button>
  );
}
