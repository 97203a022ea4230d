import { outgoingOf } from "./outbox.js";
import type { RoomFold } from "./room_fold.js";
import type { Sender } from "./sender.js";
import { Derived, type Store } from "./store.js";
import { changesOthers } from "./timeline.js";
import type {
  Mark,
  Message,
  Outgoing,
  Presence,
  RoomEvents,
  RoomState,
  Sending,
  SendOptions,
  Seq,
  Verification,
} from "./types.js";

/** A room that nobody holds any more is left after this long, so that going back and forth costs nothing. */
const holdMs = 1_000;

/**
 * A room: what is in it, who is there, and what one can do. Made by `Client.room`; there is one of a name.
 *
 * Ordering: a fold over a stream that comes in order; nothing is ever sorted.
 * Delivery: a message is tried with its `cid` until it is stored or surely refused, also after a reload.
 */
export class Room {
  readonly name: string;
  readonly state: Store<RoomState>;
  /** Messages in order, as they are now. Edits, deletes and reactions are folded into what they change. */
  readonly messages: Store<readonly Message[]>;
  /** One's own new messages that are not in `messages` yet, in the order in which they were written. */
  readonly outgoing: Store<readonly Outgoing[]>;
  readonly presence: Store<Presence>;
  /** Others who type just now. */
  readonly typing: Store<readonly string[]>;
  readonly marks: Store<ReadonlyMap<string, Mark>>;
  readonly verification: Store<Verification>;
  readonly #fold: RoomFold;
  readonly #sender: Sender;
  readonly #outgoing: Derived<readonly Outgoing[]>;
  #joined = false;
  #holders = 0;

  /** @internal Use `Client.room`. */
  constructor(fold: RoomFold, sender: Sender) {
    this.name = fold.name;
    this.#fold = fold;
    this.#sender = sender;
    this.state = fold.state;
    this.messages = fold.messages;
    this.presence = fold.people.presence;
    this.typing = fold.people.typing;
    this.marks = fold.people.marks;
    this.verification = fold.verification;
    this.outgoing = this.#outgoing = new Derived(() => this.#own(false));
  }

  /** Subscribes, now and after each reconnect, until `leave`. Goes on from what is held. */
  join(): void {
    this.#joined = true;
    this.#fold.join();
  }

  /** Ends the subscription. With `forget` one does not belong to the room any more. */
  leave({ forget = false }: { forget?: boolean } = {}): void {
    this.#joined = false;
    this.#fold.leave(forget);
  }

  /** Joins for as long as somebody holds it. Gives the function that lets go; the last one leaves, after a second. */
  hold(): () => void {
    this.#holders++;
    this.#fold.join();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders--;
      const { environment } = this.#fold.host.link;
      environment.schedule(() => {
        if (this.#holders === 0 && !this.#joined) this.#fold.leave(false);
      }, holdMs);
    };
  }

  // -- sending ----------------------------------------------------------------------------------------------------

  /** Shown in `outgoing` at once. Needs no `join`. */
  send(body: string, { kind = "text", replyTo, target }: SendOptions = {}): Sending {
    return this.#send(kind, body, target, replyTo);
  }

  /** Replaces the body of a message of one's own. Shown in `messages` at once, as `pending`. */
  edit(seq: Seq, body: string): Sending {
    return this.#send("edit", body, seq);
  }

  /** Erases a message of one's own, for good. */
  delete(seq: Seq): Sending {
    return this.#send("delete", "", seq);
  }

  react(seq: Seq, emoji: string): Sending {
    return this.#send("reaction", emoji, seq);
  }

  /** Takes one's own reaction back; `undefined` when there is none that was acked. */
  unreact(seq: Seq, emoji: string): Sending | undefined {
    const reaction = this.#fold.timeline.reactionOf(seq, this.#fold.host.user() ?? "", emoji);
    return reaction === undefined ? undefined : this.#send("delete", "", reaction);
  }

  /** Sends a refused message again, as a new one at the end. */
  retry(cid: string): Sending | undefined {
    return this.#sender.retry(this.name, cid);
  }

  /** Forgets a message that was refused or never given to a connection; `false` when it may be stored. */
  discard(cid: string): boolean {
    return this.#sender.discard(this.name, cid);
  }

  // -- reading ----------------------------------------------------------------------------------------------------

  /**
   * Reads messages before `state.first` into `messages`. Gives whether there are still older ones. Rejects with a
   * `TroupeError` when that cannot be done now.
   */
  loadOlder(limit = 50): Promise<boolean> {
    return this.#fold.loadOlder(limit);
  }

  /** The message with this seq, if it is held. */
  message(seq: Seq): Message | undefined {
    return this.#fold.timeline.message(seq);
  }

  /** Its place in `messages.get()`, or -1. */
  indexOf(seq: Seq): number {
    return this.#fold.timeline.indexOf(seq);
  }

  /** Tells others that one types; at most once in 3 s goes out. */
  notifyTyping(): void {
    this.#fold.people.notifyTyping();
  }

  /** One has read up to `seq`; without it, up to the end. Only rises; told again after a reconnect. */
  markRead(seq: Seq = this.#fold.last): void {
    this.#fold.people.markUpTo("read", seq);
  }

  markReceived(seq: Seq = this.#fold.last): void {
    this.#fold.people.markUpTo("recv", seq);
  }

  /** Compares the chain with the server's at this moment. */
  async verify(): Promise<Verification> {
    await this.#fold.verify();
    return this.verification.get();
  }

  on<Name extends keyof RoomEvents>(name: Name, listener: (event: RoomEvents[Name]) => void): () => void {
    return this.#fold.events.on(name, listener);
  }

  // -- inner parts ------------------------------------------------------------------------------------------------

  /** @internal Something changed with a message of one's own. */
  outboxChanged(kind: string): void {
    if (!changesOthers(kind)) return this.#outgoing.changed();
    this.#fold.timeline.setPending(this.#own(true).filter((one) => one.state !== "refused"));
    this.#fold.messages.changed();
  }

  #own(changes: boolean): Outgoing[] {
    return this.#sender.outbox.items
      .filter(({ record: { room, kind } }) => room === this.name && changesOthers(kind) === changes)
      .map(outgoingOf);
  }

  #send(kind: string, body: string, target?: Seq, replyTo?: Seq): Sending {
    return this.#sender.send({ room: this.name, kind, body, target, replyTo });
  }
}
