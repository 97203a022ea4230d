import { chainAfter, chainStart, type Entry, type WebSocketClass, type WebSocketLike } from "../../src/index.js";
import type { ClientFrame, ClientHello, ClientSend, ServerFrame } from "../../src/protocol.js";
import type { VirtualTime } from "./virtual_time.js";

interface Log {
  epoch: string;
  entries: Entry[];
  /** The chain after each entry; before the first one at 0. */
  chain: string[];
  min: number;
  readonly stored: Map<string, number>;
}

interface Subscription {
  /** Pushes have stopped until a page reaches the end. */
  gapped: boolean;
  hurt: "gap" | "silence" | undefined;
}

/** docs/protocol.md as a model in virtual time: one node of text messages, with faults on demand. */
export class ModelNode {
  readonly sockets = new Set<ModelSocket>();
  readonly #logs = new Map<string, Log>();
  #epochs = 0;
  /** What the next sends are answered with instead. */
  refusals: ("same" | "after" | "never" | "stored-but-same")[] = [];
  /** Refusals with `retry:"same"` say this time. */
  sameAfterMs: number | undefined;
  reachable = true;
  clockAheadMs = 0;
  /** Sockets that were opened, reachable or not. */
  attempts: { readonly url: string; readonly atMs: number }[] = [];
  hellos: ClientHello[] = [];
  /** Most messages of a page. */
  pageMax = 5;

  constructor(readonly time: VirtualTime) {}

  /** The class that a client is given. */
  get socketClass(): WebSocketClass {
    const node = this;
    return class extends ModelSocket {
      constructor(url: string) {
        super(node);
        node.attempts.push({ url, atMs: node.time.now() });
      }
    };
  }

  log(room: string): Log {
    const known = this.#logs.get(room);
    if (known) return known;
    const epoch = `e${++this.#epochs}`;
    const log = { epoch, entries: [], chain: [chainStart(room, epoch)], min: 1, stored: new Map() };
    this.#logs.set(room, log);
    return log;
  }

  cutAll(): void {
    for (const socket of [...this.sockets]) socket.cut();
  }

  /** The log is gone; who is connected is told. */
  lose(room: string): void {
    this.#logs.delete(room);
    for (const socket of this.sockets)
      if (socket.subscriptions.has(room)) socket.joined(room, undefined, undefined, false);
  }

  prune(room: string, count: number): void {
    const log = this.log(room);
    log.min = Math.min(log.entries.length + 1, log.min + count);
  }

  /** Silence is over: who lost something hears of it. */
  tellHeads(): void {
    for (const socket of this.sockets)
      for (const room of socket.subscriptions.keys())
        socket.say({ type: "head", room, seq: this.log(room).entries.length });
  }

  append(room: string, from: string, cid: string, body: string, by?: { socket: ModelSocket; id: number }): number {
    const log = this.log(room);
    const salt = Array.from({ length: 32 }, () => Math.floor(this.time.random() * 16).toString(16)).join("");
    const seq = log.entries.length + 1;
    const entry: Entry = { seq, from, cid, time: this.time.wallClock(), kind: "text", body, salt };
    log.entries.push(entry);
    log.chain.push(chainAfter(log.chain.at(-1) ?? "", entry) ?? "");
    log.stored.set(`${from} ${cid}`, seq);
    for (const socket of this.sockets) {
      if (by && socket === by.socket) socket.ack(room, cid, seq, by.id, false);
      else socket.push(room, entry);
    }
    return seq;
  }

  page(room: string, after: number | undefined, before: number | undefined, limit: number) {
    const { entries, min } = this.log(room);
    const held = entries.filter(({ seq }) => seq >= min);
    if (after !== undefined) {
      const newer = held.filter(({ seq }) => seq > after);
      return { messages: newer.slice(0, limit), more: newer.length > limit };
    }
    const older = held.filter(({ seq }) => before === undefined || seq < before);
    return { messages: limit > 0 ? older.slice(-limit) : [], more: older.length > limit };
  }

  send(socket: ModelSocket, { id, room, cid, body }: ClientSend): void {
    const refusal = this.refusals.shift();
    const log = this.log(room);
    if (refusal === "stored-but-same" && !log.stored.has(`${socket.user} ${cid}`))
      this.append(room, socket.user, cid, body);
    if (refusal) {
      const retry = refusal === "stored-but-same" ? "same" : refusal;
      const code = retry === "never" ? "forbidden" : retry === "after" ? "rate_limited" : "timeout";
      const afterMs = retry === "after" ? 40 : retry === "same" ? this.sameAfterMs : undefined;
      const after = afterMs === undefined ? {} : { after_ms: afterMs };
      // What is stored is not refused for good.
      if (!(retry === "never" && log.stored.has(`${socket.user} ${cid}`)))
        return socket.say({ type: "error", re: id, cid, code, retry, message: "no", ...after });
    }
    const stored = log.stored.get(`${socket.user} ${cid}`);
    if (stored !== undefined) socket.ack(room, cid, stored, id, true);
    else this.append(room, socket.user, cid, body, { socket, id });
  }
}

/** Both ends of a connection: frames take some time, and keep their order. */
class ModelSocket implements WebSocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  user = "";
  /** What the client says is lost. */
  deaf = false;
  readonly subscriptions = new Map<string, Subscription>();
  #open = true;
  #up = 0;
  #down = 0;

  constructor(readonly node: ModelNode) {
    node.time.schedule(() => {
      if (!node.reachable) return this.#closed(1006);
      node.sockets.add(this);
      this.onopen?.({} as never);
    }, 1);
  }

  send(data: string): void {
    const { time } = this.node;
    this.#up = Math.max(this.#up, time.now() + Math.floor(time.random() * 10));
    time.schedule(() => this.#open && !this.deaf && this.#hear(JSON.parse(data)), this.#up - time.now());
  }

  close(): void {
    this.#open = false;
    this.node.sockets.delete(this);
  }

  cut(code = 1006): void {
    this.#closed(code);
  }

  #closed(code: number): void {
    this.close();
    this.node.time.schedule(() => this.onclose?.({ code, reason: "" } as never), 0);
  }

  say(frame: ServerFrame): void {
    const { time } = this.node;
    this.#down = Math.max(this.#down, time.now() + Math.floor(time.random() * 10));
    const data = JSON.stringify(frame);
    time.schedule(() => this.#open && this.onmessage?.({ data } as never), this.#down - time.now());
  }

  push(room: string, entry: Entry): void {
    const to = this.subscriptions.get(room);
    if (!to || to.gapped) return;
    const hurt = to.hurt;
    to.hurt = undefined;
    if (hurt === "silence") return;
    if (hurt === "gap") {
      to.gapped = true;
      return this.say({ type: "gap", room, from: entry.seq, to: entry.seq, reason: "slow" });
    }
    const { body = "", salt = "", ...rest } = entry;
    this.say({ type: "message", room, epoch: this.node.log(room).epoch, body, salt, ...rest });
  }

  ack(room: string, cid: string, seq: number, re: number, dup: boolean): void {
    const { epoch, chain, entries } = this.node.log(room);
    const { time = 0, salt = "" } = entries[seq - 1] ?? {};
    const value = chain[seq] ?? "";
    this.say({ type: "ack", re, room, cid, epoch, seq, time, salt, chain: value, dup, durable: "disk" });
  }

  joined(room: string, re: number | undefined, since: { epoch: string; seq: number } | undefined, may = true): void {
    const { epoch, entries, chain, min } = this.node.log(room);
    const head = entries.length;
    const recovered = since === undefined ? may : since.epoch === epoch && since.seq <= head && since.seq + 1 >= min;
    const page =
      since && recovered
        ? this.node.page(room, since.seq, undefined, this.node.pageMax)
        : this.node.page(room, undefined, head + 1, this.node.pageMax);
    this.subscriptions.set(room, { gapped: since !== undefined && recovered && page.more, hurt: undefined });
    const value = chain[head] ?? "";
    this.say({ type: "joined", re, room, epoch, head, min, chain: value, recovered, ...page, me: { role: "member" } });
  }

  #hear(frame: ClientFrame): void {
    const { node } = this;
    switch (frame.type) {
      case "hello": {
        this.user = frame.user ?? "";
        node.hellos.push(frame);
        const limits = { frame: 65_536, body: 16_384, rate: 0, inflight: 8 };
        const time = node.time.wallClock() + node.clockAheadMs;
        const session = { session: "s", user: this.user, node: "model", ping_ms: 25_000, resume: "r" };
        this.say({ type: "welcome", re: frame.id, limits, time, ...session });
        for (const { room, ...since } of frame.rooms ?? []) this.joined(room, undefined, since);
        break;
      }
      case "join":
        this.joined(frame.room, frame.id, frame.since);
        break;
      case "send":
        node.send(this, frame);
        break;
      case "fetch": {
        const { room, after, before, limit } = frame;
        const page = node.page(room, after, before, Math.min(limit, node.pageMax));
        const { epoch, chain, min, entries } = node.log(room);
        const to = this.subscriptions.get(room);
        if (after !== undefined && !page.more && to) to.gapped = false;
        const prev = chain[(page.messages[0]?.seq ?? entries.length + 1) - 1] ?? "";
        this.say({ type: "page", re: frame.id, room, epoch, min, prev, ...page });
        break;
      }
      case "presence":
        this.say({ type: "presence", re: frame.id, room: frame.room, version: 1, users: [this.user] });
        break;
      case "rooms":
        this.say({ type: "rooms", re: frame.id, rooms: [], more: false });
        break;
      case "ping":
        this.say({ type: "pong", re: frame.id, time: node.time.wallClock() });
        break;
      case "leave":
        this.subscriptions.delete(frame.room);
        this.say({ type: "ok", re: frame.id });
        break;
    }
  }
}
