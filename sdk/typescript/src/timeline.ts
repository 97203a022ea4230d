import type { Entry, Reaction } from "./protocol.js";
import type { Message, Outgoing, Seq } from "./types.js";

/** What an event does to an earlier one. */
type Change = Pick<Outgoing, "kind" | "body"> & { readonly target?: Seq | undefined };

/** Events of these kinds are shown in what they change. */
export const changesOthers = (kind: string) => kind === "edit" || kind === "delete" || kind === "reaction";

interface Edit {
  readonly seq: Seq;
  readonly body: string;
  readonly time: number;
}

interface Reacted {
  readonly emoji: string;
  readonly user: string;
}

/**
 * The messages of a room as they are now: a fold over its entries in their order, and over older pages put in front.
 *
 * What changes a message is kept by its target, also when that is not held yet, so it does not matter whether an
 * older page was read before or after a change to it came: applying a change again changes nothing.
 */
export class Timeline {
  /** What was stored, and beside it what is shown, ascending in `seq`. */
  #entries: Entry[] = [];
  #shown: Message[] = [];
  #edits = new Map<Seq, Edit>();
  #deleted = new Set<Seq>();
  /** Target to the reactions to it, by their own seq. */
  #reactions = new Map<Seq, Map<Seq, Reacted>>();
  /** A reaction's seq to its target. */
  #reactionTargets = new Map<Seq, Seq>();
  /** Target to one's own changes that are not acked yet, in the order of writing. */
  #pending = new Map<Seq, Change[]>();
  readonly #user: () => string | undefined;

  constructor(user: () => string | undefined) {
    this.#user = user;
  }

  /** A copy. */
  get messages(): readonly Message[] {
    return this.#shown.slice();
  }

  clear(): void {
    this.#entries = [];
    this.#shown = [];
    this.#edits.clear();
    this.#deleted.clear();
    this.#reactions.clear();
    this.#reactionTargets.clear();
  }

  /** The next entry of the stream. */
  append(entry: Entry): void {
    const touched = this.#note(entry);
    if (!changesOthers(entry.kind)) {
      this.#entries.push(entry);
      this.#shown.push(this.#view(entry));
    } else if (touched !== undefined) {
      this.#redraw(touched);
    }
  }

  /** An older page, ascending, that ends right before the first entry held. */
  prepend(page: readonly Entry[]): void {
    const targets = new Set<Seq>();
    for (const entry of page) {
      const touched = this.#note(entry);
      if (touched !== undefined) targets.add(touched);
    }
    const older = page.filter((entry) => !changesOthers(entry.kind));
    this.#entries = older.concat(this.#entries);
    this.#shown = older.map((entry) => this.#view(entry)).concat(this.#shown);
    for (const target of targets) this.#redraw(target);
  }

  /** One's own changes that are not acked, all of them. */
  setPending(changes: readonly Change[]): void {
    const before = this.#pending;
    this.#pending = new Map();
    for (const change of changes) {
      if (change.target === undefined) continue;
      const target = this.#reactionTargets.get(change.target) ?? change.target;
      this.#pending.set(target, [...(this.#pending.get(target) ?? []), change]);
    }
    for (const target of new Set([...before.keys(), ...this.#pending.keys()])) this.#redraw(target);
  }

  indexOf(seq: Seq): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.seq ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return this.#entries[low]?.seq === seq ? low : -1;
  }

  message(seq: Seq): Message | undefined {
    return this.#shown[this.indexOf(seq)];
  }

  /** The seq of a user's reaction, if there is one. */
  reactionOf(target: Seq, user: string, emoji: string): Seq | undefined {
    const reactions = [...(this.#reactions.get(target) ?? [])];
    return reactions.find(([, one]) => one.user === user && one.emoji === emoji)?.[0];
  }

  /** Remembers what an entry says of others. Gives the seq that it changes. */
  #note(entry: Entry): Seq | undefined {
    const { seq, kind, target } = entry;
    if (entry.deleted) this.#deleted.add(seq);
    if (target === undefined) return undefined;
    if (kind === "edit") {
      // A superseded or erased edit has no body.
      const held = this.#edits.get(target);
      if (entry.body !== undefined && (held === undefined || held.seq < seq))
        this.#edits.set(target, { seq, body: entry.body, time: entry.time });
      return target;
    }
    if (kind === "reaction") {
      this.#reactionTargets.set(seq, target);
      if (this.#deleted.has(seq) || entry.body === undefined) return undefined;
      const all = this.#reactions.get(target) ?? new Map<Seq, Reacted>();
      this.#reactions.set(target, all.set(seq, { emoji: entry.body, user: entry.from }));
      return target;
    }
    if (kind !== "delete") return undefined;
    this.#deleted.add(target);
    const reactedTo = this.#reactionTargets.get(target);
    if (reactedTo === undefined) return target;
    this.#reactions.get(reactedTo)?.delete(target);
    return reactedTo;
  }

  #redraw(seq: Seq): void {
    const index = this.indexOf(seq);
    const entry = this.#entries[index];
    if (entry === undefined) return;
    this.#shown[index] = this.#view(entry);
  }

  #view(entry: Entry): Message {
    const { seq, from, cid, time, kind } = entry;
    let deleted = this.#deleted.has(seq);
    let body = entry.body ?? "";
    let edited = entry.edited;
    const edit = this.#edits.get(seq);
    if (edit !== undefined && edit.time >= (edited ?? 0)) {
      body = edit.body;
      edited = edit.time;
    }
    // An older page comes in front of later reactions: the order is that of their seq.
    const reacted = new Map([...(this.#reactions.get(seq) ?? [])].sort(([one], [other]) => one - other));
    const pending = this.#pending.get(seq) ?? [];
    let unnumbered = 0;
    for (const change of pending) {
      if (change.kind === "edit") body = change.body;
      else if (change.kind === "reaction") reacted.set(--unnumbered, { emoji: change.body, user: this.#user() ?? "" });
      else if (change.target === seq) deleted = true;
      else if (change.target !== undefined) reacted.delete(change.target);
    }
    return {
      seq,
      from,
      cid,
      time,
      kind,
      body: deleted ? "" : body,
      replyTo: entry.reply_to,
      target: entry.target,
      edited: deleted ? undefined : edited,
      deleted,
      reactions: deleted ? [] : grouped(reacted.values()),
      mine: from === this.#user(),
      pending: pending.length > 0,
    };
  }
}

function grouped(reacted: Iterable<Reacted>): Reaction[] {
  const users = new Map<string, Set<string>>();
  for (const { emoji, user } of reacted) users.set(emoji, (users.get(emoji) ?? new Set()).add(user));
  return [...users].map(([emoji, who]) => ({ emoji, users: [...who] }));
}
