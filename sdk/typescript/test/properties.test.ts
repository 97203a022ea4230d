// Whatever happens between clients and a node: nothing is lost, doubled or reordered.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Client, type ClientOptions, memoryOutbox, type OutboxStorage, type Sending } from "../src/index.js";
import { ModelNode } from "./support/model_node.js";
import { Listener } from "./support/person.js";
import { VirtualTime } from "./support/virtual_time.js";

const room = "lounge";
const runs = Number(process.env.TROUPE_PROPERTY_RUNS ?? 150);

const deed = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("send" as const), who: fc.nat(1) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("others" as const), count: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("cut", "unreachable", "reload", "leave", "wake"), who: fc.nat(1) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("gap", "silence") }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("refuse" as const),
      how: fc.constantFrom("same", "after", "stored-but-same", "never"),
    }),
  },
);

class Device {
  readonly storage: OutboxStorage = memoryOutbox();
  readonly written: { readonly body: string; readonly sending: Sending }[] = [];
  client!: Client;
  listener!: Listener;

  constructor(
    readonly user: string,
    readonly time: VirtualTime,
    readonly node: ModelNode,
  ) {
    this.load();
  }

  load(): void {
    const options: ClientOptions = { user: this.user, WebSocket: this.node.socketClass, outbox: this.storage };
    this.client = new Client("ws://model/ws", { ...options, environment: this.time, history: 5, backoffMaxMs: 500 });
    this.listener = new Listener(this.client.room(room));
    this.client.room(room).join();
    this.client.connect();
  }
}

async function live(deeds: readonly Deed[], seed: number) {
  const time = new VirtualTime(seed);
  const node = new ModelNode(time);
  const devices = [new Device("ann", time, node), new Device("bob", time, node)] as const;
  let others = 0;
  for (const one of deeds) {
    const device = devices[(one.who ?? 0) as 0 | 1];
    switch (one.do) {
      case "send": {
        const body = `${device.user} ${device.written.length}`;
        device.written.push({ body, sending: device.client.room(room).send(body) });
        break;
      }
      case "others":
        for (let i = 0; i < (one.count ?? 0); i++) node.append(room, "cat", `C${others}`, `cat ${others++}`);
        break;
      case "pass":
        await time.pass(one.ms ?? 0);
        break;
      case "cut":
        node.cutAll();
        break;
      case "unreachable":
        node.reachable = !node.reachable;
        node.cutAll();
        break;
      case "reload":
        await time.pass(0);
        device.client.disconnect();
        device.load();
        break;
      case "leave":
        device.client.room(room).leave();
        await time.pass(one.ms ?? 3);
        device.client.room(room).join();
        break;
      case "wake":
        device.client.wake();
        break;
      case "refuse":
        if (one.how) node.refusals.push(one.how);
        break;
      default:
        for (const socket of node.sockets)
          for (const subscription of socket.subscriptions.values()) subscription.hurt = one.do;
    }
  }
  // All is well again.
  node.reachable = true;
  node.refusals = [];
  await time.pass(5_000);
  node.tellHeads();
  await time.pass(5_000);
  return { node, devices };
}

interface Deed {
  readonly do:
    | "send"
    | "pass"
    | "others"
    | "cut"
    | "unreachable"
    | "reload"
    | "leave"
    | "wake"
    | "gap"
    | "silence"
    | "refuse";
  readonly who?: number;
  readonly ms?: number;
  readonly count?: number;
  readonly how?: "same" | "after" | "stored-but-same" | "never";
}

const contiguous = (seqs: readonly number[]) => seqs.every((seq, i) => i === 0 || seq === (seqs[i - 1] ?? 0) + 1);

describe("clients and a node that both follow the protocol", () => {
  it("agree on everything in the end, whatever happened", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 60 }), fc.nat(), async (deeds, seed) => {
        const { node, devices } = await live(deeds as Deed[], seed);
        const log = node.log(room).entries;
        for (const { client, listener, written, user } of devices) {
          const state = client.room(room).state.get();
          expect(state).toMatchObject({ phase: "live", last: log.length });
          // Each event once, in order, without a hole; never begun anew.
          expect(contiguous(listener.seqs)).toBe(true);
          expect(listener.discontinuities).toEqual([]);
          if (listener.seqs.length > 0) expect(listener.seqs.at(-1)).toBe(log.length);
          for (const { entry } of listener.seen) expect(entry).toEqual(log[entry.seq - 1]);
          expect(
            client
              .room(room)
              .messages.get()
              .map(({ seq }) => seq),
          ).toEqual(listener.seqs);
          // Each message is stored once, or was refused and is still there to be sent anew.
          const refused = client.outbox.get();
          expect(refused.every((one) => one.state === "refused")).toBe(true);
          const stored = log.filter(({ from }) => from === user).map(({ body }) => body);
          expect(new Set(stored).size).toBe(stored.length);
          expect(new Set([...stored, ...refused.map(({ body }) => body)])).toEqual(
            new Set(written.map(({ body }) => body)),
          );
          expect(stored.length + refused.length).toBe(written.length);
          // The order that the node attests was recomputed.
          const { state: verified, to } = client.room(room).verification.get();
          expect(verified).toBe("verified");
          expect(to).toBeLessThanOrEqual(log.length);
        }
      }),
      { numRuns: runs },
    );
  });

  it("keep the order of writing when nothing is refused", async () => {
    const kind = deed.filter((one) => one.do !== "refuse");
    await fc.assert(
      fc.asyncProperty(fc.array(kind, { maxLength: 60 }), fc.nat(), async (deeds, seed) => {
        const { node, devices } = await live(deeds as Deed[], seed);
        for (const { user, written } of devices) {
          const stored = node.log(room).entries.filter(({ from }) => from === user);
          expect(stored.map(({ body }) => body)).toEqual(written.map(({ body }) => body));
        }
      }),
      { numRuns: runs },
    );
  });

  it("tell where a log was lost or pruned, and are whole after it", async () => {
    const loss = fc.oneof(
      { weight: 6, arbitrary: deed },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("lose", "prune") }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(loss, { maxLength: 60 }), fc.nat(), async (deeds, seed) => {
        const time = new VirtualTime(seed);
        const node = new ModelNode(time);
        const device = new Device("ann", time, node);
        const runsOfSeqs: number[][] = [[]];
        device.listener.room.on("discontinuity", () => runsOfSeqs.push([]));
        device.listener.room.on("message", ({ entry }) => runsOfSeqs.at(-1)?.push(entry.seq));
        for (const one of deeds) {
          if (one.do === "lose") node.lose(room);
          else if (one.do === "prune") node.prune(room, 3);
          else if (one.do === "send") device.client.room(room).send("x");
          else if (one.do === "others") for (let i = 0; i < 7; i++) node.append(room, "cat", `C${time.random()}`, "x");
          else if (one.do === "cut" || one.do === "unreachable") node.cutAll();
          else if (one.do === "gap" || one.do === "silence") {
            for (const socket of node.sockets)
              for (const subscription of socket.subscriptions.values()) subscription.hurt = one.do;
          } else await time.pass("ms" in one ? one.ms : 5);
        }
        await time.pass(5_000);
        node.tellHeads();
        await time.pass(5_000);

        const { epoch, entries, min } = node.log(room);
        const state = device.client.room(room).state.get();
        expect(state).toMatchObject({ phase: "live", epoch, last: entries.length });
        for (const seqs of runsOfSeqs) expect(contiguous(seqs)).toBe(true);
        const held = device.client.room(room).messages.get();
        expect(held.map(({ cid }) => cid)).toEqual(entries.slice(state.first - 1).map(({ cid }) => cid));
        expect(state.first).toBeLessThanOrEqual(Math.max(min, entries.length + 1));
        expect(device.client.outbox.get()).toEqual([]);
        expect(device.client.room(room).verification.get().state).toBe("verified");
      }),
      { numRuns: runs },
    );
  });
});
