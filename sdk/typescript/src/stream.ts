import type { Entry, Position, ServerJoined, ServerPage } from "./protocol.js";
import type { Seq, Source } from "./types.js";

/** What the stream of a room asks for, and what it tells. Carried out at once, in the order of the calls. */
export interface StreamSink {
  /** Subscribe; with `since`, go on from there. */
  join(since: Position | undefined): void;
  /** Ask for a page after this seq. */
  fetch(after: Seq): void;
  /** The next event. */
  take(entry: Entry, source: Source): void;
  /** Everything before `first` is unknown; what was held is void. */
  begin(epoch: string, first: Seq, why: "new" | "discontinuity"): void;
}

/**
 * The position in the stream of one room: takes what comes next, once, and sees what is missing.
 *
 * Ordering: the server sends a room's events in their order, with an `ack` in the place of one's own message. So this
 *           is a fold: what was taken is left out, what follows is taken, and what does not follow means that
 *           something was lost: it joins again from the last event taken.
 * Errors:   none are thrown.
 */
export class Stream {
  epoch: string | undefined;
  /** The last seq taken. */
  last: Seq = 0;
  /** The last seq known to exist. */
  head: Seq = 0;
  /**
   * `away`: not subscribed. `asked`: a join is under way. `catching`: pushes have stopped, pages are read.
   * `live`: the next event comes by itself.
   */
  phase: "away" | "asked" | "catching" | "live" = "away";
  /** The last join went on from where it was. */
  recovered = false;
  /** Events read since the last join, because they had been missed. */
  missed = 0;
  gaps = 0;
  #since: Position | undefined;
  readonly #sink: StreamSink;

  constructor(sink: StreamSink) {
    this.#sink = sink;
  }

  get position(): Position | undefined {
    return this.epoch === undefined ? undefined : { epoch: this.epoch, seq: this.last };
  }

  join(): void {
    this.asked();
    this.#sink.join(this.#since);
  }

  /** A join from `position` was sent. */
  asked(): void {
    this.phase = "asked";
    this.#since = this.position;
  }

  /** Not subscribed any more; the position is kept. */
  away(): void {
    this.phase = "away";
  }

  /** Nothing is held of the room any more. */
  forget(): void {
    this.away();
    this.epoch = undefined;
    this.last = this.head = 0;
  }

  joined(what: ServerJoined): void {
    const since = this.phase === "asked" ? this.#since : undefined;
    const goesOn = since !== undefined && what.recovered && what.epoch === this.epoch;
    this.missed = 0;
    this.recovered = goesOn;
    if (!goesOn) this.#begin(what.epoch, what.messages[0]?.seq ?? what.head + 1);
    for (const entry of what.messages) this.#take(entry, goesOn ? "resumed" : "history");
    this.head = Math.max(this.head, what.head);
    // A forgotten room's answer must not be gone on with.
    if (this.epoch !== what.epoch) return;
    if (!goesOn) this.last = Math.max(this.last, what.head);
    if (goesOn && (what.more || this.last < what.head)) this.#catchUp();
    else this.phase = "live";
  }

  /** The answer to a `fetch` of this stream. */
  page(what: ServerPage): void {
    // In another epoch a `joined` says how to go on.
    if (this.phase !== "catching" || what.epoch !== this.epoch) return;
    // Retention took what lies between: the answer to a join says how to go on.
    if ((what.messages[0]?.seq ?? what.min) > this.last + 1) return this.join();
    for (const entry of what.messages) this.#take(entry, "resumed");
    if (what.more) this.#catchUp();
    else this.phase = "live";
  }

  message(epoch: string, entry: Entry): void {
    if (this.phase !== "live") return;
    if (epoch !== this.epoch || entry.seq > this.last + 1) this.join();
    else this.#take(entry, "live");
  }

  /**
   * One's own message was stored. While pages are read its place is in one of them. With `passed` its place was
   * before, or will come by itself.
   */
  ack(epoch: string, entry: Entry, passed: boolean): void {
    if (!passed) this.message(epoch, entry);
  }

  /** The server dropped events for this connection; pushes have stopped. */
  gap(to: Seq): void {
    if (this.phase !== "live") return;
    this.gaps++;
    this.head = Math.max(this.head, to);
    this.#catchUp();
  }

  /** The server's head, told in silence: what is beyond `last` was lost without a word. */
  headIs(seq: Seq): void {
    this.head = Math.max(this.head, seq);
    if (this.phase === "live" && seq > this.last) this.join();
  }

  #begin(epoch: string, first: Seq): void {
    const why = this.epoch === undefined ? "new" : "discontinuity";
    this.epoch = epoch;
    this.last = this.head = first - 1;
    this.#sink.begin(epoch, first, why);
  }

  #take(entry: Entry, source: Source): void {
    if (entry.seq <= this.last) return;
    this.last = entry.seq;
    this.head = Math.max(this.head, entry.seq);
    if (source === "resumed") this.missed++;
    this.#sink.take(entry, source);
  }

  #catchUp(): void {
    this.phase = "catching";
    this.#sink.fetch(this.last);
  }
}
