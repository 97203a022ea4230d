import { TroupeError, wordsOf } from "./errors.js";
import type { Link } from "./link.js";
import { frameOf, type Item, Outbox } from "./outbox.js";
import type { OutboxRecord, OutboxStorage } from "./outbox_storage.js";
import type { Entry, ServerAck, ServerError } from "./protocol.js";
import type { Receipt, Refusal, Sending } from "./types.js";
import { UlidSource } from "./ulid.js";

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
const discarded: Refusal = { code: "discarded", message: "it was given up", retry: "never" };
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
    if (this.#tooLarge(item.record))
      this.#refuse(item, { code: "too_large", message: "the message is too long: shorten it", retry: "never" });
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
    item.settle?.reject(discarded);
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
        item.settle?.reject(discarded);
        this.events.changed(item.record);
      }
    }
    const load = this.storage.load(user).catch((error) => {
      this.#storageFailed(error);
      return [];
    });
    load.then((records) => user === this.#user && this.#take(records));
  }

  #take(records: readonly OutboxRecord[]): void {
    this.#loaded = true;
    for (const { record } of this.outbox.restore(records)) this.#keep(record);
    for (const record of records) this.events.changed(record);
    this.flush();
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
      outbox.given(item);
      link.request(frameOf(item.record), undefined, (why) => this.#answered(item, why));
      this.events.changed(item.record);
    }
    const wakesAt = outbox.wakesAt(now);
    if (wakesAt !== undefined) this.#cancel = link.environment.schedule(() => this.flush(), wakesAt - now);
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
    const { room, cid, epoch, seq, time, durable } = ack;
    this.#settle(item, { room, cid, epoch, seq, time, durable });
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
    // Behind the events of the same frame.
    queueMicrotask(() => item.settle?.resolve(receipt));
    this.events.changed(item.record);
  }

  #drop(item: Item): void {
    this.outbox.remove(item);
    this.events.changed(item.record);
  }

  #answered(item: Item, why: ServerError): void {
    if (item.state !== "sent") return;
    const { random, now } = this.link.environment;
    const drawn = Math.ceil(random() * Math.min(retryMaxMs, retryFirstMs * 2 ** (item.attempts - 1)));
    if (why.retry === "never") this.#refuse(item, { code: why.code, message: why.message, retry: "never" });
    else if (why.retry === "after")
      this.outbox.again(item, now() + Math.max(1, why.after_ms ?? 1_000), pausing.includes(why.code));
    else this.outbox.again(item, now() + Math.max(drawn, why.after_ms ?? 0), false);
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

  /** Sent all the same, what is too large would close the connection, again and again. */
  #tooLarge(record: OutboxRecord): boolean {
    const { body = 16_384, frame = 65_536 } = this.link.welcome?.limits ?? {};
    const bytes = (text: string) => new TextEncoder().encode(text).length;
    return bytes(record.body) > body || bytes(JSON.stringify(frameOf(record))) > frame;
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
    const message = `un-acked messages cannot be kept: ${wordsOf(error)}`;
    this.events.failed({ code: "storage_full", message, retry: "never" });
  }
}
