/**
 * Exponential back-off with full jitter: each wait is drawn evenly from 0 to a bound that doubles, so that clients
 * that lost a node together do not return together.
 */
export class Backoff {
  #bound: number;
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;

  constructor(firstMs: number, maxMs: number, random: () => number) {
    this.#bound = this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  nextMs(): number {
    const wait = Math.ceil(this.#random() * this.#bound);
    this.#bound = Math.min(this.#maxMs, this.#bound * 2);
    return wait;
  }

  reset(): void {
    this.#bound = this.#firstMs;
  }
}
