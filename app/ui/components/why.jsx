// How long ago something was, in words that grow older by themselves.
import { useEffect, useState } from "react";
import { serverNow } from "./age.jsx";

const BEAT_MS = 1000;

function words(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`;
}

export function Ago({ atMs, ...rest }) {
  const [text, setText] = useState("");
  useEffect(() => {
    const beat = () => setText(atMs > 0 ? `${words(serverNow() - atMs)} ago` : "");
    beat();
    const timer = setInterval(beat, BEAT_MS);
    return () => clearInterval(timer);
  }, [atMs]);
  return <span {...rest}>{text}</span>;
}
