// Ten cells, one for each level: what it would do with the chosen token now, and what it has made so far.
export function Strip({ shown, names, verdicts, returns, offline, onPick }) {
  return (
    <div className="strip" role="group" aria-label="What each level would do">
      {names.map((name, index) => {
        const number = index + 1;
        const [verdict, gate] = verdicts?.[index] ?? ["", ""];
        const made = returns?.[index] ?? "";
        const words = `Level ${number}, ${name}: ${verdict || "no verdict yet"}${gate ? `, ${gate}` : ""}${made ? `, return ${made}` : ""}`;
        return (
          <button
            key={number}
            type="button"
            disabled={offline || !shown}
            data-cell={number}
            data-verdict={verdict}
            aria-pressed={number === shown}
            aria-label={words}
            title={words}
            onClick={() => onPick(number)}
          >
            <b>{number}</b>
            <i>{verdict || "–"}</i>
            <small data-sign={made[0] === "+" ? "up" : made[0] === "−" ? "down" : ""}>{made || "–"}</small>
          </button>
        );
      })}
    </div>
  );
}
