import { Marks, type PresenceChange, PresentUsers, TypingUsers } from "./people.js";
import type { PresenceNow, ServerFrame } from "./protocol.js";
import type { RoomHost } from "./room_fold.js";
import { Derived } from "./store.js";
import type { Mark, Presence, Seq } from "./types.js";

const marksEveryMs = 250;

/** The volatile part of a room: who is there, who types, how far everybody has read. */
export class RoomPeople {
  readonly presence: Derived<Presence>;
  readonly typing: Derived<readonly string[]>;
  readonly marks: Derived<ReadonlyMap<string, Mark>>;
  readonly #present = new PresentUsers();
  readonly #typing: TypingUsers;
  readonly #marks = new Marks();
  #asked = false;
  #tellsMarks = false;

  /** `head` gives the room's head while it is joined. */
  constructor(
    readonly room: string,
    readonly host: RoomHost,
    readonly head: () => Seq | undefined,
  ) {
    this.#typing = new TypingUsers(host.link.environment, () => this.typing.changed());
    this.presence = new Derived(() => this.#present.presence);
    this.typing = new Derived(() => this.#typing.users);
    this.marks = new Derived(() => this.#marks.marks);
  }

  joined(presence: PresenceNow | undefined): void {
    if (presence) this.#take(presence);
    // Marks that are no news come with its answer.
    if (this.host.link.options.want?.includes("marks") ?? true) this.#ask();
    this.#marks.reconnected();
    this.tellMarks();
  }

  frame(what: ServerFrame): void {
    if (what.type === "presence") this.#take(what);
    else if (what.type === "typing" && what.user !== this.host.user()) this.#typing.types(what.user);
    else if (what.type === "marks") {
      this.#marks.take(what);
      for (const { user, read } of what.marks) if (user === this.host.user()) this.host.read(this.room, read);
      this.marks.changed();
    }
  }

  /** A message came. */
  wrote(user: string): void {
    this.#typing.stops(user);
  }

  markUpTo(kind: keyof Mark, seq: Seq): void {
    if (!this.#marks.want(kind, seq)) return;
    if (kind === "read") this.host.read(this.room, seq);
    if (this.#tellsMarks) return;
    this.#tellsMarks = true;
    this.host.link.environment.schedule(() => this.tellMarks(), marksEveryMs);
  }

  notifyTyping(): void {
    if (this.head() !== undefined && this.#typing.notify()) this.host.link.send({ type: "typing", room: this.room });
  }

  /** Not joined at the moment. */
  away(): void {
    this.#asked = false;
    this.#typing.clear();
  }

  /** The room is another one by now, or is left for good. */
  clear(): void {
    this.#present.clear();
    this.#marks.clear();
    this.presence.changed();
    this.marks.changed();
  }

  #take(what: PresenceChange): void {
    if (!this.#present.take(what)) this.#ask();
    this.presence.changed();
  }

  /** For a snapshot. */
  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    const done = () => {
      this.#asked = false;
    };
    this.host.link.request(
      { type: "presence", room: this.room },
      (what) => {
        done();
        this.frame(what);
      },
      done,
    );
  }

  /** Tells the server what it does not know yet of one's own marks. */
  tellMarks(): void {
    this.#tellsMarks = false;
    const head = this.head();
    const due = head === undefined ? undefined : this.#marks.due(head);
    if (due) this.host.link.send({ type: "mark", room: this.room, ...due });
  }
}
