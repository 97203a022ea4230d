const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The milliseconds a ULID was made from. */
export function ulidTime(ulid: string): number {
  let time = 0;
  for (const letter of ulid.slice(0, 10)) time = time * 32 + alphabet.indexOf(letter);
  return time;
}

/** Makes ULIDs that rise, also within a millisecond and when the clock is set back. */
export class UlidSource {
  #time = 0;
  #digits: number[] = [];
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  next(timeMs: number): string {
    if (timeMs > this.#time || this.#digits.length === 0) {
      this.#time = Math.max(timeMs, this.#time);
      this.#digits = Array.from({ length: 16 }, () => Math.floor(this.#random() * 32));
    } else {
      this.#increment();
    }
    let time = "";
    for (let rest = this.#time, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = alphabet[rest % 32] + time;
    return time + this.#digits.map((digit) => alphabet[digit]).join("");
  }

  #increment(): void {
    for (let i = 15; i >= 0; i--) {
      const digit = (this.#digits[i] ?? 0) + 1;
      this.#digits[i] = digit % 32;
      if (digit < 32) return;
    }
    this.#time++;
  }
}
