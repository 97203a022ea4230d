import type { Entry } from "./protocol.js";
import { sha256 } from "./sha256.js";
import type { Seq, Verification } from "./types.js";

const utf8 = new TextEncoder();

function integer(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, Math.floor(value / 2 ** 32));
  view.setUint32(4, value >>> 0);
  return new Uint8Array(view.buffer);
}

function text(value: string): Uint8Array[] {
  const bytes = utf8.encode(value);
  return [integer(bytes.length).subarray(4), bytes];
}

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The chain's value before the first event of a log. */
export function chainStart(room: string, epoch: string): string {
  return toHex(sha256(...text(room), ...text(epoch)));
}

/**
 * The chain's value after an event, from a live push or a raw page. `undefined` when the entry does not hold what it
 * takes: it is folded, or was erased and came without its digest.
 */
export function chainAfter(previous: string, entry: Entry): string | undefined {
  let digest: Uint8Array;
  if (entry.digest !== undefined) digest = fromHex(entry.digest);
  else if (entry.salt && entry.body !== undefined) digest = sha256(fromHex(entry.salt), utf8.encode(entry.body));
  else return undefined;
  const { seq, time, from, cid, kind, reply_to = 0, target = 0 } = entry;
  return toHex(
    sha256(
      fromHex(previous),
      integer(seq),
      integer(time),
      ...text(from),
      ...text(cid),
      ...text(kind),
      integer(reply_to),
      integer(target),
      digest,
    ),
  );
}

/** Most live events that wait for a raw page to reach them; more are read again instead. */
const heldMax = 512;
const recentMax = 64;

/**
 * Recomputes the chain of a room along its stream, and compares it where the server tells its value.
 *
 * It starts at the head of the first `joined`. Live events extend it. What came in folded pages cannot: then it is
 * `behind` and wants raw pages after `at`, while live events wait.
 */
export class ChainCheck {
  #verification: Verification = { state: "off", from: 0, to: 0 };
  #at: Seq = 0;
  #value: string | undefined;
  /** The last seq taken by the room. */
  #last: Seq = 0;
  #held: Entry[] = [];
  /** Values that the server told of places that were not reached yet. */
  #told = new Map<Seq, string>();
  /** One's own values of the last places, for what the server tells late. */
  #recent = new Map<Seq, string>();

  get verification(): Verification {
    return this.#verification;
  }

  /** The last seq that was computed. */
  get at(): Seq {
    return this.#at;
  }

  /** Raw pages after this seq are needed; `undefined` when none is. */
  get behind(): Seq | undefined {
    return this.#value !== undefined && this.#verification.state !== "broken" && this.#at < this.#last
      ? this.#at
      : undefined;
  }

  /** The chain has this value here: begins anew. */
  start(seq: Seq, value: string): void {
    this.#at = this.#last = seq;
    this.#value = value;
    this.#held = [];
    this.#told.clear();
    this.#recent.clear();
    this.#verification = { state: "verified", from: seq + 1, to: seq };
  }

  /** The room took an event; `live` ones hold what the chain is made of. */
  took(entry: Entry, live: boolean): void {
    if (entry.seq <= this.#last) return;
    this.#last = entry.seq;
    if (live) {
      this.#held.push(entry);
      if (this.#held.length > heldMax) this.#held.shift();
    }
    this.#settle();
  }

  /** The server says that the chain has this value here. */
  told(seq: Seq, value: string): void {
    if (this.#value === undefined || !value) return;
    const mine = seq === this.#at ? this.#value : this.#recent.get(seq);
    if (mine !== undefined) this.#compare(seq, mine, value);
    else if (seq > this.#at) this.#told.set(seq, value);
  }

  /** A raw page that was asked for `after` a seq. */
  page(after: Seq, prev: string, entries: readonly Entry[]): void {
    const first = entries[0];
    if (first && after === this.#at && first.seq > after + 1) {
      // Retention took what lies between: nothing can be said of it.
      const last = this.#last;
      this.start(first.seq - 1, prev);
      this.#last = last;
    } else {
      this.told(after, prev);
    }
    for (const entry of entries) this.#extend(entry);
    this.#settle();
  }

  #extend(entry: Entry): boolean {
    if (this.#value === undefined || entry.seq !== this.#at + 1) return false;
    const value = chainAfter(this.#value, entry);
    if (value === undefined) return false;
    this.#recent.set(this.#at, this.#value);
    this.#recent.delete(this.#at - recentMax);
    this.#value = value;
    this.#at = entry.seq;
    const told = this.#told.get(entry.seq);
    this.#told.delete(entry.seq);
    if (told !== undefined) this.#compare(entry.seq, value, told);
    return true;
  }

  #compare(seq: Seq, mine: string, told: string): void {
    const { state, from, to } = this.#verification;
    if (state === "broken") return;
    this.#verification =
      mine === told ? { state, from, to: Math.max(to, seq) } : { state: "broken", from, to, at: seq };
  }

  #settle(): void {
    while (this.#held[0] && this.#held[0].seq <= this.#at) this.#held.shift();
    while (this.#held[0] && this.#extend(this.#held[0])) this.#held.shift();
    const { state, from, to } = this.#verification;
    if (state === "broken" || state === "off") return;
    const now = this.#at < this.#last ? "checking" : "verified";
    if (now !== state) this.#verification = { state: now, from, to };
  }
}
