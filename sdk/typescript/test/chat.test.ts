import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Listener, Person } from "./support/person.js";
import { Server } from "./support/server.js";
import { untilStore } from "./support/until.js";

describe("two people in a room", () => {
  let server: Server;

  beforeAll(async () => {
    server = await Server.start();
  });
  afterAll(() => server.remove());

  it("hear one another, in one order", async () => {
    const ann = await new Person(server.url, "ann").arrive();
    const bob = await new Person(server.url, "bob").arrive();
    const annsLounge = await ann.join("lounge");
    const bobsLounge = await bob.join("lounge");
    const heard = new Listener(bobsLounge);

    const sending = annsLounge.send("hello");
    expect(annsLounge.outgoing.get()).toMatchObject([{ cid: sending.cid, body: "hello", state: "sent" }]);
    const receipt = await sending.acked;

    expect(receipt).toMatchObject({ room: "lounge", cid: sending.cid, seq: 1, durable: "disk" });
    await untilStore("bob has it", bobsLounge.messages, (all) => all.length === 1);
    expect(heard.seen).toMatchObject([{ entry: { seq: 1, from: "ann", body: "hello" }, source: "live" }]);
    expect(annsLounge.messages.get()).toMatchObject([{ seq: 1, body: "hello", mine: true, pending: false }]);
    expect(annsLounge.outgoing.get()).toEqual([]);
    expect((await annsLounge.verify()).state).toBe("verified");
    console.log(annsLounge.verification.get(), bobsLounge.state.get(), ann.client.inbox.get(), ann.errors);
    ann.client.disconnect();
    bob.client.disconnect();
  });
});
