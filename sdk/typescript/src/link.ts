import { Backoff } from "./backoff.js";
import { wordsOf } from "./errors.js";
import type {
  ClientFrame,
  ClientHello,
  ClientRoomPosition,
  ServerError,
  ServerFrame,
  ServerGoaway,
  ServerWelcome,
} from "./protocol.js";
import { Derived } from "./store.js";
import { TokenSource } from "./token.js";
import type { ClientOptions, Connection, Environment, Refusal, WebSocketClass, WebSocketLike } from "./types.js";

/** What a link tells. `frame` sees what is no answer to a request and nothing of the link itself. */
export interface LinkEvents {
  /** Rooms to go on with in the `hello`. */
  positions(): ClientRoomPosition[];
  welcome(what: ServerWelcome): void;
  frame(what: ServerFrame): void;
  /** The connection is gone; requests were told so before. */
  lost(): void;
  failed(why: Refusal): void;
}

/** What follows from a request: one of these is called, once. */
interface Request {
  readonly answered: (what: never) => void;
  readonly refused: (why: ServerError) => void;
  readonly lost: () => void;
}

const nothing = () => {};

/** A request without what the link adds. */
type Unnumbered = ClientFrame extends infer Frame ? (Frame extends { id: number } ? Omit<Frame, "id"> : never) : never;

const wakeTimeoutMs = 5_000;
/** After a token could not be brought while online. */
const tokenRetryMs = 10_000;

/**
 * One connection after the other: opens sockets, says `hello`, pings, comes back.
 *
 * Ordering: frames are told in the order in which they came.
 * Delivery: a request is answered, refused, or told to be lost with its connection; never repeated here.
 */
export class Link {
  readonly connection: Derived<Connection>;
  #connection: Connection;
  /** Of the last `welcome`. */
  welcome: ServerWelcome | undefined;
  #welcomedMs = 0;
  #urls: readonly string[];
  #next = 0;
  #socket: WebSocketLike | undefined;
  #requests = new Map<number, Request>();
  #lastId = 0;
  #resume: string | undefined;
  #heardMs = 0;
  #sentMs = 0;
  #slotMs: number | undefined;
  #attempt = 0;
  #cancel: (() => void) | undefined;
  #cancelRefresh: (() => void) | undefined;
  readonly #tokens: TokenSource;
  readonly #backoff: Backoff;
  readonly #socketClass: WebSocketClass | undefined;

  constructor(
    urls: readonly string[],
    readonly options: ClientOptions,
    readonly environment: Environment,
    readonly events: LinkEvents,
  ) {
    this.#urls = urls;
    this.#tokens = new TokenSource(options.token);
    this.#backoff = new Backoff(options.backoffFirstMs ?? 250, options.backoffMaxMs ?? 30_000, environment.random);
    this.#socketClass = options.WebSocket ?? globalThis.WebSocket;
    this.#connection = { state: "idle", url: urls[0] ?? "", attempt: 0 };
    this.connection = new Derived(() => this.#connection);
  }

  get online(): boolean {
    return this.#connection.state === "online";
  }

  /** The server's clock. */
  now(): number {
    const { now, wallClock } = this.environment;
    return this.welcome ? Math.round(this.welcome.time + now() - this.#welcomedMs) : wallClock();
  }

  setUrls(urls: readonly string[]): void {
    this.#urls = urls;
    this.#next = 0;
  }

  connect(): void {
    const { state } = this.#connection;
    if (state !== "idle" && state !== "ended") return;
    if (!this.#socketClass) throw new TypeError("there is no WebSocket here: pass its class as an option");
    this.#open();
  }

  disconnect(): void {
    if (this.#connection.state === "idle") return;
    this.#lose(1000);
    this.#to({ state: "idle" });
  }

  /** Something suggests that the network changed: do not wait, and do not trust. */
  wake(): void {
    const { state } = this.#connection;
    if (state === "waiting" && this.#slotMs === undefined) this.#open();
    else if (state === "online") {
      const heardMs = this.#heardMs;
      this.#ping();
      this.#after(wakeTimeoutMs, () =>
        this.#heardMs === heardMs ? this.#again("the node fell silent") : this.#tick(),
      );
    }
  }

  send(frame: ClientFrame): void {
    this.#sentMs = this.environment.now();
    this.#socket?.send(JSON.stringify(frame));
  }

  /** Asks for an answer of type `Answer`. Gives the number of the request; without a connection it is lost at once. */
  request<Answer extends ServerFrame>(
    frame: Unnumbered,
    answered: (what: Answer) => void = nothing,
    refused: (why: ServerError) => void = nothing,
    lost = nothing,
  ): number {
    const id = ++this.#lastId;
    if (this.online || frame.type === "hello") {
      this.#requests.set(id, { answered, refused, lost });
      this.send({ ...frame, id });
    } else {
      lost();
    }
    return id;
  }

  /** Follows an error that asks for another connection, or for another token. */
  follow(retry: "resume" | "reauth", why: string): void {
    if (retry === "resume") this.#again(why);
    else this.#refresh();
  }

  // -- opening ----------------------------------------------------------------------------------------------------

  #open(): void {
    this.#drop();
    const url = this.#urls[this.#next++ % this.#urls.length] ?? "";
    this.#to({ state: "connecting", url });
    // The wait for a token counts too.
    this.#after(this.options.connectTimeoutMs ?? 10_000, () => this.#again("no answer in time"));
    const attempt = this.#cancel;
    this.#tokens.get("connect", this.now()).then(
      (token) => attempt === this.#cancel && this.#dial(url, token),
      (error) => attempt === this.#cancel && this.#again(noToken(error)),
    );
  }

  #dial(url: string, token: string | undefined): void {
    let socket: WebSocketLike;
    try {
      socket = new (this.#socketClass as WebSocketClass)(url, "troupe.v1");
    } catch (error) {
      return this.#end(wordsOf(error)); // The address itself is wrong.
    }
    this.#socket = socket;
    socket.onopen = () => this.#hello(token);
    socket.onmessage = (event: { data: unknown }) => this.#received(event.data);
    socket.onclose = (event: { code: number; reason: string }) => this.#closed(event.code, event.reason);
    socket.onerror = nothing; // A `close` follows, and says as much as one may know.
  }

  #hello(token: string | undefined): void {
    const hello: Omit<ClientHello, "id"> = {
      type: "hello",
      sdk: this.options.sdk ?? "troupe-typescript",
      token,
      user: token === undefined ? this.options.user : undefined,
      resume: this.#resume,
      rooms: this.events.positions(),
    };
    this.request<ServerWelcome>(
      hello,
      (what) => this.#welcome(what),
      (why) => this.#helloRefused(why),
    );
  }

  #welcome(what: ServerWelcome): void {
    const resumed = this.welcome?.session === what.session;
    this.welcome = what;
    this.#welcomedMs = this.environment.now();
    this.#resume = what.resume;
    this.#attempt = 0;
    this.#backoff.reset();
    this.#to({ state: "online", node: what.node, user: what.user, resumed });
    this.#tick();
    this.#scheduleRefresh();
    this.events.welcome(what);
  }

  #helloRefused(why: ServerError): void {
    this.#resume = undefined; // Whatever was wrong, do not insist on it.
    if (why.retry === "never" || (why.retry === "reauth" && !this.#tokens.renewable)) return this.#end(why.message);
    if (why.retry === "reauth") this.#tokens.drop();
    this.#again(why.message, why.after_ms);
  }

  // -- staying ----------------------------------------------------------------------------------------------------

  #received(data: unknown): void {
    this.#heardMs = this.environment.now();
    let frame: ServerFrame;
    try {
      frame = JSON.parse(String(data));
    } catch {
      return this.#again("the node made no sense");
    }
    if ("re" in frame && frame.re !== undefined) {
      const request = this.#requests.get(frame.re);
      this.#requests.delete(frame.re);
      // An ack belongs to its `cid`, whichever attempt it answers. What else has no request any more is not wanted.
      if (frame.type !== "ack")
        return frame.type === "error" ? request?.refused(frame) : request?.answered(frame as never);
    }
    if (frame.type === "goaway") this.#goaway(frame);
    else if (this.online) this.events.frame(frame);
  }

  #goaway(what: ServerGoaway): void {
    this.#resume = what.resume;
    this.#slotMs = this.environment.now() + what.after_ms;
    this.#to({ ...this.#connection, draining: true });
    this.#tick();
  }

  #ping(): void {
    this.request({ type: "ping" });
  }

  /** Looks after pings and slots, and wakes when the next one is due. */
  #tick(): void {
    if (!this.online) return;
    const now = this.environment.now();
    const pingMs = this.welcome?.ping_ms || 25_000;
    if (this.#slotMs !== undefined && now >= this.#slotMs) {
      this.#lose();
      return this.#open();
    }
    if (now - this.#heardMs >= 2 * pingMs) return this.#again("the node fell silent");
    if (now - this.#sentMs >= pingMs) this.#ping();
    const next = Math.min(this.#sentMs + pingMs, this.#heardMs + 2 * pingMs, this.#slotMs ?? Infinity);
    this.#after(next - now, () => this.#tick());
  }

  #scheduleRefresh(): void {
    this.#cancelRefresh?.();
    const at = this.#tokens.refreshAt(this.now());
    if (at !== undefined) this.#refreshAfter(at - this.now());
  }

  #refreshAfter(afterMs: number): void {
    // Timers of browsers hold 31 bits.
    this.#cancelRefresh = this.environment.schedule(
      () => this.#refresh(),
      Math.min(Math.max(1_000, afterMs), 2 ** 31 - 1),
    );
  }

  #refresh(): void {
    const of = this.#socket;
    this.#cancelRefresh?.();
    const failed = (why: Refusal) => {
      if (of !== this.#socket) return;
      this.events.failed(why);
      this.#refreshAfter(tokenRetryMs);
    };
    this.#tokens.get("refresh", this.now()).then(
      (token) => {
        if (of !== this.#socket || token === undefined) return;
        this.request({ type: "refresh", token }, () => this.#scheduleRefresh(), failed);
      },
      (error) => failed({ code: "unauthorized", message: noToken(error), retry: "reauth" }),
    );
  }

  // -- losing -----------------------------------------------------------------------------------------------------

  #closed(code: number, reason: string): void {
    const why = reason || `the connection was lost (${code})`;
    const wasOnline = this.online;
    if (code >= 4500 && code <= 4999) return this.#end(why);
    if (code === 4401) {
      // While greeting, an `error` would have come if it were the token: the node was only too slow to hear it.
      if (wasOnline && !this.#tokens.renewable && this.options.token !== undefined) return this.#end(why);
      this.#tokens.drop();
    }
    if (code >= 4400 && code <= 4499 && wasOnline) this.#resume = undefined;
    this.#again(why);
  }

  /** Lost: comes back in its slot, or after a while. */
  #again(why: string, afterMs = 0): void {
    const { now, wallClock } = this.environment;
    const slot = this.#slotMs;
    const waitMs = slot === undefined ? Math.max(afterMs, this.#backoff.nextMs()) : Math.max(0, slot - now());
    this.#lose();
    this.#attempt++;
    this.#slotMs = slot;
    this.#to({ state: "waiting", why, retryAt: wallClock() + waitMs });
    this.#after(waitMs, () => this.#open());
  }

  #end(why: string): void {
    this.#lose();
    this.#to({ state: "ended", why });
  }

  #lose(code?: number): void {
    this.#drop(code);
    const requests = this.#requests;
    this.#requests = new Map();
    for (const request of requests.values()) request.lost();
    this.events.lost();
  }

  #drop(code?: number): void {
    this.#cancel?.();
    this.#cancelRefresh?.();
    this.#cancel = this.#cancelRefresh = this.#slotMs = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }

  #after(afterMs: number, what: () => void): void {
    this.#cancel?.();
    this.#cancel = this.environment.schedule(what, Math.max(0, afterMs));
  }

  #to(now: Partial<Connection> & Pick<Connection, "state">): void {
    const { url, node, user } = this.#connection;
    this.#connection = { url, node, user, attempt: this.#attempt, ...now };
    this.connection.changed();
  }
}

const noToken = (error: unknown) => `no token: ${wordsOf(error)}`;
