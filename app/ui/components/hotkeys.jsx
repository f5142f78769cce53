// The keys of the desk: B and S for the two sides, digits for the level, Enter in the amount for the main button, ? for
// what they are. In a field that is typed in, all but that Enter are letters.
import { useEffect, useRef } from "react";
import { clickedNow, newId } from "./click.jsx";

const SIDES = { b: "buy", s: "sell" };
const AMOUNT = "ticket-amount";
const TYPING = "input:not([type=range]), textarea, select, [contenteditable=''], [contenteditable=true]";

const busy = () => document.querySelector('[role="dialog"][data-state="open"], [role="alertdialog"], dialog[open]');

export function Hotkeys({ armed, token, offline, onHit, keys }) {
  const help = useRef(null);
  const latest = useRef({});
  latest.current = { armed, token, offline, onHit };
  useEffect(() => {
    // The place that an address names may be drawn after the page has loaded.
    if (location.hash === "#ticket") document.getElementById("ticket")?.scrollIntoView();
    function down(event) {
      const now = latest.current;
      if (event.defaultPrevented || event.repeat || event.isComposing) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Enter" && event.target.id === AMOUNT) return document.getElementById("ticket-place")?.click();
      if (event.target.closest?.(TYPING)) return;
      if (event.key === "?") return help.current.open ? help.current.close() : help.current.showModal();
      if (event.shiftKey || busy()) return;
      // The slider takes it from here, as if it had been moved.
      if (/^[0-9]$/.test(event.key)) return window.dispatchEvent(new CustomEvent("drydock:level", { detail: Number(event.key) || 10 }));
      const side = SIDES[event.key.toLowerCase()];
      if (!side || now.offline || !now.token) return;
      event.preventDefault();
      if (!now.armed) document.getElementById(AMOUNT)?.focus();
      now.onHit?.(side, now.armed, now.token, newId(), clickedNow());
    }
    function opened(event) {
      if (event.target.closest?.("[data-keys]")) help.current.showModal();
    }
    document.addEventListener("keydown", down);
    document.addEventListener("click", opened);
    return () => {
      document.removeEventListener("keydown", down);
      document.removeEventListener("click", opened);
    };
  }, []);
  return (
    <dialog ref={help} className="keys" aria-labelledby="keys-title" onClick={(e) => e.target === help.current && help.current.close()}>
      <h2 id="keys-title">Keys</h2>
      <dl>
        {(keys ?? []).map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <p className="hint">While you type in a field, only Enter is such a key.</p>
      <form method="dialog">
        <button className="quiet-button">Close</button>
      </form>
    </dialog>
  );
}
