/**
 * Exponential back-off with full jitter: each wait is drawn evenly from 0 to a bound that doubles, so that clients
 * that lost a node together do not return together.
 */
export class Backoff {
  #times = 0;

  constructor(
    readonly firstMs: number,
    readonly maxMs: number,
    readonly random: () => number,
  ) {}

  nextMs(): number {
    return Math.ceil(this.random() * Math.min(this.maxMs, this.firstMs * 2 ** this.#times++));
  }

  reset(): void {
    this.#times = 0;
  }
}
