// Fills as they are pointed at: buys below their bar, sells above it, a few of one bar behind each other, many as one.
import { indexFrom } from "./candle_bars.js";

// Which bar each fill belongs to; those before the first bar belong to none.
export function placed(marks, bars) {
  const seen = {};
  const found = [];
  (marks?.t ?? []).forEach((at, n) => {
    const i = indexFrom(bars.t, at + 1) - 1;
    if (i < 0) return;
    const buy = marks.side[n] === "buy";
    const place = `${i}${buy}`;
    seen[place] = (seen[place] ?? 0) + 1;
    found.push({ at: bars.t[i], buy, level: bars[buy ? "l" : "h"][i], nth: seen[place], text: marks.text?.[n] ?? "" });
  });
  return found;
}

// More of one bar and side than this are one triangle that says how many.
const MOST_BEHIND = 3;

// The triangles that stand for the fills, each with what is written at it.
function shownOf(fills) {
  const counts = {};
  const place = (fill) => `${fill.at}${fill.buy}`;
  for (const fill of fills) counts[place(fill)] = fill.nth;
  return fills
    .filter((fill) => fill.nth === 1 || counts[place(fill)] <= MOST_BEHIND)
    .map((fill) => ({ ...fill, said: counts[place(fill)] > MOST_BEHIND ? `×${counts[place(fill)]}` : "" }));
}

// The trace that draws them: `dollars` is what a pixel's height comes to, `size` the triangles' in pixels.
export function traceOf(fills, base, dollars, size, colour) {
  const shown = shownOf(fills);
  const away = (fill) => (fill.nth * size * 1.1 + 2) * dollars * (fill.buy ? -1 : 1);
  const pick = (buy, sell) => shown.map((fill) => (fill.buy ? buy : sell));
  const colours = pick(colour("accent"), colour("warn"));
  const marker = { ...base.marker, size, symbol: pick("triangle-up", "triangle-down"), color: colours };
  const words = { mode: "markers+text", text: shown.map((fill) => fill.said), textposition: pick("bottom center", "top center"), textfont: { size: size + 1, color: colours } };
  return { ...base, ...words, cliponaxis: false, x: shown.map((fill) => fill.at), y: shown.map((fill) => fill.level + away(fill)), marker };
}

const MOST_LINES = 8;

// What is said of the fills of one bar, a line for each; of many the last.
export function wordsAt(fills, at) {
  const lines = fills.filter((fill) => fill.at === at && fill.text).map((fill) => `${fill.buy ? "▲" : "▼"} ${fill.text}`);
  return [...(lines.length > MOST_LINES ? [`${lines.length} fills, the last ${MOST_LINES}:`] : []), ...lines.slice(-MOST_LINES)].join("\n");
}
