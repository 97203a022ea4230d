import type { Store } from "../../src/index.js";

/** Waits until something is so; when it never is, fails with what it waited for. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 30_000,
  now: () => unknown = () => undefined,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not so in ${withinMs} ms: ${what}; now: ${JSON.stringify(now())}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Waits until a store has such a value. */
export async function untilStore<T>(what: string, store: Store<T>, isSo: (value: T) => boolean): Promise<T> {
  await until(what, () => isSo(store.get()), 30_000, store.get);
  return store.get();
}
