// Several nodes that share a log, one of which dies.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster } from "./support/cluster.js";
import { Listener, Person } from "./support/person.js";
import { until, untilStore } from "./support/until.js";

describe("people on three nodes", () => {
  let cluster: Cluster;
  const people: Person[] = [];

  beforeAll(async () => {
    cluster = await Cluster.start(3);
  });
  afterAll(async () => {
    for (const { client } of people) client.disconnect();
    await cluster.remove();
  });

  it("lose nothing when the owner of their room is killed while 50 sends are un-acked", async () => {
    const room = "lounge";
    const owner = await cluster.ownerOf(room);
    const others = cluster.urls.filter((_, i) => i !== owner);
    const ann = await new Person(others[0] ?? "", "ann").arrive();
    const bob = await new Person(others[1] ?? "", "bob").arrive();
    // Eve is on the node that dies, and knows the others.
    const eve = await new Person([cluster.urls[owner] ?? "", ...others], "eve").arrive();
    people.push(ann, bob, eve);
    const annsRoom = await ann.join(room);
    const heard = [annsRoom, await bob.join(room), await eve.join(room)].map((one) => new Listener(one));
    await annsRoom.send("message 0").acked;

    const bodies = Array.from({ length: 51 }, (_, i) => `message ${i}`);
    const sendings = bodies.slice(1).map((body) => annsRoom.send(body));
    const evesRoom = eve.client.room(room);
    const own = evesRoom.send("from the dying node");
    await cluster.killNode(owner);
    const receipts = await Promise.all(sendings.map(({ acked }) => acked));
    await own.acked;

    for (const { room: of, seen } of heard)
      await until(
        `${of.name} is whole`,
        () => seen.length === 52,
        30_000,
        () => [seen.length, of.state.get()],
      );
    const fromAnn = heard.map(({ seen }) => seen.filter(({ entry }) => entry.from === "ann"));
    for (const seen of fromAnn) expect(seen.map(({ entry }) => entry.body)).toEqual(bodies);
    for (const { seqs, discontinuities } of heard) {
      expect(seqs).toEqual(Array.from({ length: 52 }, (_, i) => i + 1));
      expect(discontinuities).toEqual([]);
    }
    expect(receipts.map(({ cid }) => cid)).toEqual(sendings.map(({ cid }) => cid));
    expect(eve.client.connection.get()).toMatchObject({ state: "online", user: "eve" });
    expect(evesRoom.state.get()).toMatchObject({ outcome: "recovered" });
    for (const { room: of } of heard) expect((await of.verify()).state).toBe("verified");
  });

  it("move on when a node is drained", async () => {
    const [drained = 0, stays = 0] = cluster.alive;
    const [one = "", other = ""] = [cluster.urls[drained], cluster.urls[stays]];
    const dora = await new Person([one, other], "dora").arrive();
    people.push(dora);
    const room = await dora.join("parlour");
    await room.send("before").acked;
    await cluster.drainNode(drained);
    await untilStore("elsewhere", dora.client.connection, ({ state, url }) => state === "online" && url === other);
    await room.send("after").acked;
    expect(room.messages.get().map(({ body }) => body)).toEqual(["before", "after"]);
    expect(room.state.get()).toMatchObject({ outcome: "recovered", phase: "live" });
  });
});
