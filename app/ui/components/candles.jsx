// The candle chart. Plotly only draws; the bars, the view and the hand that moves it are kept here, so that a
// redraw can never undo a zoom and a finger can still scroll the page.
import { useEffect, useRef } from "react";
import { DAY, clamp, clockOf, compact, dayOf, indexFrom, makeBars, money, priceTicks, timeTicks } from "./candle_bars.js";
import { makeHand } from "./candle_hand.js";
import { placed, traceOf, wordsAt } from "./candle_marks.js";

const COLOURS = { up: "#2ebd8e", down: "#e5646e", warn: "#f0b541", muted: "#8593a6", grid: "#1b2430", panel: "#0f1720", accent: "#4da3ff" };

let library = null;
const plotly = () =>
  (library ??= import("plotly.js-finance-dist-min")
    .then((module) => module.default ?? module)
    .catch((error) => {
      library = null;
      throw error;
    }));

function makeChart(box, plot, line, cross, note) {
  const bars = makeBars();
  let props = {};
  let source = null;
  let view = null; // null: the last bars that fit; else [from, to] in ms as the hand left it
  let frame = 0;
  let drawn = null; // what the last drawing showed: {view, left, width, height}
  let hovered = null;
  let fills = [];
  let gone = false;

  const schedule = () => (frame ||= requestAnimationFrame(draw));

  function update(next) {
    props = next;
    const { history, tick } = props;
    const before = bars.t.at(-1);
    if (history?.key && Array.isArray(history.t) && (history.key !== bars.key || history.t !== source)) {
      if (history.key !== bars.key) view = hovered = null;
      source = history.t;
      bars.load(history);
    }
    bars.push(tick);
    const grown = bars.t.at(-1) - before;
    if (view && grown > 0 && view[1] >= before) view = view.map((at) => at + grown);
    const close = bars.c.at(-1);
    const text = close === undefined ? "" : close.toFixed(props.decimals);
    fills = placed(props.marks, bars);
    Object.assign(box.dataset, { key: bars.key ?? "", bars: bars.t.length, last: text, marks: fills.length });
    box.setAttribute("aria-label", `${props.label}: ${bars.t.length} candles, last ${text || "none"}`);
    schedule();
  }

  const limited = (span, width) => clamp(span, 8 * bars.step, Math.max(width / 2, 40) * bars.step);

  function within([from, to], width) {
    const span = limited(to - from, width);
    const end = clamp(to, bars.t[0] + 0.2 * span, bars.t.at(-1) + 0.8 * span);
    return [end - span, end];
  }

  function home(width, narrow) {
    const fit = Math.max(40, Math.floor(width / (narrow ? 5 : 8)));
    const to = bars.t.at(-1) + 1.5 * bars.step;
    return [Math.min(bars.t[Math.max(0, bars.t.length - fit)] - bars.step, to - 40 * bars.step), to];
  }

  function clear() {
    if (drawn) library?.then((Plotly) => Plotly.purge(plot));
    drawn = hovered = null;
    line.textContent = "";
    cross.hidden = note.hidden = true;
    delete box.dataset.view;
  }

  function draw() {
    frame = 0;
    if (gone) return;
    if (!bars.t.length) return clear();
    if (!box.clientWidth || !box.clientHeight) return;
    plotly().then(
      (Plotly) => !gone && bars.t.length && paint(Plotly),
      () => (line.textContent = "The chart did not load. Reload the page."),
    );
  }

  function paint(Plotly) {
    const { clientWidth: width, clientHeight: height } = box;
    const narrow = width < 520;
    const size = narrow ? 9 : 11;
    const css = getComputedStyle(box);
    const colour = (name) => css.getPropertyValue(`--${name}`).trim() || COLOURS[name];
    const last = bars.c.at(-1);
    const lastText = money(last, props.decimals);
    const margin = { l: 2, r: Math.ceil(lastText.length * size * 0.65 + 10), t: size + 10, b: size + 12, pad: 0 };
    const inner = width - margin.l - margin.r;
    if (inner < 40) return;
    const [from, to] = within(view ?? home(inner, narrow), inner);
    if (view) view = [from, to];
    const first = indexFrom(bars.t, from - bars.step);
    const end = indexFrom(bars.t, to + bars.step);
    const part = (f) => bars[f].slice(first, end);
    const lows = end > first ? part("l") : [last];
    const highs = end > first ? part("h") : [last];
    const bottom = Math.min(...lows);
    const top = Math.max(...highs);
    const pad = (top - bottom) * 0.06 || Math.abs(top) * 0.001 || 1;
    const range = [bottom - pad, top + pad];
    const tall = (height - margin.t - margin.b) * 0.8;
    const near = (price) => (Math.abs(price - last) / (range[1] - range[0])) * tall < size * 1.6;
    const { base } = props;
    const step = bars.step;
    // Plotly takes the candles' width from the smallest distance of two bars in the trace; two out of sight on
    // the left keep it at one step where there is a single bar, or gaps only.
    const ghosts = [from - 9 * step, from - 8 * step];
    const with2 = (f) => [bars[f][0], bars[f][0], ...part(f)];
    const x = part("t");
    const up = colour("up");
    const down = colour("down");
    const painted = (dye) => ({ line: { width: 1, color: dye }, fillcolor: dye });
    const sides = part("c").map((close, i) => (close >= bars.o[first + i] ? up : down));
    const traces = [
      { ...base.volume, x, y: part("v"), width: step * 0.7, marker: { ...base.volume.marker, color: sides } },
      { ...base.candle, x: [...ghosts, ...x], open: with2("o"), high: with2("h"), low: with2("l"), close: with2("c"), increasing: painted(up), decreasing: painted(down) },
    ];
    if (fills.length) traces.push(traceOf(fills, base.marks, (range[1] - range[0]) / tall, narrow ? 7 : 10, colour));
    const { xaxis, yaxis, yaxis2 } = base.layout;
    const font = { family: css.fontFamily, size, color: colour("muted") };
    const layout = {
      ...base.layout,
      width,
      height,
      margin,
      font,
      uirevision: bars.key,
      xaxis: { ...xaxis, range: [from, to], ...timeTicks(from, to, inner / (narrow ? 60 : 90)) },
      yaxis: { ...yaxis, range, gridcolor: colour("grid"), ...priceTicks(...range, narrow ? 5 : 6, near) },
      yaxis2: { ...yaxis2, range: [0, Math.max(...part("v"), 0) || 1] },
      shapes: [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: last, y1: last, line: { color: colour("accent"), width: 1, dash: "2px,3px" } }],
      annotations: [{ xref: "paper", x: 1, xanchor: "left", y: last, text: `<b>${lastText}</b>`, showarrow: false, borderpad: narrow ? 2 : 4, bgcolor: colour("accent"), font: { ...font, color: colour("panel") } }],
    };
    Plotly.react(plot, traces, layout, base.config);
    drawn = { view: [from, to], left: margin.l, width: inner, top: margin.t, bottom: margin.b };
    box.dataset.view = `${Math.round(from)},${Math.round(to)}`;
    Object.assign(line.style, { fontSize: `${size}px`, color: colour("muted") });
    Object.assign(cross.style, { top: `${margin.t}px`, bottom: `${margin.b}px`, background: colour("muted") });
    tell();
  }

  // One line of figures at the top: of the bar under the pointer, else of the last.
  function tell() {
    const i = hovered === null ? bars.t.length - 1 : indexFrom(bars.t, hovered);
    const at = bars.t[i];
    cross.hidden = hovered === null || at === undefined;
    note.textContent = cross.hidden ? "" : wordsAt(fills, at);
    note.hidden = !note.textContent;
    if (at === undefined || !drawn) return;
    const p = (f) => money(bars[f][i], props.decimals);
    const figures = `O ${p("o")}  H ${p("h")}  L ${p("l")}  C ${p("c")}`;
    const when = bars.step < DAY ? `${dayOf(at)} ${clockOf(at)}` : dayOf(at);
    const room = box.clientWidth / (parseFloat(line.style.fontSize) * 0.57);
    const wordings = [`${when} UTC   ${figures}   V ${bars.v[i] ? compact(bars.v[i]) : "–"}`, `${when}  ${figures}`, figures];
    line.textContent = wordings.find((words) => words.length < room) ?? figures;
    const left = drawn.left + ((at - drawn.view[0]) / (drawn.view[1] - drawn.view[0])) * drawn.width;
    cross.style.left = `${left}px`;
    note.style.left = `${clamp(left + 8, 2, Math.max(2, box.clientWidth - note.offsetWidth - 4))}px`;
  }

  const shown = () => view ?? drawn.view;
  const fraction = (clientX) => (clientX - box.getBoundingClientRect().left - drawn.left) / drawn.width;
  const span = () => shown()[1] - shown()[0];
  const timeAt = (clientX) => shown()[0] + fraction(clientX) * span();

  // Moves and stretches the view so that `time` comes to lie at `share` of the width (0 left, 1 right).
  function hold(time, share, wanted = span()) {
    const kept = limited(wanted, drawn.width);
    const from = time - share * kept;
    view = within([from, from + kept], drawn.width);
    schedule();
  }

  // Near the newest bar the right edge stays, else what is under the pointer.
  function zoom(clientX, factor) {
    const under = fraction(clientX);
    const share = under > 0.75 && shown()[1] >= bars.t.at(-1) ? 1 : under;
    hold(shown()[0] + share * span(), share, span() * factor);
  }

  function hover(clientX) {
    const at = timeAt(clientX);
    const i = clamp(indexFrom(bars.t, at), 0, bars.t.length - 1);
    const before = bars.t[Math.max(0, i - 1)];
    hovered = at - before < bars.t[i] - at ? before : bars.t[i];
    tell();
  }

  function unhover() {
    hovered = null;
    tell();
  }

  function reset() {
    view = hovered = null;
    schedule();
  }

  const ready = () => drawn !== null;
  const letGo = makeHand(box, { ready, timeAt, fraction, hold, zoom, hover, unhover, reset });
  const observer = new ResizeObserver(schedule);
  observer.observe(box);

  function destroy() {
    gone = true;
    cancelAnimationFrame(frame);
    observer.disconnect();
    letGo();
    if (drawn) library?.then((Plotly) => Plotly.purge(plot));
  }

  return { update, destroy };
}

export function Candles({ history, tick, marks, decimals, scheme, label, base, className, ...rest }) {
  const box = useRef(null);
  const plot = useRef(null);
  const line = useRef(null);
  const cross = useRef(null);
  const note = useRef(null);
  const chart = useRef(null);
  useEffect(() => {
    chart.current = makeChart(box.current, plot.current, line.current, cross.current, note.current);
    return () => chart.current.destroy();
  }, []);
  // A prop composed of vars is a new object at each render: what decides is the arrays and numbers inside it.
  useEffect(
    () => chart.current.update({ history, tick, marks, decimals, label, base }),
    [history?.key, history?.t, String(tick), marks?.t, decimals, scheme, label],
  );
  const over = { position: "absolute", pointerEvents: "none" };
  const row = { ...over, top: 0, left: 2, whiteSpace: "pre", fontVariantNumeric: "tabular-nums" };
  return (
    <div
      {...rest}
      ref={box}
      role="img"
      className={`candles ${className ?? ""}`}
      style={{ position: "relative", overflow: "hidden", touchAction: "pan-y", userSelect: "none", cursor: "crosshair" }}
    >
      <div ref={plot} />
      <div ref={line} style={row} />
      <div ref={cross} hidden style={{ ...over, width: 1, opacity: 0.5 }} />
      <div ref={note} hidden className="candle-note" style={{ ...over, top: 22, whiteSpace: "pre" }} />
    </div>
  );
}
