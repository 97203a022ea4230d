// When a client comes, stays and comes back, in virtual time.
import { describe, expect, it } from "vitest";
import { Client, type ClientOptions, memoryOutbox } from "../src/index.js";
import { ModelNode } from "./support/model_node.js";
import { VirtualTime } from "./support/virtual_time.js";

function arranged(seed: number, options: ClientOptions = {}, urls: string | string[] = "ws://model/ws") {
  const time = new VirtualTime(seed);
  const node = new ModelNode(time);
  const common = { user: "ann", WebSocket: node.socketClass, outbox: memoryOutbox(), environment: time };
  const client = new Client(urls, { ...common, ...options });
  return { time, node, client };
}

const socketOf = (node: ModelNode) => [...node.sockets][0];

describe("a connection", () => {
  it("is tried again after a random part of a wait that doubles, so that nobody comes back together", async () => {
    const waits: number[][] = [];
    for (let seed = 1; seed <= 100; seed++) {
      const { time, node, client } = arranged(seed);
      node.reachable = false;
      client.connect();
      await time.pass(20_000);
      const at = node.attempts.map(({ atMs }) => atMs);
      waits.push(at.slice(1).map((ms, i) => ms - (at[i] ?? 0)));
      client.disconnect();
    }
    // An attempt itself takes a millisecond.
    for (const each of waits) expect(each.every((wait, i) => wait - 1 <= 250 * 2 ** i)).toBe(true);
    const thirds = waits.map((each) => each[2] ?? 0);
    expect(new Set(thirds).size).toBeGreaterThan(80);
    const mean = thirds.reduce((sum, wait) => sum + wait, 0) / thirds.length;
    expect(mean).toBeGreaterThan(400);
    expect(mean).toBeLessThan(600);
  });

  it("moves on in the slot that a draining node gave it, with what that node gave it", async () => {
    const { time, node, client } = arranged(1, {}, ["ws://one/ws", "ws://two/ws"]);
    client.connect();
    await time.pass(100);
    socketOf(node)?.say({ type: "goaway", after_ms: 700, resume: "of the goaway" });
    await time.pass(600);
    expect(client.connection.get()).toMatchObject({ state: "online", draining: true });
    await time.pass(300);
    expect(client.connection.get()).toMatchObject({ state: "online", url: "ws://two/ws", resumed: true });
    expect(client.connection.get().draining).toBeUndefined();
    expect(node.hellos.at(-1)).toMatchObject({ resume: "of the goaway" });
    expect(node.attempts).toHaveLength(2);
    expect(node.attempts[1]?.atMs).toBeGreaterThanOrEqual(700);
  });

  it("sends again not before the time that the node gave, also where the outcome is open", async () => {
    const { time, node, client } = arranged(1);
    client.connect();
    const room = client.room("lounge");
    room.join();
    await time.pass(1_000);
    node.refusals = ["same"];
    node.sameAfterMs = 20_000;
    room.send("hi");
    await time.pass(19_900);
    expect(node.log("lounge").entries).toEqual([]);
    await time.pass(200);
    expect(node.log("lounge").entries).toMatchObject([{ body: "hi" }]);
  });

  it("waits for its slot also when the node is gone before", async () => {
    const { time, node, client } = arranged(1);
    client.connect();
    await time.pass(100);
    socketOf(node)?.say({ type: "goaway", after_ms: 5_000, resume: "r" });
    await time.pass(50);
    socketOf(node)?.cut(4001);
    await time.pass(1_000);
    client.wake(); // Not even then: the slots are there to keep everybody apart.
    await time.pass(3_000);
    expect(node.attempts).toHaveLength(1);
    await time.pass(2_000);
    expect(node.attempts).toHaveLength(2);
    expect(client.connection.get().state).toBe("online");
  });

  it.each([
    [4503, "ended"],
    [4401, "waiting"],
    [4429, "waiting"],
    [4008, "waiting"],
    [1006, "waiting"],
  ])("that is closed with %i is then %s", async (code, state) => {
    const { time, node, client } = arranged(1, { backoffFirstMs: 60_000, backoffMaxMs: 60_000 });
    client.connect();
    await time.pass(100);
    socketOf(node)?.cut(code);
    await time.pass(1);
    expect(client.connection.get()).toMatchObject({ state, why: expect.any(String) });
  });

  it("forgets its session where insisting on it could be what is wrong", async () => {
    const { time, node, client } = arranged(1);
    client.connect();
    for (const code of [4001, 4400]) {
      await time.pass(1_000);
      socketOf(node)?.cut(code);
    }
    await time.pass(2_000);
    expect(node.hellos.map(({ resume }) => resume)).toEqual([undefined, "r", undefined]);
  });

  it("that gets no answer is given up, and pings keep one alive", async () => {
    const { time, node, client } = arranged(1);
    client.connect();
    await time.pass(200_000);
    expect(client.connection.get().state).toBe("online");
    expect(node.attempts).toHaveLength(1);
    const socket = socketOf(node);
    if (socket) socket.deaf = true;
    await time.pass(49_000);
    expect(client.connection.get().state).toBe("online");
    await time.pass(3_000);
    expect(node.attempts).toHaveLength(2);
  });

  it("ends for good, until it is asked for again", async () => {
    const { time, node, client } = arranged(1);
    client.connect();
    await time.pass(100);
    client.disconnect();
    await time.pass(100_000);
    expect(client.connection.get().state).toBe("idle");
    expect(node.attempts).toHaveLength(1);
    client.connect();
    client.connect();
    await time.pass(100);
    expect(node.attempts).toHaveLength(2);
    expect(client.connection.get().state).toBe("online");
  });

  it("may be ended from within what it tells", async () => {
    const { time, client } = arranged(1);
    for (const store of [client.connection, client.inbox]) store.subscribe(() => client.disconnect());
    client.connect();
    await time.pass(100);
    expect(client.connection.get().state).toBe("idle");
  });

  it("needs a class of sockets", () => {
    const given = globalThis.WebSocket;
    try {
      Reflect.deleteProperty(globalThis, "WebSocket");
      const client = new Client("ws://model/ws", { user: "ann", outbox: memoryOutbox() });
      expect(() => client.connect()).toThrow(/WebSocket/);
    } finally {
      if (given) globalThis.WebSocket = given;
    }
  });

  it("is at the address that is right, or nowhere", async () => {
    class Strict {
      constructor(url: string) {
        throw new SyntaxError(`${url} is no address`);
      }
    }
    const { client, time } = arranged(1, { WebSocket: Strict as unknown as NonNullable<ClientOptions["WebSocket"]> });
    client.connect();
    await time.pass(10);
    expect(client.connection.get()).toMatchObject({ state: "ended", why: "ws://model/ws is no address" });
  });
});

describe("time by the server's clock", () => {
  it("names messages, also where the device's clock is wrong", async () => {
    const { time, node, client } = arranged(1, {});
    node.clockAheadMs = -86_400_000 * 3;
    client.connect();
    await time.pass(100);
    expect(Math.abs(client.now() - time.wallClock() - node.clockAheadMs)).toBeLessThan(50);
    const { cid } = client.room("lounge").send("hello");
    let made = 0;
    for (const letter of cid.slice(0, 10)) made = made * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".indexOf(letter);
    expect(Math.abs(made - client.now())).toBeLessThan(1_000);
  });
});
