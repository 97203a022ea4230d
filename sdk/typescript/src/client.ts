import { InboxRooms } from "./inbox.js";
import { Link } from "./link.js";
import { checkedRoom, directRoom, peerIn } from "./names.js";
import { outgoingOf } from "./outbox.js";
import { indexedDbOutbox, memoryOutbox } from "./outbox_storage.js";
import type { ServerError, ServerFrame, ServerWelcome } from "./protocol.js";
import { Room } from "./room.js";
import { RoomFold, type RoomHost } from "./room_fold.js";
import { Sender } from "./sender.js";
import { Derived, Emitter, type Store } from "./store.js";
import type { ClientOptions, Connection, Environment, Inbox, Outgoing, Refusal, ServerTime } from "./types.js";
import { onWake } from "./wake.js";

/** What happens to a client, besides what its stores tell. */
export interface ClientEvents {
  welcome: ServerWelcome;
  /** An error that concerns no request, or storage that does not work. */
  error: ServerError | Refusal;
}

/** Rooms that a `hello` may name. */
const helloRoomsMax = 256;

const standardEnvironment: Environment = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  random: Math.random, // A cid is no secret: it has to differ from one's own others.
  schedule(run, afterMs) {
    const timer = setTimeout(run, afterMs);
    return () => clearTimeout(timer);
  },
};

/**
 * A device of a user: stays connected, resumes, retries.
 *
 *     const client = new Client("wss://chat.example.org/ws", { user: "ann" });
 *     const lounge = client.room("lounge");
 *     lounge.messages.subscribe(() => render(lounge.messages.get()));
 *     lounge.join();
 *     client.connect();
 *     lounge.send("hello");
 */
export class Client {
  readonly connection: Store<Connection>;
  /** The rooms one belongs to, with unread counts, kept up to date. */
  readonly inbox: Store<Inbox>;
  /** Everything that is not acked, of all rooms, in the order of writing. */
  readonly outbox: Store<readonly Outgoing[]>;
  readonly #events = new Emitter<ClientEvents>();
  readonly #link: Link;
  readonly #sender: Sender;
  readonly #inboxRooms: InboxRooms;
  readonly #inbox: Derived<Inbox>;
  readonly #outbox: Derived<readonly Outgoing[]>;
  readonly #rooms = new Map<string, { readonly room: Room; readonly fold: RoomFold }>();
  readonly #options: ClientOptions;
  readonly #host: RoomHost;
  #stopWaking: (() => void) | undefined;

  /** With several addresses (the nodes of one cluster) they are tried in turn, so who lost one meets another. */
  constructor(url: string | readonly string[], options: ClientOptions = {}) {
    this.#options = options;
    const environment = { ...standardEnvironment, ...options.environment };
    const urls = typeof url === "string" ? [url] : url;
    this.#link = new Link(urls, options, environment, {
      positions: () => this.#positions(),
      welcome: (what) => this.#welcome(what),
      frame: (what) => this.#frame(what),
      lost: () => this.#lost(),
      failed: (why) => this.#events.emit("error", why),
    });
    const storage = options.outbox ?? (typeof indexedDB === "undefined" ? memoryOutbox() : indexedDbOutbox());
    this.#sender = new Sender(this.#link, storage, {
      changed: ({ room, kind }) => {
        this.#outbox.changed();
        this.#rooms.get(room)?.room.outboxChanged(kind);
      },
      failed: (why) => this.#events.emit("error", why),
      ready: (room) => this.#rooms.get(room)?.fold.takesSends ?? true,
    });
    this.#inboxRooms = new InboxRooms(
      this.#link,
      () => this.user,
      () => this.#inbox.changed(),
    );
    this.connection = this.#link.connection;
    this.inbox = this.#inbox = new Derived(() => this.#inboxRooms.inbox);
    this.outbox = this.#outbox = new Derived(() => this.#sender.outbox.items.map(outgoingOf));
    this.#host = this.#hostOfRooms();
    if (options.user !== undefined) this.#sender.be(options.user);
  }

  /** Who one is; before the first `welcome` who one wants to be. */
  get user(): string | undefined {
    return this.#link.welcome?.user ?? this.#options.user;
  }

  /** Stays connected until `disconnect`. Does nothing when it is already so. */
  connect(): void {
    this.#link.connect();
    this.#stopWaking ??= onWake(() => this.wake());
  }

  /** Closes in good order and does not come back. Un-acked messages are kept. */
  disconnect(): void {
    this.#stopWaking?.();
    this.#stopWaking = undefined;
    for (const { fold } of this.#rooms.values()) fold.people.tellMarks();
    this.#link.disconnect();
  }

  /** Tries at once instead of waiting; when online, looks whether the connection lives. */
  wake(): void {
    this.#link.wake();
  }

  /** Replaces the addresses that are tried next. */
  setUrls(urls: readonly string[]): void {
    this.#link.setUrls(urls);
  }

  /** The room of that name: always the same object. Throws a `TypeError` when it cannot be one. */
  room(name: string): Room {
    const known = this.#rooms.get(checkedRoom(name));
    if (known) return known.room;
    const fold = new RoomFold(name, this.#host);
    const room = new Room(fold, this.#sender);
    this.#rooms.set(name, { room, fold });
    room.outboxChanged("edit");
    return room;
  }

  /** The direct messages with somebody. Throws a `TypeError` when it is not known yet who one is oneself. */
  direct(user: string): Room {
    return this.room(directRoom(this.user ?? "", user));
  }

  /** The other one of a direct message; `undefined` for other rooms. */
  peerIn(room: string): string | undefined {
    return peerIn(room, this.user);
  }

  /** The server's clock, by what `welcome` told and the time elapsed since. */
  now(): ServerTime {
    return this.#link.now();
  }

  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  // -- what the link says -----------------------------------------------------------------------------------------

  #positions() {
    // A `hello` cannot say what is wanted.
    if (this.#options.want) return [];
    const positions = [];
    for (const { fold } of this.#rooms.values()) {
      if (positions.length === helloRoomsMax) break;
      const position = fold.position();
      if (position) positions.push(position);
    }
    return positions;
  }

  #welcome(what: ServerWelcome): void {
    this.#sender.be(what.user);
    for (const { fold } of this.#rooms.values()) fold.welcome();
    if (this.#options.inbox !== false) this.#inboxRooms.load();
    this.#sender.flush();
    this.#events.emit("welcome", what);
  }

  #frame(what: ServerFrame): void {
    if (what.type === "ack") {
      const item = this.#sender.acked(what);
      const fold = this.#rooms.get(what.room)?.fold;
      if (item && fold?.subscribed) fold.acked(what, item);
      else if (item) this.#sender.passed(what.room, what.seq);
      this.#sender.flush();
    } else if (what.type === "activity") {
      this.#inboxRooms.heard(what.room, what.seq, what.from);
    } else if (what.type === "error") {
      this.#events.emit("error", what);
    } else if ("room" in what) {
      const known = this.#rooms.get(what.room);
      if (known) known.fold.frame(what);
      else if (what.type === "closed") this.#inboxRooms.ended(what.room);
    }
  }

  #lost(): void {
    for (const { fold } of this.#rooms.values()) fold.lost();
    this.#sender.lost();
    this.#inboxRooms.lost();
  }

  #hostOfRooms(): RoomHost {
    return {
      link: this.#link,
      user: () => this.user,
      took: (room, epoch, entry) => {
        if (entry.from === this.user) this.#sender.seen(room, epoch, entry);
        this.#inboxRooms.heard(room, entry.seq, entry.from);
      },
      joined: (room, head) => {
        // One belongs to a direct message from its first message.
        if (head > 0 || !room.startsWith("dm:")) this.#inboxRooms.heard(room, head);
      },
      began: (room, head) => this.#inboxRooms.began(room, head),
      ended: (room) => this.#inboxRooms.ended(room),
      read: (room, seq) => this.#inboxRooms.read(room, seq),
      ready: () => this.#sender.flush(),
      passed: (room, seq) => this.#sender.passed(room, seq),
    };
  }
}
