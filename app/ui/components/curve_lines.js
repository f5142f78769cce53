// The points of equity curves: a history once, then the newest point of each, again and again.
const MOST = 800;

export function makeLines() {
  const lines = { key: null, t: [], of: [] };
  let settled = 0; // how many points at the beginning no tip moves any more

  lines.load = ({ key, t, of }) => {
    Object.assign(lines, { key, t: [...t], of: of.map((line) => [...line]) });
    settled = t.length;
  };

  // The last point goes along with the present until it is far enough from the one before it.
  lines.push = (tip) => {
    if (!Array.isArray(tip) || tip[0] !== lines.key || !Number.isFinite(tip[1])) return false;
    const [, at, ...values] = tip;
    const { t, of } = lines;
    if (values.length !== of.length || at < t.at(-1)) return false;
    if (t.length > settled) drop(t.length - 1);
    t.push(at);
    of.forEach((line, i) => line.push(values[i]));
    if (at - (t.at(-2) ?? -Infinity) >= step()) settled = t.length;
    if (t.length > MOST) thin();
    return true;
  };

  const step = () => Math.max(1000, (lines.t.at(-1) - lines.t[0]) / 400);

  const drop = (from) => [lines.t, ...lines.of].forEach((part) => part.splice(from));

  // Every second point goes; the last stays.
  function thin() {
    const kept = (part) => part.filter((_, i) => (part.length - 1 - i) % 2 === 0);
    Object.assign(lines, { t: kept(lines.t), of: lines.of.map(kept) });
    settled = lines.t.length;
  }

  return lines;
}

// Where labels stand so that none covers another: as near to where each belongs as its neighbours let it.
export function spread(wanted, gap, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b] || a - b);
  const tight = Math.min(gap, (high - low) / Math.max(1, wanted.length - 1));
  const found = [];
  let edge = low;
  for (const i of order) {
    found[i] = Math.max(edge, wanted[i]);
    edge = found[i] + tight;
  }
  edge = high;
  for (const i of [...order].reverse()) {
    found[i] = Math.min(edge, found[i]);
    edge = found[i] - tight;
  }
  return found;
}

// The lowest and the highest of all known values, nought among them, with some room.
export function rangeOf(of) {
  const known = of.flat().filter(Number.isFinite);
  const bottom = Math.min(0, ...known);
  const top = Math.max(0, ...known);
  const room = (top - bottom) * 0.05 || 0.5;
  return [bottom - room, top + room];
}
