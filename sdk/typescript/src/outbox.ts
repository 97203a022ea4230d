import type { OutboxRecord } from "./outbox_storage.js";
import type { ClientSend } from "./protocol.js";
import type { Outgoing, Receipt, Refusal } from "./types.js";

/** A message on its way. */
export interface Item {
  record: OutboxRecord;
  state: Outgoing["state"];
  attempts: number;
  /** May have reached a server, on this connection or an earlier one. */
  given: boolean;
  /** Not before this time of `Environment.now`. */
  dueMs: number;
  seq?: number;
  error?: Refusal | undefined;
  settle?: { resolve(receipt: Receipt): void; reject(why: Refusal): void };
}

function itemOf(record: OutboxRecord, given: boolean): Item {
  const { refused } = record;
  return {
    record,
    state: refused ? "refused" : "waiting",
    attempts: 0,
    given,
    dueMs: 0,
    error: refused && { ...refused, retry: "never" },
  };
}

/**
 * One's own messages that are not in the stream yet, in the order of writing.
 *
 * Delivery: a message is given to a connection again until it is stored or surely refused.
 * Ordering: a message of a room is not given before an earlier one of that room whose retry is waited for.
 */
export class Outbox {
  #items: Item[] = [];
  #order = 0;
  /** The server asked for a pause. */
  #pausedUntilMs = 0;

  get items(): readonly Item[] {
    return this.#items;
  }

  /** Puts a message at the end. */
  add(record: Omit<OutboxRecord, "order">): Item {
    const item = itemOf({ ...record, order: ++this.#order }, false);
    this.#items.push(item);
    return item;
  }

  /** Puts what was kept of earlier days before everything else. Gives what has another place by that. */
  restore(records: readonly OutboxRecord[]): readonly Item[] {
    const later = this.#items;
    const kept = records.filter(({ room, cid }) => !this.find(room, cid)).map((record) => itemOf(record, true));
    this.#order = Math.max(this.#order, ...kept.map(({ record }) => record.order));
    for (const item of later) item.record = { ...item.record, order: ++this.#order };
    this.#items = [...kept, ...later];
    return later;
  }

  find(room: string, cid: string): Item | undefined {
    return this.#items.find((item) => item.record.cid === cid && item.record.room === room);
  }

  remove(item: Item): void {
    this.#items = this.#items.filter((other) => other !== item);
  }

  /** What is open on the connection of the moment. */
  get underWay(): number {
    return this.#items.reduce((sum, item) => sum + Number(item.state === "sent"), 0);
  }

  /**
   * What is to be given to the connection now.
   *
   * A room that is joined again is not `ready`: after a reconnect its missed messages come first, since one's own
   * among them need no retry.
   */
  due(nowMs: number, inflightMax: number, ready: (room: string) => boolean): Item[] {
    if (nowMs < this.#pausedUntilMs) return [];
    const held = new Set<string>();
    const due: Item[] = [];
    let space = inflightMax - this.underWay;
    for (const item of this.#items) {
      const { room } = item.record;
      if (space <= 0) break;
      if (item.state !== "waiting" || held.has(room)) continue;
      if (item.dueMs > nowMs || !ready(room)) {
        held.add(room);
        continue;
      }
      due.push(item);
      space--;
    }
    return due;
  }

  /** When `due` may give more by the time alone. */
  wakesAt(nowMs: number): number | undefined {
    const times = this.#items
      .filter((item) => item.state === "waiting" && item.dueMs > nowMs)
      .map((item) => item.dueMs);
    if (this.#pausedUntilMs > nowMs && this.#items.some((item) => item.state === "waiting"))
      times.push(this.#pausedUntilMs);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  given(item: Item): void {
    item.state = "sent";
    item.given = true;
    item.attempts++;
  }

  again(item: Item, dueMs: number, pauseAll: boolean): void {
    item.state = "waiting";
    item.dueMs = dueMs;
    if (pauseAll) this.#pausedUntilMs = Math.max(this.#pausedUntilMs, dueMs);
  }

  /** All outcomes are open: everything is given again, with its `cid`. */
  connectionLost(): void {
    this.#pausedUntilMs = 0;
    for (const item of this.#items)
      if (item.state === "sent" || item.state === "waiting") {
        item.state = "waiting";
        item.dueMs = 0;
      }
  }
}

export function frameOf({ room, cid, body, kind, replyTo, target }: OutboxRecord): Omit<ClientSend, "id"> {
  return { type: "send", room, cid, body, kind, reply_to: replyTo, target };
}

export function outgoingOf({ record, state, attempts, seq, error }: Item): Outgoing {
  const { user: _user, order: _order, refused: _refused, ...message } = record;
  return { ...message, state, attempts, seq, error };
}
