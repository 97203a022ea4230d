import type { Link } from "./link.js";
import { peerIn } from "./names.js";
import type { InboxRow, ServerRooms } from "./protocol.js";
import type { Inbox, InboxRoom } from "./types.js";

const retryMs = 2_000;

/** The rooms one belongs to: read after each `welcome`, and kept up to date by what comes. */
export class InboxRooms {
  #rows = new Map<string, InboxRow & { lastFrom?: string }>();
  #loaded = false;
  /** Rooms that were heard of, or ended, since reading began: what pages say of them may be older. */
  #touched = new Set<string>();

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
    this.#touched.clear();
    this.#ask(undefined, new Set());
  }

  lost(): void {
    this.#loaded = false;
    this.changed();
  }

  /** Something is in the room up to `head`. */
  heard(room: string, head: number, from?: string): void {
    const held = this.#rows.get(room);
    this.#touched.add(room);
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
    this.#touched.add(room);
    if (this.#rows.delete(room)) this.changed();
  }

  #ask(after: string | undefined, seen: Set<string>): void {
    this.link.request<ServerRooms>(
      { type: "rooms", after },
      (what) => {
        for (const row of what.rooms) {
          seen.add(row.room);
          this.#merge(row);
        }
        const last = what.rooms.at(-1);
        if (what.more && last) this.#ask(last.room, seen);
        else this.#complete(seen);
        this.changed();
      },
      (why) => {
        if (why.retry === "never") return;
        const { welcome, environment } = this.link;
        const again = () => this.link.welcome === welcome && this.#ask(after, seen);
        environment.schedule(again, why.after_ms ?? retryMs);
      },
    );
  }

  #merge(row: InboxRow): void {
    const held = this.#rows.get(row.room);
    const { head, read, lastFrom = undefined } = held ?? (row as InboxRow & { lastFrom?: string });
    if (!this.#touched.has(row.room))
      this.#rows.set(row.room, { ...row, lastFrom: head < row.head ? undefined : lastFrom });
    else if (held)
      this.#rows.set(row.room, { ...row, head: Math.max(row.head, head), read: Math.max(row.read, read), lastFrom });
  }

  #complete(seen: ReadonlySet<string>): void {
    for (const room of this.#rows.keys()) if (!seen.has(room) && !this.#touched.has(room)) this.#rows.delete(room);
    this.#loaded = true;
  }

  #shown(row: InboxRow & { lastFrom?: string }): InboxRoom {
    return { ...row, unread: Math.max(0, row.head - row.read), peer: peerIn(row.room, this.user()) };
  }
}
