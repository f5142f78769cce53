// The age of a price. One clock beats for all instances; each re-renders only when what it shows has changed.
import { useEffect, useSyncExternalStore } from "react";

const WORSE = ["live", "delayed", "stale", "disputed", "none"];
const COLOUR = {
  live: "var(--up, #2ebd8e)",
  delayed: "var(--warn, #f0b541)",
  stale: "var(--down, #e5646e)",
  disputed: "var(--down, #e5646e)",
  none: "var(--muted, #8593a6)",
};
const UNITS = [
  [86400 * 2, 86400, "d", "day"],
  [3600, 3600, "h", "hour"],
  [60, 60, "m", "minute"],
  [0, 1, "s", "second"],
];

const listeners = new Set();
let timer = null;
let now = 0;
let samples = [];
let skew = 0;

function beat() {
  now = Date.now();
  listeners.forEach((listener) => listener());
}

function subscribe(listener) {
  listeners.add(listener);
  if (timer === null) {
    now = Date.now();
    timer = setInterval(beat, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (!listeners.size) {
      clearInterval(timer);
      timer = null;
    }
  };
}

// A late frame makes the server's clock look slow, never fast: the largest of the last differences is the
// nearest to the truth, and one frame that lay about for minutes cannot make old prices look young.
function heard(serverMs) {
  if (!(serverMs > 0)) return;
  samples = [...samples.slice(-7), serverMs - Date.now()];
  skew = Math.max(...samples);
  if (timer !== null) beat();
}

// The server's clock in Unix ms, as far as the page knows it.
export const serverNow = () => Date.now() + skew;

function stateOf(age, p) {
  if (age === null) return "none";
  // Written so that a limit that has not arrived yet counts as passed.
  const aged = !(age <= Math.max(p.delayedMs, p.liveMs)) ? 2 : !(age <= p.liveMs) ? 1 : 0;
  const said = WORSE.indexOf(p.state);
  return said < 0 ? "none" : WORSE[Math.max(aged, said, p.offline ? 1 : 0)];
}

function inUnits(age) {
  const seconds = Math.max(0, Math.floor(age / 1000));
  const [, size, short, long] = UNITS.find(([from]) => seconds >= from);
  const count = Math.floor(seconds / size);
  return [`${count}${short}`, `${count} ${long}${count === 1 ? "" : "s"} old`];
}

// A string, so that the store's snapshot is equal while nothing on screen changes.
function reading(p) {
  const age = p.atMs > 0 ? (now || Date.now()) + (p.skewMs || skew) - p.atMs : null;
  const state = stateOf(age, p);
  return state === "none" ? "none|–|no price" : [state, ...inUnits(age)].join("|");
}

export function Age({ atMs, state, liveMs, delayedMs, source, offline, skewMs, className, ...rest }) {
  const facts = { atMs, state, liveMs, delayedMs, offline, skewMs };
  const [shown, text, words] = useSyncExternalStore(subscribe, () => reading(facts), () => "none|–|no price").split("|");
  const known = shown === "none" ? [words] : [shown, words, source];
  const title = [...known, offline && "no connection"].filter(Boolean).join(", ");
  const dot = {
    display: "inline-block",
    width: "0.55em",
    height: "0.55em",
    marginInlineEnd: "0.35em",
    borderRadius: "50%",
    boxSizing: "border-box",
    border: "1.5px solid currentColor",
    background: offline ? "transparent" : "currentColor",
  };
  return (
    <span
      {...rest}
      className={`age age-${shown} ${className ?? ""}`}
      data-state={shown}
      title={title}
      role="img"
      aria-label={title}
      style={{ color: COLOUR[shown], whiteSpace: "nowrap", fontVariantNumeric: "tabular-nums" }}
    >
      <span style={dot} />
      {text}
    </span>
  );
}

export function ClockSkew({ serverMs }) {
  useEffect(() => heard(serverMs), [serverMs]);
  return null;
}
