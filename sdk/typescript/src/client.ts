import type { ServerError, ServerWelcome } from "./protocol.js";
import type { Room } from "./room.js";
import type { Store } from "./store.js";
import type { ClientOptions, Connection, Inbox, Outgoing, Refusal, ServerTime } from "./types.js";

/** What happens to a client, besides what its stores tell. */
export interface ClientEvents {
  welcome: ServerWelcome;
  /** An error that concerns no request, or storage that does not work. */
  error: ServerError | Refusal;
}

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
export declare class Client {
  /** With several addresses (the nodes of one cluster) they are tried in turn, so who lost one meets another. */
  constructor(url: string | readonly string[], options?: ClientOptions);

  readonly connection: Store<Connection>;
  /** The rooms one belongs to, with unread counts, kept up to date. */
  readonly inbox: Store<Inbox>;
  /** Everything that is not acked, of all rooms, in the order of writing. */
  readonly outbox: Store<readonly Outgoing[]>;
  /** Who one is; before the first `welcome` who one wants to be. */
  readonly user: string | undefined;

  /** Stays connected until `disconnect`. Does nothing when it is already so. */
  connect(): void;
  /** Closes in good order and does not come back. Un-acked messages are kept. */
  disconnect(): void;
  /** Tries at once instead of waiting; when online, looks whether the connection lives. */
  wake(): void;
  /** Replaces the addresses that are tried next. */
  setUrls(urls: readonly string[]): void;

  /** The room of that name: always the same object. */
  room(name: string): Room;
  /** The direct messages with somebody. Needs to be known who one is. */
  direct(user: string): Room;

  /** The server's clock, by what `welcome` told and the time elapsed since. */
  now(): ServerTime;

  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void;
}
