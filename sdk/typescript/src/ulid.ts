const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Makes ULIDs that rise: their time does, by at least a millisecond each. */
export class UlidSource {
  #time = 0;

  constructor(readonly random: () => number) {}

  next(timeMs: number): string {
    this.#time = Math.max(timeMs, this.#time + 1);
    let ulid = "";
    for (let rest = this.#time; ulid.length < 10; rest = Math.floor(rest / 32)) ulid = alphabet[rest % 32] + ulid;
    while (ulid.length < 26) ulid += alphabet[Math.floor(this.random() * 32)];
    return ulid;
  }
}
