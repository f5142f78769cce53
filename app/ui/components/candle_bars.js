// Bars in place, and how their times and prices are written. Times are Unix ms, shown in UTC.
const MOST_BARS = 5000;
const MINUTE = 60000;
export const DAY = 1440 * MINUTE;
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720].map((m) => m * MINUTE);
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_STEPS = [1, 2, 4, 7, 14, 28, 91, 182, 364].map((d) => d * DAY);

export const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
export const money = (x, decimals) =>
  x.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
export const compact = (x) => x.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 3 });
const two = (n) => String(n).padStart(2, "0");
export function dayOf(ms) {
  const at = new Date(ms);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
}
export function clockOf(ms) {
  const at = new Date(ms);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

// The first index whose time is not before `at`.
export function indexFrom(times, at) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function timeTicks(low, high, most) {
  const wanted = (high - low) / most;
  const step = [...TIME_STEPS, ...DAY_STEPS].find((s) => s >= wanted) ?? DAY_STEPS.at(-1);
  const ticks = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) ticks.push(at);
  const label = (at) => (at % DAY === 0 ? dayOf(at) : clockOf(at));
  return { tickvals: ticks, ticktext: ticks.map(label) };
}

export function priceTicks(low, high, most, tooNear) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough);
  const decimals = clamp(Math.ceil(-Math.log10(step) - 1e-9), 0, 20);
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high; i += 1) ticks.push(i * step);
  return { tickvals: ticks, ticktext: ticks.map((price) => (tooNear(price) ? "" : money(price, decimals))) };
}

// Bars in place: `load` takes a history, `push` a tick; both say whether anything has changed.
export function makeBars() {
  const FIELDS = ["t", "o", "h", "l", "c", "v"];
  const bars = { key: null, step: 1, t: [], o: [], h: [], l: [], c: [], v: [] };
  bars.load = (history) => {
    // A history that comes again (a reconnect sends every var) may be older than the ticks since.
    const kept = history.key === bars.key ? indexFrom(bars.t, history.t.at(-1) ?? Infinity) : bars.t.length;
    const cut = indexFrom(history.t, bars.t[kept] ?? Infinity);
    for (const f of FIELDS) bars[f] = [...history[f].slice(0, cut), ...bars[f].slice(kept)];
    bars.key = history.key;
    bars.step = history.step > 0 ? history.step : MINUTE;
  };
  const set = (values) => {
    const last = bars.t.at(-1) ?? -Infinity;
    const at = values[0] > last ? bars.t.length : bars.t.lastIndexOf(values[0]);
    if (at >= 0) FIELDS.forEach((f, i) => (bars[f][at] = values[i]));
    if (bars.t.length > MOST_BARS) FIELDS.forEach((f) => bars[f].shift());
  };
  // A tick brings the newest bar, and before it those that may have closed since the last one was seen.
  bars.push = (tick) => {
    if (!Array.isArray(tick) || tick.length < 7 || tick.length % 6 !== 1 || tick[0] !== bars.key) return false;
    const values = tick.slice(1);
    const last = bars.t.at(-1) ?? -Infinity;
    if (!values.every(Number.isFinite) || values.at(-6) < last) return false;
    for (let i = 0; i < values.length; i += 6) set(values.slice(i, i + 6));
    return true;
  };
  return bars;
}
