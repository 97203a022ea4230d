import type { Environment } from "../../src/index.js";

/** Time that passes only when a test says so, and randomness that a seed repeats. */
export class VirtualTime implements Environment {
  #now = 0;
  #timers: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = [];
  #order = 0;
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  readonly now = () => this.#now;
  readonly wallClock = () => 1_700_000_000_000 + this.#now;

  /** mulberry32 */
  readonly random = () => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  readonly schedule = (run: () => void, afterMs: number) => {
    const timer = { atMs: this.#now + Math.max(0, afterMs), order: this.#order++, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** Lets time pass, timer by timer; promises go on in between. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#timers.sort((one, other) => one.atMs - other.atMs || one.order - other.order);
      const next = this.#timers[0];
      if (!next || next.atMs > end) break;
      this.#timers.shift();
      this.#now = next.atMs;
      next.run();
    }
    this.#now = end;
  }
}
