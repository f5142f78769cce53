// Two ways to one page, its top and the ticket far down: which of them is marked is told by the address alone.
import { useEffect, useState } from "react";
import { Link, useLocation } from "react-router";

const TICKET = "#ticket";

export function DeskWays({ here }) {
  const { hash } = useLocation();
  const [place, setPlace] = useState("");
  // The page was drawn beforehand, without what an address names in it: that may differ only after the first drawing.
  useEffect(() => setPlace(hash), [hash]);
  const marked = (at) => (here && (place === TICKET) === at ? "page" : undefined);
  return (
    <>
      <Link to="/" aria-current={marked(false)} onClick={() => here && scrollTo(0, 0)}>
        Desk
      </Link>
      <a href={`/${TICKET}`} aria-current={marked(true)}>
        Trade
      </a>
    </>
  );
}
