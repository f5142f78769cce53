// Fills as they are pointed at: buys below their bar, sells above it, several of one bar behind each other.
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

// The trace that draws them: `dollars` is what a pixel's height comes to, `size` the triangles' in pixels.
export function traceOf(fills, base, dollars, size, colour) {
  const away = (fill) => (fill.nth * size * 1.1 + 2) * dollars * (fill.buy ? -1 : 1);
  const pick = (buy, sell) => fills.map((fill) => (fill.buy ? buy : sell));
  const marker = { ...base.marker, size, symbol: pick("triangle-up", "triangle-down"), color: pick(colour("accent"), colour("warn")) };
  return { ...base, cliponaxis: false, x: fills.map((fill) => fill.at), y: fills.map((fill) => fill.level + away(fill)), marker };
}

// What is said of the fills of one bar, a line for each.
export const wordsAt = (fills, at) =>
  fills.filter((fill) => fill.at === at && fill.text).map((fill) => `${fill.buy ? "▲" : "▼"} ${fill.text}`).join("\n");
