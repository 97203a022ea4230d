import { useEffect, useState } from "preact/hooks";

type Listener = (text: string) => void;
let listener: Listener | undefined;

/** Has a screen reader say it when it is done with what it says now. */
export function announce(text: string): void {
  listener?.(text);
}

/** The place whose changes screen readers tell. */
export function Announcer() {
  const [text, setText] = useState("");
  useEffect(() => {
    listener = setText;
    return () => {
      listener = undefined;
    };
  }, []);
  return (
    <output class="unseen" aria-live="polite">
      {text}
    </output>
  );
}
