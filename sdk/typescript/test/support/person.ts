import { WebSocket } from "ws";
import { Client, type ClientOptions, type Entry, memoryOutbox, type Room, type Source } from "../../src/index.js";
import { untilStore } from "./until.js";

/** A client of the real package, with what it saw. */
export class Person {
  readonly client: Client;
  readonly errors: unknown[] = [];

  constructor(url: string | readonly string[], user: string, options: ClientOptions = {}) {
    this.client = new Client(url, { user, WebSocket, outbox: memoryOutbox(), backoffMaxMs: 1_000, ...options });
    this.client.on("error", (error) => this.errors.push(error));
  }

  async arrive(): Promise<this> {
    this.client.connect();
    await untilStore("online", this.client.connection, ({ state }) => state === "online");
    return this;
  }

  async join(name: string): Promise<Room> {
    const room = this.client.room(name);
    room.join();
    await live(room);
    return room;
  }
}

export async function live(room: Room): Promise<void> {
  await untilStore(`${room.name} is live`, room.state, ({ phase }) => phase === "live");
}

/** What a room told, in order; throws where the stream is not one. */
export class Listener {
  readonly seen: { readonly entry: Entry; readonly source: Source }[] = [];
  readonly discontinuities: string[] = [];

  constructor(readonly room: Room) {
    room.on("message", (event) => this.seen.push(event));
    room.on("discontinuity", ({ epoch }) => this.discontinuities.push(epoch));
  }

  get seqs(): number[] {
    return this.seen.map(({ entry }) => entry.seq);
  }

  get bodies(): (string | undefined)[] {
    return this.seen.map(({ entry }) => entry.body);
  }
}
