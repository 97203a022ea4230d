/** Calls `wake` when a page suggests that its network may be back. Gives the function that ends it. */
export function onWake(wake: () => void): () => void {
  if (typeof addEventListener !== "function") return () => {};
  const shown = () => {
    if (typeof document === "undefined" || document.visibilityState === "visible") wake();
  };
  const shownEvents = ["visibilitychange", "pageshow"];
  addEventListener("online", wake);
  // `visibilitychange` bubbles up to the window.
  for (const name of shownEvents) addEventListener(name, shown);
  return () => {
    removeEventListener("online", wake);
    for (const name of shownEvents) removeEventListener(name, shown);
  };
}
