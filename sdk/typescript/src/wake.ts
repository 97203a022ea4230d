/** Calls `wake` when a page suggests that its network may be back. Gives the function that ends it. */
export function onWake(wake: () => void): () => void {
  if (typeof addEventListener !== "function") return () => {};
  const until = new AbortController();
  const shown = () => {
    if (typeof document === "undefined" || !document.hidden) wake();
  };
  // `visibilitychange` bubbles up to the window.
  for (const name of ["online", "visibilitychange", "pageshow"])
    addEventListener(name, shown, { signal: until.signal });
  return () => until.abort();
}
