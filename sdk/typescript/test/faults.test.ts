// What goes wrong between a client and its node, and what the client makes of it.
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { afterEach, describe, expect, it } from "vitest";
import { type ClientOptions, indexedDbOutbox, memoryOutbox, type Room } from "../src/index.js";
import { Listener, Person } from "./support/person.js";
import { FaultProxy } from "./support/proxy.js";
import { Server, type ServerOptions } from "./support/server.js";
import { until, untilStore } from "./support/until.js";

describe("a client whose connection is hurt", () => {
  const undo: (() => unknown)[] = [];

  afterEach(async () => {
    for (const one of undo.splice(0).reverse()) await one();
  });

  async function start(options?: ServerOptions): Promise<Server> {
    const server = await Server.start(options);
    undo.push(() => server.remove());
    return server;
  }

  async function proxyOf(server: Server): Promise<FaultProxy> {
    const proxy = await FaultProxy.start(() => server.port);
    undo.push(() => proxy.stop());
    return proxy;
  }

  function make(url: string | readonly string[], user: string, options?: ClientOptions): Person {
    const person = new Person(url, user, options);
    undo.push(() => person.client.disconnect());
    return person;
  }

  /** Sees everything in `room` through a connection that nothing hurts. */
  async function witness(server: Server, room: string): Promise<Listener> {
    const person = await make(server.url, "witness").arrive();
    return new Listener(await person.join(room));
  }

  const numbered = (count: number, word = "message") => Array.from({ length: count }, (_, i) => `${word} ${i + 1}`);
  const upTo = (count: number) => numbered(count).map((_, i) => i + 1);

  it("sends once what was un-acked when the connection was cut, again and again", async () => {
    const server = await start();
    const proxy = await proxyOf(server);
    const heard = await witness(server, "lounge");
    const ann = await make(proxy.url, "ann").arrive();
    const room = await ann.join("lounge");
    const own = new Listener(room);

    const bodies = numbered(300);
    const sendings = [];
    for (const [i, body] of bodies.entries()) {
      sendings.push(room.send(body));
      if (i % 50 === 25) {
        await untilStore("online", ann.client.connection, ({ state }) => state === "online");
        proxy.cut();
      }
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const receipts = await Promise.all(sendings.map(({ acked }) => acked));
    await until("the witness has all", () => heard.seen.length >= bodies.length);

    expect(heard.bodies).toEqual(bodies);
    expect(heard.seqs).toEqual(upTo(300));
    expect(receipts.map(({ seq }) => seq)).toEqual(upTo(300));
    await until("so has ann", () => own.seen.length >= bodies.length);
    expect(own.seqs).toEqual(upTo(300));
    expect(own.discontinuities).toEqual([]);
    expect(room.outgoing.get()).toEqual([]);
    expect(proxy.accepted).toBeGreaterThan(6);
    expect(await room.verify()).toEqual({ state: "verified", from: 1, to: 300 });
  });

  it("takes its own message in the stream for the ack that was lost", async () => {
    const server = await start();
    const proxy = await proxyOf(server);
    const heard = await witness(server, "lounge");
    const room = await (await make(proxy.url, "ann").arrive()).join("lounge");

    proxy.mute(true);
    const sending = room.send("did it arrive?");
    await until("it is stored", () => heard.seen.length === 1);
    expect(room.outgoing.get()).toMatchObject([{ state: "sent" }]);
    proxy.mute(false);
    proxy.cut();

    expect(await sending.acked).toMatchObject({ cid: sending.cid, seq: 1 });
    await untilStore("live", room.state, ({ phase }) => phase === "live");
    await room.send("a second one").acked;
    await until("it is heard", () => heard.seen.length === 2);
    expect(heard.bodies).toEqual(["did it arrive?", "a second one"]);
    expect(room.messages.get().map(({ body }) => body)).toEqual(["did it arrive?", "a second one"]);
  });

  it("goes on without a hole after the node was killed", async () => {
    const server = await start();
    const ann = await make(server.url, "ann").arrive();
    const bob = await make(server.url, "bob").arrive();
    const annsRoom = await ann.join("lounge");
    const heard = new Listener(await bob.join("lounge"));
    await annsRoom.send("before").acked;

    await server.kill();
    await untilStore("ann notices", ann.client.connection, ({ state }) => state === "waiting");
    const sendings = numbered(20).map((body) => annsRoom.send(body));
    expect(annsRoom.outgoing.get()).toHaveLength(20);
    await server.restart();
    const receipts = await Promise.all(sendings.map(({ acked }) => acked));

    expect(receipts.map(({ seq }) => seq)).toEqual(upTo(20).map((n) => n + 1));
    await until("bob has them", () => heard.seen.length === 21);
    expect(heard.bodies).toEqual(["before", ...numbered(20)]);
    expect(heard.discontinuities).toEqual([]);
    expect(annsRoom.state.get()).toMatchObject({ outcome: "recovered" });
    expect(await annsRoom.verify()).toEqual({ state: "verified", from: 1, to: 21 });
  });

  it("comes back after the node drained", async () => {
    const server = await start();
    const ann = await make(server.url, "ann").arrive();
    const room = await ann.join("lounge");
    await room.send("before").acked;
    const { node } = ann.client.connection.get();

    await server.stop();
    await untilStore("noticed", ann.client.connection, ({ state }) => state !== "online");
    await server.restart();
    await room.send("after").acked;

    expect(room.state.get()).toMatchObject({ outcome: "recovered" });
    expect(ann.client.connection.get()).toMatchObject({ state: "online", user: "ann", node, resumed: true });
  });

  it("says so when a memory room lost its log, and begins anew", async () => {
    const server = await start({ durability: "memory" });
    const ann = await make(server.url, "ann").arrive();
    const room = await ann.join("lounge");
    const heard = new Listener(room);
    await room.send("one").acked;
    const { epoch } = room.state.get();

    await server.kill();
    await server.restart();
    const state = await untilStore("begun anew", room.state, (now) => now.epoch !== epoch && now.phase === "live");

    expect(state).toMatchObject({ outcome: "discontinuity" });
    expect(heard.discontinuities).toEqual([state.epoch]);
    expect(room.messages.get()).toEqual([]);
    expect((await room.send("again").acked).seq).toBe(1);
    expect(heard.seqs).toEqual([1, 1]);
    expect(await room.verify()).toEqual({ state: "verified", from: 1, to: 1 });
  });

  it("reads page by page what it missed while away", async () => {
    const server = await start();
    const proxy = await proxyOf(server);
    const bob = await make(proxy.url, "bob").arrive();
    const room = await bob.join("lounge");
    const heard = new Listener(room);
    const annsRoom = await (await make(server.url, "ann").arrive()).join("lounge");
    await annsRoom.send("message 1").acked;
    await until("bob has it", () => heard.seen.length === 1);

    proxy.refuse(true);
    proxy.cut();
    await Promise.all(
      numbered(700)
        .slice(1)
        .map((body) => annsRoom.send(body).acked),
    );
    await annsRoom.edit(300, "better").acked;
    const own = room.send("bob was away"); // Un-acked over all of it.
    proxy.refuse(false);
    await own.acked;
    await untilStore("bob has it all", room.state, ({ last }) => last === 702);

    expect(heard.seqs).toEqual(upTo(702));
    expect(heard.seen.slice(1, -1).every(({ source }) => source === "resumed")).toBe(true);
    expect(room.state.get()).toMatchObject({ outcome: "recovered", phase: "live" });
    expect(room.message(300)).toMatchObject({ body: "better", edited: expect.any(Number) });
    // The chain was computed over raw pages of what was missed.
    expect(await room.verify()).toEqual({ state: "verified", from: 1, to: 702 });
  });

  it("fetches what the node dropped for it because it read too slowly", async () => {
    const small =
      "[outbound]\ngap_bytes = 65536\nconflate_bytes = 32768\ndrop_typing_bytes = 16384\nbytes_max = 16777216\n";
    const server = await start({ config: small });
    const proxy = await proxyOf(server);
    const bob = await make(proxy.url, "bob").arrive();
    const room = await bob.join("lounge");
    const heard = new Listener(room);
    const annsRoom = await (await make(server.url, "ann", { verify: false }).arrive()).join("lounge");

    proxy.pause(true);
    const body = "x".repeat(16_000);
    let sent = 0;
    // The buffers of the kernels swallow some megabytes first.
    for (; sent < 800; sent += 100) await Promise.all(upTo(100).map(() => annsRoom.send(body).acked));
    proxy.pause(false);
    const own = room.send("I am slow");
    await untilStore("bob has it all", room.state, ({ last, phase }) => last === sent + 1 && phase === "live");

    expect(room.state.get().gaps).toBeGreaterThan(0);
    expect(heard.seqs).toEqual(upTo(sent + 1));
    expect(heard.discontinuities).toEqual([]);
    expect(await own.acked).toMatchObject({ seq: sent + 1 });
    await annsRoom.send("live again").acked;
    await untilStore("it comes by itself", room.state, ({ last }) => last === sent + 2);
    expect((await room.verify()).state).toBe("verified");
  });

  it("keeps un-acked messages over a reload of the page", async () => {
    globalThis.indexedDB = new IDBFactory();
    const server = await start();
    const proxy = await proxyOf(server);
    const heard = await witness(server, "lounge");

    const before = make(proxy.url, "ann", { outbox: indexedDbOutbox() });
    await before.arrive();
    const room = await before.join("lounge");
    await room.send("acked").acked;
    proxy.mute(true);
    room.send("arrived, but who knows");
    await until("it is stored", () => heard.seen.length === 2);
    proxy.mute(false);
    proxy.refuse(true);
    proxy.cut();
    await untilStore("offline", before.client.connection, ({ state }) => state === "waiting");
    room.send("written offline", { replyTo: 1 });
    before.client.disconnect();

    const after = make(proxy.url, "ann", { outbox: indexedDbOutbox() });
    const again = after.client.room("lounge");
    await untilStore("they are shown at once", again.outgoing, (all) => all.length === 2);
    expect(again.outgoing.get()).toMatchObject([
      { body: "arrived, but who knows", state: "waiting" },
      { body: "written offline", state: "waiting", replyTo: 1 },
    ]);
    again.send("written after the reload");
    proxy.refuse(false);
    again.join();
    await after.arrive();
    await untilStore("all are acked", after.client.outbox, (all) => all.length === 0);
    await until("all are heard", () => heard.seen.length === 4);

    expect(heard.bodies).toEqual(["acked", "arrived, but who knows", "written offline", "written after the reload"]);
    expect(again.messages.get().map(({ body }) => body)).toEqual(heard.bodies);
    expect(await indexedDbOutbox().load("ann")).toEqual([]);
  });

  it("shows what was refused after a reload too, until it is sent anew or given up", async () => {
    const storage = memoryOutbox();
    const server = await start();
    const ann = await make(server.url, "ann", { outbox: storage }).arrive();
    const long = ann.client.room("lounge").send("x".repeat(20_000));
    await expect(long.acked).rejects.toMatchObject({ code: "too_large" });
    ann.client.disconnect();

    const room = make(server.url, "ann", { outbox: storage }).client.room("lounge");
    await untilStore("it is shown", room.outgoing, (all) => all.length === 1);
    expect(room.outgoing.get()).toMatchObject([{ state: "refused", error: { code: "too_large" } }]);
    expect(room.discard(long.cid)).toBe(true);
    expect(await storage.load("ann")).toEqual([]);
  });

  it("does not send what another user wrote on this device", async () => {
    const storage = memoryOutbox();
    const server = await start();
    make(server.url, "ann", { outbox: storage }).client.room("lounge").send("of ann");
    const heard = await witness(server, "lounge");

    const bob = await make(server.url, "bob", { outbox: storage }).arrive();
    await bob.client.room("lounge").send("of bob").acked;
    await until("it is heard", () => heard.seen.length > 0);

    expect(heard.bodies).toEqual(["of bob"]);
    expect((await storage.load("ann")).map(({ body }) => body)).toEqual(["of ann"]);
  });

  it("goes on in memory, and says so, where nothing can be kept", async () => {
    const broken = {
      load: () => Promise.reject(new Error("not allowed")),
      put: () => Promise.reject(new Error("full")),
      delete: () => Promise.reject(new Error("not allowed")),
    };
    const server = await start();
    const ann = await make(server.url, "ann", { outbox: broken }).arrive();
    await ann.client.room("lounge").send("hello").acked;
    await until("it was said", () => ann.errors.length === 3);
    expect(ann.errors[0]).toMatchObject({ code: "storage_full" });
  });

  it("gives up a connection on which nothing comes any more", async () => {
    const server = await start({ config: "[session]\nping_ms = 1000\n" });
    const proxy = await proxyOf(server);
    const ann = await make(proxy.url, "ann").arrive();
    proxy.mute(true);
    const lost = await untilStore("noticed", ann.client.connection, ({ state }) => state === "waiting");
    expect(lost.why).toBe("the node fell silent");
    proxy.mute(false);
    await untilStore("back", ann.client.connection, ({ state, resumed }) => state === "online" && resumed === true);
    expect(ann.client.connection.get().attempt).toBe(0);
  });

  it("pings while nothing else is said", async () => {
    const server = await start({ config: "[session]\nping_ms = 1000\n" });
    const ann = await make(server.url, "ann").arrive();
    let changes = 0;
    ann.client.connection.subscribe(() => changes++);
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    expect(ann.client.connection.get().state).toBe("online");
    expect(changes).toBe(0);
  });

  it("meets another node when the one it had is gone", async () => {
    const [first, second] = [await start(), await start({ node: "node-b" })];
    const ann = await make([first.url, second.url], "ann").arrive();
    expect(ann.client.connection.get().node).toBe("node-a");
    await first.kill();
    const found = await untilStore("elsewhere", ann.client.connection, ({ node }) => node === "node-b");
    expect(found).toMatchObject({ state: "online", url: second.url });
  });

  it("wakes at once when it is told to", async () => {
    const server = await start();
    const proxy = await proxyOf(server);
    const ann = await make(proxy.url, "ann", { backoffFirstMs: 60_000, backoffMaxMs: 60_000 }).arrive();
    proxy.cut();
    await untilStore("waiting", ann.client.connection, ({ state }) => state === "waiting");
    ann.client.wake();
    await untilStore("back", ann.client.connection, ({ state }) => state === "online");
  });

  it("joins again what a hurt room refused for a while", async () => {
    const server = await start();
    const proxy = await proxyOf(server);
    const rooms: Room[] = [];
    const ann = await make(proxy.url, "ann").arrive();
    for (let i = 0; i < 300; i++) rooms.push(ann.client.room(`room-${i}`));
    for (const room of rooms) room.join();
    for (const room of rooms) await untilStore(room.name, room.state, ({ phase }) => phase === "live");
    proxy.cut();
    await untilStore("waiting", ann.client.connection, ({ state }) => state === "waiting");
    // More than a `hello` can name.
    for (const room of rooms) await untilStore(room.name, room.state, ({ phase }) => phase === "live");
    expect(new Set(rooms.map((room) => room.state.get().outcome))).toEqual(new Set(["recovered"]));
  });
});
