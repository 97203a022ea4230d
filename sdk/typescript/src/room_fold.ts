import { Backoff } from "./backoff.js";
import { ChainCheck } from "./chain.js";
import { TroupeError } from "./errors.js";
import type { Link } from "./link.js";
import { frameOf, type Item } from "./outbox.js";
import type {
  ClientFetch,
  ClientRoomPosition,
  Entry,
  Position,
  ServerAck,
  ServerError,
  ServerFrame,
  ServerJoined,
  ServerMessage,
  ServerPage,
} from "./protocol.js";
import { RoomPeople } from "./room_people.js";
import { Derived, Emitter } from "./store.js";
import { Stream } from "./stream.js";
import { Timeline } from "./timeline.js";
import type { Message, Refusal, RoomEvents, RoomState, Seq, Source, Verification } from "./types.js";

/** What a room needs of its client. */
export interface RoomHost {
  readonly link: Link;
  user(): string | undefined;
  /** An event was taken. */
  took(room: string, epoch: string, entry: Entry): void;
  /** The log is another one, which ends at `head`. */
  began(room: string, head: Seq): void;
  /** One belongs to the room. */
  joined(room: string, head: Seq): void;
  /** One does not belong to it any more. */
  ended(room: string): void;
  read(room: string, seq: Seq): void;
  /** Messages may be given again. */
  ready(): void;
  /** No event up to `seq` will come any more. */
  passed(room: string, seq: Seq): void;
}

type Which = Pick<ClientFetch, "after" | "before" | "limit" | "raw">;

const pageMax = 200;
const everything = Infinity;
const chaseAgainMs = 2_000;
/** These end a subscription for good, and the belonging with it; other reasons are trouble. */
const endings: readonly string[] = ["left", "kicked", "deleted"];

const disconnected: Refusal = {
  code: "disconnected",
  message: "there is no connection: try again later",
  retry: "resume",
};

/** The event of a push. */
function entryOf({ type: _type, room: _room, epoch: _epoch, ...entry }: ServerMessage): Entry {
  return entry.digest === undefined ? entry : { ...entry, body: undefined, salt: undefined, deleted: true };
}

/** All of one room: subscribes, folds what comes, asks for what is missing. */
export class RoomFold {
  readonly events = new Emitter<RoomEvents>();
  readonly timeline = new Timeline(() => this.host.user());
  chain = new ChainCheck();
  readonly people: RoomPeople;

  readonly state: Derived<RoomState>;
  readonly messages: Derived<readonly Message[]>;
  readonly verification: Derived<Verification>;

  #wanted = false;
  /** Of the `join` under way; `undefined` when it is a place in `hello`. */
  #joinId: number | undefined;
  #first: Seq = 1;
  #older = false;
  #role: string | undefined;
  #why: string | undefined;
  #outcome: RoomState["outcome"];
  /** To be told to the server: one does not want to belong any more. */
  #forget = false;
  /** Raw pages are read because the chain is behind. */
  #chasing = false;
  /** Raw pages on their way. */
  #rawPages = 0;
  #loadingOlder: Promise<boolean> | undefined;
  #cancelRetry: (() => void) | undefined;
  readonly #retries: Backoff;
  readonly #stream: Stream;

  constructor(
    readonly name: string,
    readonly host: RoomHost,
  ) {
    this.people = new RoomPeople(name, host, () => (this.subscribed ? this.#stream.head : undefined));
    this.#retries = new Backoff(250, 10_000, host.link.environment.random);
    this.#stream = new Stream({
      join: (since) => this.#sendJoin(since),
      fetch: (after) => this.#sendCatchUp(after),
      take: (entry, source) => this.#take(entry, source),
      begin: (epoch, first, why) => this.#begin(epoch, first, why),
    });
    this.state = new Derived(() => this.#state());
    this.messages = new Derived(() => this.timeline.messages);
    this.verification = new Derived(() => this.chain.verification);
  }

  // -- what the owner wants ---------------------------------------------------------------------------------------

  join(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#why = undefined;
    this.#forget = false;
    this.#retries.reset();
    if (this.host.link.online) this.#stream.join();
    this.state.changed();
  }

  leave(forget: boolean): void {
    if (!this.#wanted && !forget) return;
    const subscribed = this.#stream.phase !== "away";
    this.people.tellMarks();
    this.#wanted = false;
    this.#away();
    if (forget) {
      this.#forget = true;
      this.#stream.forget();
      this.#clear();
      this.host.ended(this.name);
    }
    if (forget || subscribed) this.#sendLeave();
    this.host.passed(this.name, everything);
  }

  loadOlder(limit: number): Promise<boolean> {
    const epoch = this.#stream.epoch;
    if (!this.#older || epoch === undefined) return Promise.resolve(false);
    this.#loadingOlder ??= this.#ask({ before: this.#first, limit }, (page) => {
      if (page.epoch !== this.#stream.epoch) return this.#older;
      this.timeline.prepend(page.messages);
      this.#first = page.messages[0]?.seq ?? this.#first;
      this.#older = page.more;
      this.messages.changed();
      this.state.changed();
      return page.more;
    }).finally(() => {
      this.#loadingOlder = undefined;
    });
    return this.#loadingOlder;
  }

  /** Asks for the chain's value at the place up to which it was computed. */
  async verify(): Promise<void> {
    while (this.chain.verification.state !== "off" && this.chain.verification.state !== "broken") {
      const after = this.chain.at;
      const caughtUp = this.chain.behind === undefined;
      await this.#ask({ after, limit: caughtUp ? 1 : pageMax, raw: true }, (page) => this.#rawPage(after, page));
      if (caughtUp || this.chain.at === after) return;
    }
  }

  // -- what the connection says -----------------------------------------------------------------------------------

  get subscribed(): boolean {
    return this.#stream.phase === "live" || this.#stream.phase === "catching";
  }

  /** Un-acked messages may be given: what was missed is known to come, or is not wanted. */
  get takesSends(): boolean {
    return !this.#wanted || this.subscribed;
  }

  get last(): Seq {
    return this.#stream.last;
  }

  /** A place in the `hello` of a new connection. */
  position(): ClientRoomPosition | undefined {
    const position = this.#stream.position;
    if (!this.#wanted || position === undefined) return undefined;
    this.#joinId = undefined;
    this.#stream.asked();
    return { room: this.name, ...position };
  }

  welcome(): void {
    if (this.#forget) this.#sendLeave();
    if (this.#wanted && this.#stream.phase === "away") this.#stream.join();
  }

  lost(): void {
    this.#away();
  }

  frame(what: ServerFrame): void {
    switch (what.type) {
      case "message":
        this.#stream.message(what.epoch, entryOf(what));
        break;
      case "joined":
        // One without `re` while a `join` is under way is of a subscription before it.
        if (this.subscribed || (this.#stream.phase === "asked" && this.#joinId === undefined)) this.#joined(what);
        break;
      case "gap":
        // A raw page on its way would end the gap where that page ends: begin the subscription anew.
        if (this.#rawPages > 0 && this.#stream.phase === "live") this.#stream.join();
        else this.#stream.gap(what.to);
        break;
      case "head":
        this.#stream.headIs(what.seq);
        break;
      case "closed":
        this.#closed(what.reason);
        break;
      default:
        this.people.frame(what);
    }
    this.#settle();
  }

  /** A message of one's own was acked. */
  acked(ack: ServerAck, { record }: Item): void {
    const { type: _type, room: _room, ...said } = frameOf(record);
    const { epoch, seq, time, salt, chain, dup } = ack;
    this.#stream.ack(epoch, { kind: "text", ...said, seq, from: record.user, time, salt }, dup);
    if (epoch === this.#stream.epoch) this.chain.told(seq, chain);
    this.#settle();
  }

  // -- subscribing ------------------------------------------------------------------------------------------------

  #sendJoin(since: Position | undefined): void {
    const { link } = this.host;
    const { history, want } = link.options;
    const id: number = link.request(
      {
        type: "join",
        room: this.name,
        since,
        limit: since ? undefined : history,
        want,
      },
      (what: ServerJoined) => {
        if (id !== this.#joinId) return;
        this.#joined(what);
        this.#settle();
      },
      (why) => id === this.#joinId && this.#refused(why, () => this.#stream.join()),
    );
    this.#joinId = id;
    this.state.changed();
  }

  #joined(what: ServerJoined): void {
    this.#joinId = undefined;
    this.#retries.reset();
    this.#role = what.me.role;
    this.#stream.joined(what);
    if (this.#stream.recovered) {
      this.#outcome = "recovered";
      this.chain.told(what.head, what.chain);
    } else {
      this.#older = what.more;
      if (this.host.link.options.verify !== false) {
        this.chain.start(what.head, what.chain);
        // History was read after the head was taken, and may go beyond it.
        const beyond = what.messages.at(-1);
        if (beyond) this.chain.took(beyond, false);
      }
    }
    this.people.joined(what.presence);
    this.host.joined(this.name, this.#stream.head);
    this.host.ready();
  }

  #begin(epoch: string, first: Seq, why: "new" | "discontinuity"): void {
    this.#clear();
    this.#first = first;
    this.#outcome = why;
    if (why === "new") return;
    this.events.emit("discontinuity", { epoch });
    this.host.began(this.name, first - 1);
    this.host.passed(this.name, everything);
  }

  #take(entry: Entry, source: Source): void {
    this.timeline.append(entry);
    this.chain.took(entry, source === "live");
    this.people.wrote(entry.from);
    this.host.took(this.name, this.#stream.epoch ?? "", entry);
    this.events.emit("message", { entry, source });
    this.messages.changed();
  }

  #closed(reason: string): void {
    if (endings.includes(reason)) {
      this.host.ended(this.name);
      this.#left(reason);
    } else if (this.#wanted) {
      this.#away();
      this.#retry(0, () => this.#stream.join());
    }
  }

  #left(why: string): void {
    if (!this.#wanted) return;
    this.#wanted = false;
    this.#why = why;
    this.#away();
    this.events.emit("left", { why });
    this.host.passed(this.name, everything);
    this.host.ready();
  }

  /** Not subscribed at the moment; what is held stays. */
  #away(): void {
    this.#stream.away();
    this.#joinId = undefined;
    this.#chasing = false;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.people.away();
    this.state.changed();
  }

  /** Forgets what is held. */
  #clear(): void {
    this.#outcome = undefined;
    this.#older = false;
    this.timeline.clear();
    this.people.clear();
    this.chain = new ChainCheck();
    this.messages.changed();
    this.verification.changed();
  }

  #sendLeave(): void {
    this.host.link.request({ type: "leave", room: this.name, forget: this.#forget }, () => {
      this.#forget = false;
    });
  }

  // -- reading ----------------------------------------------------------------------------------------------------

  #sendCatchUp(after: Seq): void {
    this.host.link.request(
      { type: "fetch", room: this.name, after, limit: pageMax },
      (what: ServerPage) => {
        this.#stream.page(what);
        this.#settle();
      },
      (why) => this.#stream.phase === "catching" && this.#refused(why, () => this.#sendCatchUp(this.last)),
    );
    this.state.changed();
  }

  /** Reads raw pages while the chain is behind. */
  #chase(): void {
    const after = this.chain.behind;
    if (after === undefined || this.#chasing || this.#stream.phase !== "live") return;
    this.#chasing = true;
    const { schedule } = this.host.link.environment;
    const done = () => {
      this.#chasing = false;
      // Without progress something is wrong that reading at once does not mend.
      if (this.chain.at === after) schedule(() => this.#chase(), chaseAgainMs);
      else this.#chase();
    };
    this.#ask({ after, limit: pageMax, raw: true }, (page) => this.#rawPage(after, page)).then(done, done);
  }

  #rawPage(after: Seq, page: ServerPage): void {
    if (page.epoch === this.#stream.epoch) this.chain.page(after, page.prev, page.messages);
    this.verification.changed();
  }

  /** A page of this room, once. */
  #ask<T>(which: Which, take: (page: ServerPage) => T): Promise<T> {
    const raw = Number(which.raw ?? false);
    return new Promise<T>((resolve, reject) => {
      const refused = (why: Refusal = disconnected) => {
        this.#rawPages -= raw;
        reject(new TroupeError(why));
      };
      const answered = (what: ServerPage) => {
        this.#rawPages -= raw;
        resolve(take(what));
        this.#settle();
      };
      this.#rawPages += raw;
      this.host.link.request({ type: "fetch", room: this.name, ...which }, answered, refused, refused);
    });
  }

  #refused(why: ServerError, again: () => void): void {
    const { link } = this.host;
    if (why.retry === "never") return this.#left(why.message);
    if (why.retry === "resume" || why.retry === "reauth") link.follow(why.retry, why.message);
    if (this.#wanted && link.online) this.#retry(why.after_ms ?? 0, again);
  }

  #retry(atLeastMs: number, again: () => void): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.host.link.environment.schedule(again, Math.max(atLeastMs, this.#retries.nextMs()));
  }

  /** After each input: what follows from it. */
  #settle(): void {
    this.host.passed(this.name, this.#stream.last);
    this.state.changed();
    this.verification.changed();
    this.#chase();
  }

  #state(): RoomState {
    const { phase, epoch, head, last, missed, gaps } = this.#stream;
    const shown = { asked: "joining", away: "joining", catching: "catching-up", live: "live" } as const;
    return {
      phase: this.#wanted ? shown[phase] : this.#why === undefined ? "idle" : "left",
      head,
      last,
      first: this.#first,
      older: this.#older,
      missed,
      gaps,
      epoch,
      role: this.#role,
      outcome: this.#outcome,
      why: this.#why,
    };
  }
}
