/**
 * A value that changes over time: what is so *now*. Fits `useSyncExternalStore`, Svelte's `$store` and plain code.
 *
 * Snapshots are immutable: the same reference means that nothing changed. Listeners are called after a frame was
 * taken completely, so they never see half of it.
 */
export interface Store<T> {
  /** The value now. */
  get(): T;
  /** Calls `listener` after each change, not at once. Gives the function that ends it. */
  subscribe(listener: () => void): () => void;
}
