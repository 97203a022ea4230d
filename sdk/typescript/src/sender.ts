import { TroupeError } from "./errors.js";
import type { Link } from "./link.js";
import { frameOf, type Item, Outbox, receiptOf } from "./outbox.js";
import type { OutboxRecord, OutboxStorage } from "./outbox_storage.js";
import type { Entry, ServerAck, ServerError } from "./protocol.js";
import type { Receipt, Refusal, Sending } from "./types.js";
import { UlidSource, ulidTime } from "./ulid.js";

/** What is written, without what the sender adds. */
export type Draft = Pick<OutboxRecord, "room" | "kind" | "body" | "replyTo" | "target">;

export interface SenderEvents {
  /** Something changed with a message of one's own. */
  changed(record: OutboxRecord): void;
  failed(why: Refusal): void;
  /** The room may be given messages. */
  ready(room: string): boolean;
}

const retryFirstMs = 250;
const retryMaxMs = 30_000;
/** A cid further ahead of the server's clock was made by a device's clock that is wrong. */
const aheadMaxMs = 3_600_000;
/** Codes that speak of the server or the connection, not of one message. */
const pausing: readonly string[] = ["rate_limited", "overloaded", "storage_full"];

/** Carries out what the outbox decides: keeps records, gives them to the link, follows the answers. */
export class Sender {
  readonly outbox = new Outbox();
  #ulids: UlidSource;
  #user: string | undefined;
  /** What was kept of this user has been read. */
  #loaded = false;
  #cancel: (() => void) | undefined;

  constructor(
    readonly link: Link,
    readonly storage: OutboxStorage,
    readonly events: SenderEvents,
  ) {
    this.#ulids = new UlidSource(link.environment.random);
  }

  send({ room, kind, body, replyTo, target }: Draft): Sending {
    const time = this.link.now();
    const item = this.outbox.add({
      room,
      kind,
      // A lone half of a surrogate pair is no text, and would be refused.
      body: body.replace(/\p{Surrogate}/gu, "\ufffd"),
      replyTo,
      target,
      user: this.#user ?? "",
      cid: this.#ulids.next(time),
      time,
    });
    const acked = new Promise<Receipt>((resolve, reject) => {
      item.settle = { resolve, reject: (why) => reject(new TroupeError(why)) };
    });
    acked.catch(() => {}); // Who does not look at it must not be punished.
    const sending: Sending = {
      get cid() {
        return item.record.cid;
      },
      acked,
    };
    const tooLarge = this.#tooLarge(item.record);
    if (tooLarge) this.#refuse(item, { code: "too_large", message: tooLarge, retry: "never" });
    else this.#keep(item.record);
    this.events.changed(item.record);
    this.flush();
    return sending;
  }

  retry(room: string, cid: string): Sending | undefined {
    const item = this.outbox.find(room, cid);
    if (item?.state !== "refused") return undefined;
    this.#forget(item);
    return this.send(item.record);
  }

  discard(room: string, cid: string): boolean {
    const item = this.outbox.find(room, cid);
    if (!item || item.state === "stored" || (item.given && item.state !== "refused")) return false;
    this.#forget(item);
    item.settle?.reject({ code: "discarded", message: "it was given up", retry: "never" });
    this.events.changed(item.record);
    return true;
  }

  // -- who one is -------------------------------------------------------------------------------------------------

  /** Reads what is kept of a user, and keeps what was written before that was known. */
  be(user: string): void {
    if (user === this.#user) return;
    const former = this.#user;
    this.#user = user;
    this.#loaded = false;
    for (const item of this.outbox.items) {
      if (item.record.user === "") {
        item.record = { ...item.record, user };
        this.#keep(item.record);
      } else if (item.record.user === former) {
        this.outbox.remove(item); // Stays in the storage for when that user returns.
        item.settle?.reject({ code: "discarded", message: `one is ${user} by now`, retry: "never" });
        this.events.changed(item.record);
      }
    }
    const { turn } = this.link;
    this.storage.load(user).then(
      (records) => turn.run(() => user === this.#user && this.#take(records)),
      (error) =>
        turn.run(() => {
          this.#storageFailed(error);
          if (user === this.#user) this.#take([]);
        }),
    );
  }

  #take(records: readonly OutboxRecord[]): void {
    this.#loaded = true;
    for (const { record } of this.outbox.restore(records)) this.#keep(record);
    for (const record of records) this.events.changed(record);
    this.flush();
  }

  /** The server's clock is known: cids that no server saw and that it would refuse are made anew. */
  clockKnown(): void {
    this.#ulids = new UlidSource(this.link.environment.random);
    const now = this.link.now();
    for (const item of this.outbox.items) {
      if (item.given || ulidTime(item.record.cid) < now + aheadMaxMs) continue;
      const { user, cid } = item.record;
      item.record = { ...item.record, cid: this.#ulids.next(now), time: now };
      this.#keep(item.record);
      this.#remove(user, cid);
      this.events.changed(item.record);
    }
  }

  // -- giving -----------------------------------------------------------------------------------------------------

  /** Gives to the connection what is due. */
  flush(): void {
    const { link, outbox } = this;
    this.#cancel?.();
    this.#cancel = undefined;
    if (!link.online || !this.#loaded) return;
    const now = link.environment.now();
    for (const item of outbox.due(now, link.welcome?.limits.inflight || 64, this.events.ready)) {
      const id = link.nextId();
      outbox.given(item, id);
      link.expect(id, { refused: (why) => why && this.#answered(item, why) });
      link.send(frameOf(item.record, id));
      this.events.changed(item.record);
    }
    const wakesAt = outbox.wakesAt(now);
    if (wakesAt !== undefined)
      this.#cancel = link.environment.schedule(() => link.turn.run(() => this.flush()), wakesAt - now);
  }

  lost(): void {
    this.outbox.connectionLost();
    for (const { record } of this.outbox.items) this.events.changed(record);
  }

  // -- answers ----------------------------------------------------------------------------------------------------

  /** It is stored. Gives the message; it stays in the outbox as `stored` until `passed` says that it was taken. */
  acked(ack: ServerAck): Item | undefined {
    const item = this.outbox.find(ack.room, ack.cid);
    if (!item || item.state === "stored") return undefined;
    this.#settle(item, receiptOf(ack));
    return item;
  }

  /** One's own message was seen in the stream: that is its ack, if none came. */
  seen(room: string, epoch: string, entry: Entry): void {
    const item = this.outbox.find(room, entry.cid);
    if (!item) return;
    if (item.state !== "stored") this.#settle(item, { room, cid: entry.cid, epoch, seq: entry.seq, time: entry.time });
    this.#drop(item);
  }

  /** The room was taken up to `seq`, or it is not followed any more: what is stored is no longer on its way. */
  passed(room: string, seq: number): void {
    for (const item of this.outbox.items)
      if (item.state === "stored" && item.record.room === room && (item.seq ?? 0) <= seq) this.#drop(item);
  }

  #settle(item: Item, receipt: Receipt): void {
    item.state = "stored";
    item.seq = receipt.seq;
    this.#remove(item.record.user, item.record.cid);
    this.link.turn.later(() => item.settle?.resolve(receipt));
    this.events.changed(item.record);
  }

  #drop(item: Item): void {
    this.outbox.remove(item);
    this.events.changed(item.record);
  }

  #answered(item: Item, why: ServerError): void {
    if (item.state !== "sent") return;
    const { random, now } = this.link.environment;
    const bound = Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(item.attempts - 1, 10));
    const drawn = Math.ceil(random() * bound);
    if (why.retry === "never") this.#refuse(item, { code: why.code, message: why.message, retry: "never" });
    else if (why.retry === "after")
      this.outbox.again(item, now() + Math.max(1, why.after_ms ?? 1_000), pausing.includes(why.code));
    else this.outbox.again(item, now() + drawn, false);
    if (why.retry === "resume" || why.retry === "reauth") this.link.follow(why.retry, why.message);
    this.events.changed(item.record);
    this.flush();
  }

  #refuse(item: Item, why: Refusal): void {
    item.state = "refused";
    item.error = why;
    item.record = { ...item.record, refused: { code: why.code, message: why.message } };
    this.#keep(item.record);
    item.settle?.reject(why);
  }

  #tooLarge(record: OutboxRecord): string | undefined {
    const { body = 16_384, frame = 65_536 } = this.link.welcome?.limits ?? {};
    const bytes = (text: string) => new TextEncoder().encode(text).length;
    if (bytes(record.body) > body) return `a message has at most ${body} bytes: shorten it`;
    // The server would close the connection over it, again and again.
    if (bytes(JSON.stringify(frameOf(record, Number.MAX_SAFE_INTEGER))) > frame) return "too large: shorten it";
    return undefined;
  }

  // -- keeping ----------------------------------------------------------------------------------------------------

  #forget(item: Item): void {
    this.outbox.remove(item);
    this.#remove(item.record.user, item.record.cid);
  }

  #keep(record: OutboxRecord): void {
    if (record.user !== "") this.storage.put(record).catch((error) => this.#storageFailed(error));
  }

  #remove(user: string, cid: string): void {
    if (user !== "") this.storage.delete(user, cid).catch((error) => this.#storageFailed(error));
  }

  #storageFailed(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.events.failed({ code: "storage_full", message: `un-acked messages cannot be kept: ${why}`, retry: "never" });
  }
}
