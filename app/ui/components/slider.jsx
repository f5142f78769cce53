// The slider: what a hand does shows at once, and is told to the desk when the hand has come to rest.
import { useEffect, useMemo, useRef, useState } from "react";
import { clickedNow } from "./click.jsx";
import { Strip } from "./strip.jsx";

const REST_MS = 120;
// So long a move is believed that the desk has not confirmed.
const TRUST_MS = 3000;

// Tells the last of many moves, with the moment it was made. What a finger does is told when it lets go: until then it
// may turn out to scroll the page.
function makeHand(latest, show) {
  let wanted = 0;
  let at = 0;
  let held = false;
  let resting = 0;
  let doubting = 0;
  function tell() {
    clearTimeout(resting);
    if (!wanted || held) return;
    latest.current.onMove?.(wanted, at);
    wanted = 0;
    doubting = setTimeout(() => show(0), TRUST_MS);
  }
  function forget() {
    clearTimeout(doubting);
    clearTimeout(resting);
    wanted = 0;
    held = false;
    show(0);
  }
  return {
    tell,
    forget,
    grasp(event) {
      tell();
      held = event.pointerType !== "mouse";
    },
    release() {
      if (!held) return;
      held = false;
      at = clickedNow();
      tell();
    },
    lose() {
      if (held) forget();
    },
    move(level) {
      if (latest.current.offline || !latest.current.level || !(level >= 1 && level <= 10)) return;
      [wanted, at] = [level, clickedNow()];
      show(level);
      clearTimeout(doubting);
      clearTimeout(resting);
      if (!held) resting = setTimeout(tell, REST_MS);
    },
    confirm(level, mine) {
      if (wanted || level !== mine) return;
      clearTimeout(doubting);
      show(0);
    },
  };
}

export function Slider({ level, token, names, meanings, verdicts, returns, offline, onMove, onTurn, ...rest }) {
  const [mine, setMine] = useState(0);
  const latest = useRef({});
  const turned = useRef("");
  latest.current = { level, offline, onMove, onTurn };
  const hand = useMemo(() => makeHand(latest, setMine), []);
  useEffect(() => {
    const keyed = (event) => hand.move(event.detail);
    window.addEventListener("drydock:level", keyed);
    window.addEventListener("pagehide", hand.tell);
    return () => {
      window.removeEventListener("drydock:level", keyed);
      window.removeEventListener("pagehide", hand.tell);
      hand.tell();
    };
  }, [hand]);
  useEffect(() => hand.confirm(level, mine), [hand, level, mine]);
  useEffect(() => void (offline && hand.forget()), [hand, offline]);
  useEffect(() => {
    if (turned.current && token !== turned.current) latest.current.onTurn?.();
    turned.current = token;
  }, [token]);
  const shown = mine || level;
  const name = names[shown - 1] ?? "";
  return (
    <div {...rest} data-level={shown || undefined} data-moving={mine ? "true" : undefined}>
      <div className="level-head">
        <span className="level-number">{shown || "–"}</span>
        <div>
          <div className="level-name">{name || "The bot is not at work yet"}</div>
          <div className="level-meaning">{meanings[shown - 1] ?? ""}</div>
        </div>
      </div>
      <div className="track">
        <input
          type="range"
          id="level"
          min="1"
          max="10"
          step="1"
          value={shown || 1}
          disabled={offline || !level}
          aria-label="Intel level"
          aria-valuetext={shown ? `${shown}, ${name}` : "not known yet"}
          onChange={(event) => hand.move(Number(event.target.value))}
          onPointerDown={hand.grasp}
          onPointerUp={hand.release}
          onPointerCancel={hand.lose}
          onLostPointerCapture={hand.lose}
        />
      </div>
      <Strip shown={shown} names={names} verdicts={verdicts} returns={returns} offline={offline} onPick={hand.move} />
    </div>
  );
}
