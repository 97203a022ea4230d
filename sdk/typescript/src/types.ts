import type { OutboxStorage } from "./outbox_storage.js";
import type { Code, Durability, Entry, InboxRow, Reaction, Retry } from "./protocol.js";

/** A position in the stream of a room, counted from 1 without holes. */
export type Seq = number;

/** Milliseconds UTC by the clock of the server. */
export type ServerTime = number;

// -- the connection -----------------------------------------------------------------------------------------------

/** The truth about the connection. */
export interface Connection {
  /**
   * - `idle`: `connect` was not called, or `disconnect` was.
   * - `connecting`: a socket is being opened, or says `hello`.
   * - `online`: `welcome` came.
   * - `waiting`: lost; it is tried again at `retryAt`.
   * - `ended`: it is not tried again by itself (banned, not let in); `why` says it. `connect` tries anew.
   */
  readonly state: "idle" | "connecting" | "online" | "waiting" | "ended";
  /** Address of the node of this, or of the next, attempt. */
  readonly url: string;
  /** Name of the node, once `online`; of the last one, when lost. */
  readonly node?: string;
  /** Who one is, as the server says. */
  readonly user?: string;
  /** The server continued the session that the previous connection had. */
  readonly resumed?: boolean;
  /** Attempts that failed since the last `welcome`. */
  readonly attempt: number;
  /** When it is tried again, in milliseconds of `Date.now()`; in state `waiting`. */
  readonly retryAt?: number;
  /** A sentence for people: why it was lost. */
  readonly why?: string;
  /** The node said that it drains and that this client is to move on. */
  readonly draining?: boolean;
}

/** The part of the browser's `WebSocket` that is needed; that of the package `ws` fits. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type WebSocketClass = new (url: string, protocols?: string | string[]) => WebSocketLike;

/** Why a token is asked for. */
export interface TokenRequest {
  /** `connect`: for a `hello`. `refresh`: the present one expires soon, or the server asked for a new one. */
  readonly why: "connect" | "refresh";
}

export interface ClientOptions {
  /**
   * Who one wants to be. Enough for a server with `auth.mode = "open"`. With a token it tells whose unsent messages
   * are to be shown before the first `welcome`; who one is says the token.
   */
  readonly user?: string;
  /**
   * A JWT, or a function that gets one: called before each `hello`, before the present one expires, and when the
   * server asks. When it throws, the connection is tried again with back-off.
   */
  readonly token?: string | ((request: TokenRequest) => string | Promise<string>);
  /** The class to make sockets with, for Node before 22: `import { WebSocket } from "ws"`. */
  readonly WebSocket?: WebSocketClass;
  /** Where un-acked messages are kept. By default IndexedDB where there is one, else memory. */
  readonly outbox?: OutboxStorage;
  /** Messages of a room's first answer, 0–200. By default the room's policy. */
  readonly history?: number;
  /** What is wanted beyond messages; by default all. */
  readonly want?: readonly ("presence" | "typing" | "marks")[];
  /** Recompute the hash chain of joined rooms, see `Room.verification`. By default `true`. */
  readonly verify?: boolean;
  /** Keep the inbox, see `Client.inbox`. By default `true`. */
  readonly inbox?: boolean;
  /** Name and version of the program, for the server's statistics. */
  readonly sdk?: string;
  /** Back-off: the first bound, doubled up to the last; the wait is drawn evenly from 0 to the bound. */
  readonly backoffFirstMs?: number;
  readonly backoffMaxMs?: number;
  /** How long a socket may take from its opening to the `welcome`. */
  readonly connectTimeoutMs?: number;
  /** For tests: time and randomness. */
  readonly environment?: Partial<Environment>;
}

/** What a client takes from the outside besides sockets. */
export interface Environment {
  /** Milliseconds of a clock that does not jump. */
  now(): number;
  /** Milliseconds UTC by this device, for cids made before the first `welcome`. */
  wallClock(): number;
  /** Evenly from [0, 1). */
  random(): number;
  /** Gives a function that cancels. */
  schedule(run: () => void, afterMs: number): () => void;
}

// -- messages -----------------------------------------------------------------------------------------------------

/** A message as it is now: with its last edit, its reactions, or erased. Replaced, never changed. */
export interface Message {
  readonly seq: Seq;
  readonly from: string;
  readonly cid: string;
  readonly time: ServerTime;
  /** `text`, `system`, or an application's `x-…`. */
  readonly kind: string;
  /** Untrusted text; `""` when `deleted`. */
  readonly body: string;
  readonly replyTo?: Seq;
  readonly target?: Seq;
  /** Time of the last edit. */
  readonly edited?: ServerTime;
  readonly deleted: boolean;
  readonly reactions: readonly Reaction[];
  /** From the user of this client. */
  readonly mine: boolean;
  /** Shows an edit, a delete or a reaction of one's own that is not acked yet. */
  readonly pending: boolean;
}

/** How an event reached this device. */
export type Source =
  /** With the first join. */
  | "history"
  /** It was missed while away or behind, and read afterwards. */
  | "resumed"
  /** As it happened; one's own messages so, with their ack. */
  | "live";

// -- sending ------------------------------------------------------------------------------------------------------

export interface SendOptions {
  /** `text` when absent; `x-…` are the application's own. */
  readonly kind?: string;
  readonly replyTo?: Seq;
  readonly target?: Seq;
}

/** Where one's own message ended up. */
export interface Receipt {
  readonly room: string;
  readonly cid: string;
  readonly epoch: string;
  readonly seq: Seq;
  readonly time: ServerTime;
  /** How it is stored; absent when the message was seen in the stream before its ack. */
  readonly durable?: Durability;
}

/** What `send` and its like give. */
export interface Sending {
  /** Names the message through all retries, and in the stream. */
  readonly cid: string;
  /** Resolves when it is stored, rejects with a `TroupeError` when it surely is not. May be ignored. */
  readonly acked: Promise<Receipt>;
}

/** A message of one's own that is not in the stream yet. Replaced, never changed. */
export interface Outgoing {
  readonly cid: string;
  readonly room: string;
  readonly kind: string;
  readonly body: string;
  readonly replyTo?: Seq;
  readonly target?: Seq;
  /** When it was written. */
  readonly time: ServerTime;
  /**
   * - `waiting`: for a connection, its turn or the next attempt.
   * - `sent`: given to this connection, not answered yet.
   * - `stored`: acked at `seq`; the stream is not there yet.
   * - `refused`: surely not stored; `error` says why. It stays until `retry` or `discard`.
   */
  readonly state: "waiting" | "sent" | "stored" | "refused";
  readonly attempts: number;
  readonly seq?: Seq;
  readonly error?: Refusal;
}

/** Why something did not work, as data. */
export interface Refusal {
  readonly code: Code | "disconnected" | "left" | "discarded";
  /** For people: what is wrong and what to do. */
  readonly message: string;
  readonly retry: Retry;
}

/** What happens in a room, besides what its stores tell. */
export interface RoomEvents {
  /** Each event once, in the order of `seq`, without a hole since the join or the last `discontinuity`. */
  message: { readonly entry: Entry; readonly source: Source };
  /** What came before cannot be continued; what is held of the room was forgotten. */
  discontinuity: { readonly epoch: string };
  /** The subscription was ended by somebody, or refused. */
  left: { readonly why: string };
}

// -- rooms --------------------------------------------------------------------------------------------------------

export interface RoomState {
  /**
   * - `idle`: not joined; what was read is kept.
   * - `joining`: asked for, or waiting for a connection.
   * - `catching-up`: joined, and reading what was missed.
   * - `live`: nothing is missing as far as can be known.
   * - `left`: ended by somebody, or refused; `why` says it. `join` tries anew.
   */
  readonly phase: "idle" | "joining" | "catching-up" | "live" | "left";
  /** Identity of the room's log. */
  readonly epoch?: string;
  /** Last seq known to exist. */
  readonly head: Seq;
  /** Last seq taken. */
  readonly last: Seq;
  /** First seq taken of those held; what is before is for `loadOlder`. */
  readonly first: Seq;
  /** Older messages exist and are within retention. */
  readonly older: boolean;
  readonly role?: string;
  /**
   * How the last join went.
   * - `new`: it began with the newest messages.
   * - `recovered`: it went on without a hole; `missed` were read.
   * - `discontinuity`: it could not go on, the log was lost or retention took what was missed; it began anew.
   */
  readonly outcome?: "new" | "recovered" | "discontinuity";
  /** Events read after the last resume. */
  readonly missed: number;
  /** Times the server dropped messages for this slow connection and they were fetched. */
  readonly gaps: number;
  /** `left`, `kicked`, `deleted`, or the sentence of an error. */
  readonly why?: string;
}

export interface Presence {
  /** In the order of their coming; a sample when `count` is larger. */
  readonly users: readonly string[];
  readonly count: number;
}

/** How far somebody has read and received. */
export interface Mark {
  readonly read: Seq;
  readonly recv: Seq;
}

/** How far the hash chain was recomputed and compared. */
export interface Verification {
  /**
   * - `off`: not wanted, or not joined yet.
   * - `checking`: what was read from history is being recomputed.
   * - `verified`: everything from `from` to `to` has the order and the content that the server attested.
   * - `broken`: it does not; `at` is where it was seen.
   */
  readonly state: "off" | "checking" | "verified" | "broken";
  readonly from: Seq;
  readonly to: Seq;
  readonly at?: Seq;
}

// -- inbox --------------------------------------------------------------------------------------------------------

export interface InboxRoom extends InboxRow {
  /** `head − read`: events not read. */
  readonly unread: number;
  /** Of a direct message: the other one. */
  readonly peer?: string;
  /** Who wrote last, when that is known. */
  readonly lastFrom?: string;
}

export interface Inbox {
  /** In byte order of their names. */
  readonly rooms: readonly InboxRoom[];
  /** It was read completely on this connection. */
  readonly loaded: boolean;
}
