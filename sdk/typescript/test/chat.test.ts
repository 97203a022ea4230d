// What people do, against a real node.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ClientOptions, memoryOutbox, TroupeError } from "../src/index.js";
import { Listener, Person } from "./support/person.js";
import { Server } from "./support/server.js";
import { untilStore } from "./support/until.js";

describe("people on one node", () => {
  let server: Server;
  const people: Person[] = [];

  beforeAll(async () => {
    server = await Server.start();
  });
  afterAll(() => server.remove());
  afterEach(() => {
    for (const person of people.splice(0)) {
      person.client.disconnect();
      expect(person.errors).toEqual([]);
    }
  });

  async function arrive(user: string, options?: ClientOptions): Promise<Person> {
    const person = await new Person(server.url, user, options).arrive();
    people.push(person);
    return person;
  }

  it("hear one another, in one order", async () => {
    const ann = await arrive("ann");
    const bob = await arrive("bob");
    const annsLounge = await ann.join("lounge");
    const bobsLounge = await bob.join("lounge");
    const heard = new Listener(bobsLounge);

    const sending = annsLounge.send("hello");
    expect(annsLounge.outgoing.get()).toMatchObject([{ cid: sending.cid, body: "hello", state: "sent" }]);
    expect(ann.client.outbox.get()).toHaveLength(1);
    const receipt = await sending.acked;

    expect(receipt).toMatchObject({ room: "lounge", cid: sending.cid, seq: 1, durable: "disk" });
    await untilStore("bob has it", bobsLounge.messages, (all) => all.length === 1);
    expect(heard.seen).toMatchObject([{ entry: { seq: 1, from: "ann", body: "hello" }, source: "live" }]);
    expect(annsLounge.messages.get()).toMatchObject([{ seq: 1, body: "hello", mine: true, pending: false }]);
    expect(bobsLounge.messages.get()).toMatchObject([{ seq: 1, body: "hello", mine: false }]);
    expect(annsLounge.outgoing.get()).toEqual([]);
    expect(ann.client.outbox.get()).toEqual([]);
  });

  it("keep the order of what they write at once", async () => {
    const ann = await arrive("ann");
    const room = await ann.join("order");
    const heard = new Listener(await (await arrive("bob")).join("order"));
    const bodies = Array.from({ length: 400 }, (_, i) => `message ${i}`);

    const receipts = await Promise.all(bodies.map((body) => room.send(body).acked));

    expect(receipts.map(({ seq }) => seq)).toEqual(bodies.map((_, i) => i + 1));
    await untilStore("bob has them", heard.room.messages, (all) => all.length === bodies.length);
    expect(heard.bodies).toEqual(bodies);
    expect(room.messages.get().map(({ body }) => body)).toEqual(bodies);
  });

  it("edit, delete and react, and see it at once", async () => {
    const ann = await arrive("ann");
    const mine = await ann.join("changes");
    const theirs = await (await arrive("bob")).join("changes");
    await mine.send("helo").acked;
    await mine.send("oops").acked;
    await untilStore("bob has both", theirs.messages, (all) => all.length === 2);

    const edit = mine.edit(1, "hello");
    expect(mine.message(1)).toMatchObject({ body: "hello", pending: true });
    await edit.acked;
    expect(mine.message(1)).toMatchObject({ body: "hello", pending: false, edited: expect.any(Number) });
    await mine.delete(2).acked;
    await theirs.react(1, "👍").acked;
    await theirs.react(1, "🎉").acked;
    const back = theirs.unreact(1, "👍");
    expect(theirs.message(1)).toMatchObject({ reactions: [{ emoji: "🎉", users: ["bob"] }], pending: true });
    await back?.acked;

    const shown = [
      { seq: 1, body: "hello", reactions: [{ emoji: "🎉", users: ["bob"] }], deleted: false },
      { seq: 2, body: "", deleted: true, reactions: [] },
    ];
    await untilStore("ann has it all", mine.state, ({ last }) => last === 7);
    for (const room of [mine, theirs]) expect(room.messages.get()).toMatchObject(shown);
    // Who comes later sees the same.
    const late = await (await arrive("cat")).join("changes");
    expect(late.messages.get()).toMatchObject(shown);
    expect(theirs.unreact(1, "👍")).toBeUndefined();
  });

  it("reply, and send what only their application knows", async () => {
    const room = await (await arrive("ann")).join("kinds");
    await room.send("a question").acked;
    await room.send("an answer", { replyTo: 1 }).acked;
    await room.send('{"x":3,"y":4}', { kind: "x-move", target: 1 }).acked;

    expect(room.messages.get()).toMatchObject([
      { kind: "text", body: "a question" },
      { kind: "text", replyTo: 1 },
      { kind: "x-move", target: 1, body: '{"x":3,"y":4}' },
    ]);
  });

  it("see a refusal, and get their text back", async () => {
    const room = await (await arrive("ann")).join("refusals");
    const refused = room.edit(77, "there is no such message");
    await expect(refused.acked).rejects.toMatchObject({ name: "TroupeError", code: "not_found", retry: "never" });

    const tooLong = room.send("x".repeat(16_385));
    await expect(tooLong.acked).rejects.toBeInstanceOf(TroupeError);
    expect(room.outgoing.get()).toMatchObject([{ state: "refused", error: { code: "too_large" } }]);
    expect(room.discard(tooLong.cid)).toBe(true);
    expect(room.outgoing.get()).toEqual([]);

    // Control characters grow to six bytes on the wire: what the node would close the connection over.
    const tooWide = room.send("\u0001".repeat(12_000));
    await expect(tooWide.acked).rejects.toMatchObject({ code: "too_large" });
    await room.send("\u0000 and half a \ud800 pair").acked;
    expect(room.messages.get().at(-1)?.body).toBe("\u0000 and half a \ufffd pair");
  });

  it("read older messages, page by page", async () => {
    const writer = await (await arrive("ann")).join("history");
    for (let i = 1; i <= 120; i++) writer.send(`message ${i}`);
    await writer.send("the last").acked;
    await writer.edit(5, "message 5, better").acked;
    await writer.react(5, "👍").acked;

    const reader = await (await arrive("bob", { history: 20 })).join("history");
    expect(reader.state.get()).toMatchObject({ older: true, outcome: "new" });
    const twice = [reader.loadOlder(30), reader.loadOlder(30)];
    expect(await Promise.all(twice)).toEqual([true, true]);
    while (await reader.loadOlder(30));

    expect(reader.messages.get().map(({ seq }) => seq)).toEqual(Array.from({ length: 121 }, (_, i) => i + 1));
    expect(reader.message(5)).toMatchObject({
      body: "message 5, better",
      reactions: [{ emoji: "👍", users: ["ann"] }],
    });
    expect(reader.indexOf(5)).toBe(4);
    expect(reader.indexOf(500)).toBe(-1);
  });

  it("see who is there, who types and how far everybody has read", async () => {
    const ann = await arrive("ann");
    const bob = await arrive("bob");
    const annsRoom = await ann.join("presence");
    const bobsRoom = await bob.join("presence");
    await untilStore("ann sees bob", annsRoom.presence, ({ users }) => users.includes("bob"));
    expect(bobsRoom.presence.get()).toMatchObject({ users: expect.arrayContaining(["ann", "bob"]), count: 2 });

    bobsRoom.notifyTyping();
    await untilStore("ann sees bob type", annsRoom.typing, (users) => users.length === 1);
    const { seq } = await bobsRoom.send("done").acked;
    await untilStore("what he wrote ends it", annsRoom.typing, (users) => users.length === 0);

    annsRoom.markRead();
    await untilStore("bob sees what ann read", bobsRoom.marks, (marks) => marks.get("ann")?.read === seq);
    // Who comes later knows the marks too.
    const late = await (await arrive("cat")).join("presence");
    await untilStore("cat sees it", late.marks, (marks) => marks.get("ann")?.read === seq);
  });

  it("have an inbox that counts what they have not read", async () => {
    const ann = await arrive("ann");
    const bob = await arrive("bob");
    const room = await ann.join("inbox-1");
    await (await bob.join("inbox-1")).send("one").acked;
    await untilStore("it came", room.messages, (all) => all.length === 1);
    const row = (name: string) => ann.client.inbox.get().rooms.find((one) => one.room === name);
    expect(row("inbox-1")).toMatchObject({ unread: 1, lastFrom: "bob" });
    room.markRead();
    await untilStore("it is read", ann.client.inbox, () => row("inbox-1")?.unread === 0);

    room.leave();
    await untilStore("left", room.state, ({ phase }) => phase === "idle");
    await bob.client.room("inbox-1").send("two").acked;
    await untilStore("activity tells", ann.client.inbox, () => row("inbox-1")?.unread === 1);

    const again = await arrive("ann");
    await untilStore("loaded", again.client.inbox, ({ loaded }) => loaded);
    expect(again.client.inbox.get().rooms.find((one) => one.room === "inbox-1")).toMatchObject({ head: 2, read: 1 });

    await again.join("inbox-1");
    room.join();
    await untilStore("joined again", room.state, ({ phase }) => phase === "live");
    again.client.room("inbox-1").leave({ forget: true });
    expect(again.client.inbox.get().rooms.map((one) => one.room)).not.toContain("inbox-1");
    await untilStore("ended here too", room.state, ({ phase, why }) => phase === "left" && why === "left");
    await untilStore("gone from the inbox", ann.client.inbox, () => row("inbox-1") === undefined);
  });

  it("write to one another directly", async () => {
    const dora = await arrive("dora");
    const emil = await arrive("emil");
    const dorasSide = dora.client.direct("emil");
    expect(dorasSide.name).toBe("dm:dora:emil");
    await dorasSide.send("psst").acked;

    const inbox = await untilStore("it stands in emil's inbox", emil.client.inbox, ({ rooms }) => rooms.length === 1);
    expect(inbox.rooms[0]).toMatchObject({ room: "dm:dora:emil", peer: "dora", unread: 1 });
    const emilsSide = emil.client.direct("dora");
    emilsSide.join();
    await untilStore("emil reads it", emilsSide.messages, (all) => all[0]?.body === "psst");

    const cat = await arrive("cat");
    const outside = cat.client.room("dm:dora:emil");
    outside.join();
    const state = await untilStore("it does not exist for others", outside.state, ({ phase }) => phase === "left");
    expect(state.why).toBeTruthy();
  });

  it("verify the order that the node attests", async () => {
    const ann = await arrive("ann");
    const bob = await arrive("bob");
    const mine = await ann.join("chain");
    const theirs = await bob.join("chain");
    await mine.send("one").acked;
    await theirs.send("two").acked;
    await mine.edit(1, "uno").acked;
    await mine.delete(1).acked;
    await untilStore("bob has it all", theirs.state, ({ last }) => last === 4);

    expect(await theirs.verify()).toEqual({ state: "verified", from: 1, to: 4 });
    expect(await mine.verify()).toEqual({ state: "verified", from: 1, to: 4 });
  });

  it("keep what is held of a room when they come back to it", async () => {
    const ann = await arrive("ann");
    const room = await ann.join("back");
    const heard = new Listener(room);
    await room.send("one").acked;
    room.leave();
    await (await arrive("bob")).client.room("back").send("two").acked;
    expect(room.state.get().phase).toBe("idle");

    room.join();
    const state = await untilStore("live", room.state, ({ phase }) => phase === "live");
    expect(state).toMatchObject({ outcome: "recovered", missed: 1 });
    expect(heard.seen.map(({ source }) => source)).toEqual(["live", "resumed"]);
    expect(room.messages.get().map(({ body }) => body)).toEqual(["one", "two"]);
    expect(await room.verify()).toEqual({ state: "verified", from: 1, to: 2 });
  });

  it("leave a room that nobody holds any more", async () => {
    const ann = await arrive("ann");
    const room = ann.client.room("held");
    const one = room.hold();
    const other = room.hold();
    await untilStore("live", room.state, ({ phase }) => phase === "live");
    one();
    one();
    other();
    const third = room.hold();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(room.state.get().phase).toBe("live");
    third();
    await untilStore("left", room.state, ({ phase }) => phase === "idle");
  });

  it("may send without a join", async () => {
    const storage = memoryOutbox();
    const ann = await arrive("ann", { outbox: storage });
    const { seq } = await ann.client.room("elsewhere").send("hello").acked;
    expect(seq).toBe(1);
    expect(ann.client.outbox.get()).toEqual([]);
    expect(await storage.load("ann")).toEqual([]);
  });

  it("are told when a name cannot be one", async () => {
    const ann = await arrive("ann");
    expect(() => ann.client.room("no spaces")).toThrow(TypeError);
    expect(() => ann.client.direct("ann")).toThrow(TypeError);
  });
});
