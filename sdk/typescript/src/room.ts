import type { Entry } from "./protocol.js";
import type { Store } from "./store.js";
import type {
  Mark,
  Message,
  Outgoing,
  Presence,
  RoomState,
  Sending,
  SendOptions,
  Seq,
  Source,
  Verification,
} from "./types.js";

/** What happens in a room, besides what its stores tell. */
export interface RoomEvents {
  /** Each event once, in the order of `seq`, without a hole since the join or the last `discontinuity`. */
  message: { readonly entry: Entry; readonly source: Source };
  /** What came before cannot be continued; what is held of the room was forgotten. */
  discontinuity: { readonly epoch: string };
  /** The subscription was ended by somebody, or refused. */
  left: { readonly why: string };
}

/**
 * A room: what is in it, who is there, and what one can do. Made by `Client.room`; there is one of a name.
 *
 * Ordering: a fold over a stream that comes in order; nothing is ever sorted.
 * Delivery: a message is tried with its `cid` until it is stored or surely refused, also after a reload.
 */
export declare class Room {
  readonly name: string;
  /** Of a direct message: the other one. */
  readonly peer: string | undefined;

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

  /** Subscribes, now and after each reconnect, until `leave`. Goes on from what is held. */
  join(): void;
  /** Ends the subscription. With `forget` one does not belong to the room any more. */
  leave(options?: { forget?: boolean }): void;
  /** Joins for as long as somebody holds it. Gives the function that lets go; the last one leaves. */
  hold(): () => void;

  /** Shown in `outgoing` at once. Needs no `join`. */
  send(body: string, options?: SendOptions): Sending;
  /** Replaces the body of a message of one's own. */
  edit(seq: Seq, body: string): Sending;
  /** Erases a message of one's own. */
  delete(seq: Seq): Sending;
  react(seq: Seq, emoji: string): Sending;
  /** Takes one's own reaction back; `undefined` when there is none. */
  unreact(seq: Seq, emoji: string): Sending | undefined;
  /** Sends a refused message again, as a new one at the end. */
  retry(cid: string): Sending | undefined;
  /** Forgets a message that was refused or never given to a connection; `false` when it may be stored. */
  discard(cid: string): boolean;

  /** Reads messages before `state.first` into `messages`. Gives whether there are still older ones. */
  loadOlder(limit?: number): Promise<boolean>;
  /** The message with this seq, if it is held. */
  message(seq: Seq): Message | undefined;
  /** Its place in `messages.get()`, or -1. */
  indexOf(seq: Seq): number;

  /** Tells others that one types; at most once in 3 s goes out. */
  notifyTyping(): void;
  /** One has read up to `seq`; without it, up to the end. Only rises; kept and told again after a reconnect. */
  markRead(seq?: Seq): void;
  markReceived(seq?: Seq): void;

  /** Compares the chain with the server's at this moment. */
  verify(): Promise<Verification>;

  on<Name extends keyof RoomEvents>(name: Name, listener: (event: RoomEvents[Name]) => void): () => void;
}
