// The chart of equity curves. Plotly draws and finds what is under the pointer; the points are kept here.
import { useEffect, useRef } from "react";
import { makeLines, rangeOf, spread } from "./curve_lines.js";

const FALLBACK = { muted: "#8593a6", grid: "#1b2430", panel: "#0f1720", ink: "#e8eef5", line: "#1b2733" };

let library = null;
const plotly = () =>
  (library ??= import("plotly.js-finance-dist-min")
    .then((module) => module.default ?? module)
    .catch((error) => {
      library = null;
      throw error;
    }));

const signed = (value) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(2)} %`;

function makeChart(box, plot, note) {
  const lines = makeLines();
  let props = {};
  let source = null;
  let frame = 0;
  let drawn = false;
  let hovered = null;
  let revision = 0;
  let gone = false;

  const schedule = () => (frame ||= requestAnimationFrame(draw));

  function update(next) {
    // Which line has which number is another matter without the one of holding.
    if (next.bare !== props.bare) hovered = null;
    props = next;
    const { history, tip, level } = props;
    if (history?.key && Array.isArray(history.t) && history.t !== source) {
      source = history.t;
      lines.load(history);
    }
    lines.push(tip);
    Object.assign(box.dataset, { key: lines.key ?? "", points: lines.t.length, level });
    box.setAttribute("aria-label", `${props.label}: ${told()}`);
    schedule();
  }

  const nameOf = (i) => props.names[i] ?? "";

  function told() {
    const known = lines.of.map((line, i) => [nameOf(i), line.at(-1)]).filter(([, value]) => Number.isFinite(value));
    return known.map(([name, value]) => `${name} ${signed(value)}`).join(", ") || "nothing yet";
  }

  function draw() {
    frame = 0;
    if (gone || !box.clientWidth || !box.clientHeight || !lines.t.length) return;
    plotly().then(
      (Plotly) => !gone && paint(Plotly),
      () => (note.textContent = "The chart did not load. Reload the page."),
    );
  }

  function paint(Plotly) {
    const { clientWidth: width, clientHeight: height } = box;
    const narrow = width < 520;
    const size = narrow ? 10 : 12;
    const css = getComputedStyle(box);
    const colour = (name) => css.getPropertyValue(`--${name}`).trim() || FALLBACK[name] || "#888";
    const font = { family: css.fontFamily, size, color: colour("muted") };
    const hold = lines.of.length - 1;
    const seen = props.bare ? lines.of.slice(0, hold) : lines.of;
    const dye = (i) => (i === hold ? colour("muted") : colour(`level-${i + 1}`));
    const chosen = props.level - 1;
    const trace = (i) => ({
      ...props.base.line,
      name: nameOf(i),
      x: lines.t,
      y: lines.of[i],
      text: lines.of[i].map((value) => (Number.isFinite(value) ? signed(value) : "")),
      opacity: i === chosen || i === hold ? 1 : 0.85,
      line: i === hold ? { color: dye(i), width: 2, dash: "dash" } : { color: dye(i), width: i === chosen ? 4 : 1.5 },
    });
    // What is drawn last lies on top.
    const order = seen.map((_, i) => i).sort((a, b) => (a === chosen) - (b === chosen) || b - a);
    const range = rangeOf(seen);
    const margin = { l: narrow ? 44 : 56, r: narrow ? 38 : 50, t: 8, b: 2 * size + 18, pad: 0 };
    const { xaxis, yaxis } = props.base.layout;
    const [from, to] = [lines.t[0], Math.max(lines.t.at(-1), lines.t[0] + 10_000)];
    const layout = {
      ...props.base.layout,
      // The lists are the same ones, longer.
      datarevision: ++revision,
      width,
      height,
      margin,
      font,
      hoverlabel: { bgcolor: colour("panel"), font: { ...font, size: size + 1, color: colour("ink") } },
      xaxis: { ...xaxis, range: [from, to], nticks: narrow ? 4 : 8, tickcolor: colour("grid") },
      yaxis: { ...yaxis, range, gridcolor: colour("grid"), nticks: narrow ? 6 : 8 },
      shapes: [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0, line: { color: colour("muted"), width: 1, dash: "1px,3px" } }],
      annotations: labels(seen, range, height - margin.t - margin.b, size, font, dye, chosen),
    };
    const kept = hovered;
    Plotly.react(plot, order.map(trace), layout, props.base.config);
    if (!drawn) listen();
    drawn = true;
    // What is read stays readable: a drawing takes the words away that the pointer has called up.
    if (kept) Plotly.Fx.hover(plot, [{ ...kept, pointNumber: Math.min(kept.pointNumber, lines.t.length - 1) }]);
    note.textContent = "";
    box.dataset.lines = seen.filter((line) => line.some(Number.isFinite)).length;
  }

  function listen() {
    plot.on("plotly_hover", ({ points: [{ curveNumber, pointNumber }] }) => (hovered = { curveNumber, pointNumber }));
    plot.on("plotly_unhover", () => (hovered = null));
  }

  // Which line is which, at its end.
  function labels(seen, [low, high], tall, size, font, dye, chosen) {
    const ends = seen.map((line) => line.findLast(Number.isFinite)).map((value) => value ?? null);
    const said = ends.map((value, i) => ({ value, text: i < 10 ? `${i + 1}` : "hold", colour: dye(i), bold: i === chosen }));
    said.push({ value: 0, text: "cash", colour: font.color });
    const known = said.filter(({ value }) => value !== null);
    const wanted = known.map(({ value }) => ((value - low) / (high - low)) * tall);
    const places = spread(wanted, size + 1, size / 2, tall - size / 2);
    return known.map(({ value, text, colour, bold }, i) => ({
      xref: "paper",
      x: 1,
      xanchor: "left",
      y: value,
      yshift: places[i] - wanted[i],
      text: bold ? `<b>${text} ◂</b>` : text,
      showarrow: false,
      borderpad: 2,
      font: { ...font, color: colour, size: bold ? size + 2 : size },
    }));
  }

  const observer = new ResizeObserver(schedule);
  observer.observe(box);

  function destroy() {
    gone = true;
    cancelAnimationFrame(frame);
    observer.disconnect();
    if (drawn) library?.then((Plotly) => Plotly.purge(plot));
  }

  return { update, destroy };
}

export function Curves({ history, tip, level, bare, names, scheme, label, base, className, ...rest }) {
  const box = useRef(null);
  const plot = useRef(null);
  const note = useRef(null);
  const chart = useRef(null);
  useEffect(() => {
    chart.current = makeChart(box.current, plot.current, note.current);
    return () => chart.current.destroy();
  }, []);
  // A prop composed of vars is a new object at each render: what decides is the arrays and numbers inside it.
  useEffect(
    () => chart.current.update({ history, tip, level, bare, names, label, base }),
    [history?.key, history?.t, String(tip), level, bare, scheme, label],
  );
  return (
    <div {...rest} ref={box} role="img" className={`curves ${className ?? ""}`}>
      <div ref={plot} />
      <div ref={note} className="curves-note" />
    </div>
  );
}
