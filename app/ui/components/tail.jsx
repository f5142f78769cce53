// The tail of the log: the lines that a page began with, and what every push has added since.
import { Fragment, memo, useEffect, useRef } from "react";
import { serverNow } from "./age.jsx";

const MOST = 200;
const FIELD = /(^|\s)([A-Za-z_][\w.]*)=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S*)/g;
const UNITS = [
  [86400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
];

function ago(at) {
  const seconds = Math.max(0, Math.floor((serverNow() - at) / 1000));
  const [size, unit] = UNITS.find(([from]) => seconds >= from) ?? [1, "second"];
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

// A message with its keys apart from its values.
function parts(message) {
  const found = [];
  let done = 0;
  for (const { index, 0: whole, 1: gap, 2: key, 3: value } of message.matchAll(FIELD)) {
    found.push(message.slice(done, index) + gap, [key, value]);
    done = index + whole.length;
  }
  return [...found, message.slice(done)];
}

const Line = memo(function Line({ row: [number, at, level, tag, message, trace] }) {
  const said = new Date(at).toISOString();
  const tell = (event) => (event.currentTarget.title = `${said.slice(0, 10)} ${said.slice(11, 23)} UTC, ${ago(at)}`);
  return (
    <li data-line={number} data-level={level} data-tag={tag}>
      <time dateTime={said} onMouseEnter={tell}>
        {said.slice(11, 19)}
      </time>
      <span className="log-level">{level}</span>
      <span className="log-tag">{tag}</span>
      <div className="log-said">
        <code>
          {parts(message).map((part, place) =>
            typeof part === "string" ? (
              <Fragment key={place}>{part}</Fragment>
            ) : (
              <span key={place}>
                <span className="log-key">{part[0]}=</span>
                {part[1]}
              </span>
            ),
          )}
        </code>
        {trace && (
          <details>
            <summary>Trace</summary>
            <pre>{trace}</pre>
          </details>
        )}
      </div>
    </li>
  );
});

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

const Day = ({ at }) => (
  <li className="log-day">
    <time dateTime={at.toISOString().slice(0, 10)}>{DAY.format(at)}</time>
  </li>
);

// What is known after what has been told: nothing twice, and nothing after a gap.
function told(held, base, fresh) {
  if (base.epoch === undefined) return held;
  let now = held.epoch === base.epoch ? held : { epoch: base.epoch, upto: base.upto, rows: base.rows, gap: false };
  if (fresh?.epoch !== now.epoch || fresh.upto <= now.upto) return now;
  if (fresh.since > now.upto) return { ...now, gap: true };
  const rows = fresh.rows.filter(([number]) => number > now.upto);
  return { ...now, upto: fresh.upto, rows: [...rows, ...now.rows].slice(0, MOST) };
}

// The lines with the day before the first of each that is not today's: they carry only their time.
function withDays(rows) {
  let day = new Date(serverNow()).toISOString().slice(0, 10);
  return rows.flatMap((row) => {
    const at = new Date(row[1]);
    const own = at.toISOString().slice(0, 10);
    const line = <Line key={row[0]} row={row} />;
    if (own === day) return [line];
    day = own;
    return [<Day key={own} at={at} />, line];
  });
}

export function Tail({ base, fresh, filtered, onGap, onAll }) {
  const held = useRef({ epoch: null, upto: 0, rows: [], gap: false });
  const { epoch, rows, gap } = (held.current = told(held.current, base ?? {}, fresh));
  useEffect(() => {
    if (gap) onGap?.();
  }, [gap, epoch]);
  if (!rows.length)
    return (
      <p className="hint nothing" id="log-nothing">
        {filtered ? "No line fits this. " : "No lines yet."}
        {filtered && (
          <button type="button" className="small-button" onClick={() => onAll?.()}>
            Show all
          </button>
        )}
      </p>
    );
  return (
    <ol className="log-lines" id="log-lines" role="log" aria-live="off" aria-label="Lines of the log, newest first">
      {withDays(rows)}
    </ol>
  );
}
