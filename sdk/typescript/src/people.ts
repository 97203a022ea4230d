import type { ServerMarks, ServerPresence } from "./protocol.js";
import type { Environment, Mark, Presence, Seq } from "./types.js";

export type PresenceChange = Omit<ServerPresence, "type" | "room">;

/** Who is in a room. */
export class PresentUsers {
  #version: number | undefined;
  #users = new Set<string>();
  #count = 0;

  get presence(): Presence {
    return { users: [...this.#users], count: Math.max(this.#count, this.#users.size) };
  }

  /** Snapshots replace, changes are applied. Gives `false` when a change does not fit: ask for a snapshot. */
  take({ version, users, count, join = [], leave = [] }: PresenceChange): boolean {
    if (users) {
      this.#version = version;
      this.#users = new Set(users);
      this.#count = count ?? users.length;
      return true;
    }
    if (this.#version === undefined || version !== this.#version + 1) return this.#version === version;
    this.#version = version;
    for (const { user } of leave) this.#users.delete(user);
    for (const user of join) this.#users.add(user);
    this.#count += join.length - leave.length;
    return true;
  }

  clear(): void {
    this.#version = undefined;
    this.#users.clear();
    this.#count = 0;
  }
}

/** What others hear of a typing notice, and how often one may be sent. */
const typingShownMs = 6_000;
const typingEveryMs = 3_000;

/** Who types. */
export class TypingUsers {
  #ends = new Map<string, () => void>();
  #notifiedMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly environment: Environment,
    readonly changed: () => void,
  ) {}

  get users(): readonly string[] {
    return [...this.#ends.keys()];
  }

  types(user: string): void {
    this.#ends.get(user)?.();
    this.#ends.set(
      user,
      this.environment.schedule(() => this.stops(user), typingShownMs),
    );
    this.changed();
  }

  stops(user: string): void {
    const end = this.#ends.get(user);
    if (!end) return;
    end();
    this.#ends.delete(user);
    this.changed();
  }

  clear(): void {
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
    this.changed();
  }

  /** True when a notice of one's own is due. */
  notify(): boolean {
    const now = this.environment.now();
    if (now - this.#notifiedMs < typingEveryMs) return false;
    this.#notifiedMs = now;
    return true;
  }
}

/** How far everybody has read, and what of one's own the server does not know yet. */
export class Marks {
  #marks = new Map<string, Mark>();
  #wanted: Mark = { read: 0, recv: 0 };
  #told: Mark = { read: 0, recv: 0 };

  get marks(): ReadonlyMap<string, Mark> {
    return new Map(this.#marks);
  }

  take({ marks }: Pick<ServerMarks, "marks">): void {
    for (const { user, read, recv } of marks) this.#marks.set(user, { read, recv });
  }

  want(kind: keyof Mark, seq: Seq): boolean {
    if (seq <= this.#wanted[kind]) return false;
    this.#wanted = { ...this.#wanted, [kind]: seq };
    return true;
  }

  /** What is to be told now, if anything. */
  due(head: Seq): Partial<Mark> | undefined {
    const due: { read?: Seq; recv?: Seq } = {};
    for (const kind of ["read", "recv"] as const) {
      const seq = Math.min(head, this.#wanted[kind]);
      if (seq > this.#told[kind]) due[kind] = seq;
    }
    this.#told = { ...this.#told, ...due };
    return Object.keys(due).length > 0 ? due : undefined;
  }

  /** On a new connection the last notice may not have arrived: tell it again. */
  reconnected(): void {
    this.#told = { read: 0, recv: 0 };
  }

  clear(): void {
    this.#marks.clear();
    this.#wanted = this.#told = { read: 0, recv: 0 };
  }
}
