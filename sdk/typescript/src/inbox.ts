import type { Link } from "./link.js";
import { peerIn } from "./names.js";
import type { InboxRow } from "./protocol.js";
import type { Inbox, InboxRoom } from "./types.js";

const retryMs = 2_000;

/** The rooms one belongs to: read after each `welcome`, and kept up to date by what comes. */
export class InboxRooms {
  #rows = new Map<string, InboxRow & { lastFrom?: string }>();
  #loaded = false;
  /** Rooms that were heard of, or ended, since reading began: what pages say of them may be older. */
  #heard = new Set<string>();
  #ended = new Set<string>();

  constructor(
    readonly link: Link,
    readonly user: () => string | undefined,
    readonly changed: () => void,
  ) {}

  get inbox(): Inbox {
    const rooms = [...this.#rows.values()].sort((one, other) => (one.room < other.room ? -1 : 1));
    return { rooms: rooms.map((row) => this.#shown(row)), loaded: this.#loaded };
  }

  load(): void {
    this.#loaded = false;
    this.#heard.clear();
    this.#ended.clear();
    this.#ask(undefined, new Set());
  }

  lost(): void {
    this.#loaded = false;
    this.changed();
  }

  /** Something is in the room up to `head`. */
  heard(room: string, head: number, from?: string): void {
    const held = this.#rows.get(room);
    this.#heard.add(room);
    if (held && head <= held.head) return;
    const row = held ?? { room, read: 0, role: "member" };
    this.#rows.set(room, { ...row, head, lastFrom: from ?? held?.lastFrom });
    this.changed();
  }

  /** The log of the room is another one. */
  began(room: string, head: number): void {
    const held = this.#rows.get(room);
    if (held) this.#rows.set(room, { ...held, head, read: Math.min(held.read, head) });
    this.changed();
  }

  read(room: string, seq: number): void {
    const row = this.#rows.get(room);
    if (!row || seq <= row.read) return;
    this.#rows.set(room, { ...row, read: seq });
    this.changed();
  }

  /** One does not belong to the room any more. */
  ended(room: string): void {
    this.#ended.add(room);
    if (this.#rows.delete(room)) this.changed();
  }

  clear(): void {
    this.#rows.clear();
    this.#loaded = false;
    this.changed();
  }

  #ask(after: string | undefined, seen: Set<string>): void {
    this.link.request(
      { type: "rooms", after },
      {
        answer: (what) => {
          if (what.type !== "rooms") return;
          for (const row of what.rooms) {
            seen.add(row.room);
            if (!this.#ended.has(row.room)) this.#merge(row);
          }
          const last = what.rooms.at(-1);
          if (what.more && last) this.#ask(last.room, seen);
          else this.#complete(seen);
          this.changed();
        },
        refused: (why) => {
          if (!why || why.retry === "never") return;
          const { welcome, turn, environment } = this.link;
          const again = () => this.link.welcome === welcome && this.#ask(after, seen);
          environment.schedule(() => turn.run(again), why.after_ms ?? retryMs);
        },
      },
    );
  }

  #merge(row: InboxRow): void {
    const held = this.#rows.get(row.room);
    const lastFrom = held && held.head >= row.head ? held.lastFrom : undefined;
    const newer = this.#heard.has(row.room) ? held : undefined;
    this.#rows.set(row.room, {
      ...row,
      head: Math.max(row.head, newer?.head ?? 0),
      read: Math.max(row.read, newer?.read ?? 0),
      lastFrom,
    });
  }

  #complete(seen: ReadonlySet<string>): void {
    for (const room of this.#rows.keys()) if (!seen.has(room) && !this.#heard.has(room)) this.#rows.delete(room);
    this.#loaded = true;
  }

  #shown(row: InboxRow & { lastFrom?: string }): InboxRoom {
    return { ...row, unread: Math.max(0, row.head - row.read), peer: peerIn(row.room, this.user()) };
  }
}
