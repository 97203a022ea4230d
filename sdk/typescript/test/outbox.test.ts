// What is given to a connection, and when.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Item, Outbox } from "../src/outbox.js";

const rooms = ["lounge", "parlour"];
const inflightMax = 4;

const deed = fc.oneof(
  fc.record({ do: fc.constant("write" as const), room: fc.nat(1) }),
  fc.record({ do: fc.constant("give" as const), ready: fc.nat(3) }),
  fc.record({ do: fc.constantFrom("ack" as const, "refuse" as const), which: fc.nat(20) }),
  fc.record({ do: fc.constant("again" as const), which: fc.nat(20), ms: fc.nat(50), all: fc.boolean() }),
  fc.record({ do: fc.constantFrom("lose" as const, "reload" as const) }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.nat(50) }),
);

describe("the outbox", () => {
  it("gives each room's messages in the order of writing, never too many, and forgets none", () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 80 }), (deeds) => {
        let outbox = new Outbox();
        let now = 0;
        let written = 0;
        const done = new Set<string>();
        const sent = () => outbox.items.filter(({ state }) => state === "sent");
        const give = (ready: (room: string) => boolean) => {
          const due = outbox.due(now, inflightMax, ready);
          for (const item of due) {
            expect(item.state).toBe("waiting");
            expect(item.dueMs).toBeLessThanOrEqual(now);
            expect(ready(item.record.room)).toBe(true);
            const sameRoom = outbox.items.filter((other) => other.record.room === item.record.room);
            // Nothing earlier of its room is left waiting.
            for (const earlier of sameRoom.slice(0, sameRoom.indexOf(item)))
              expect(earlier.state !== "waiting" || due.includes(earlier)).toBe(true);
          }
          for (const item of due) outbox.given(item);
          expect(sent().length).toBeLessThanOrEqual(inflightMax);
        };
        for (const one of deeds) {
          const item: Item | undefined = "which" in one ? sent()[one.which % Math.max(1, sent().length)] : undefined;
          switch (one.do) {
            case "write": {
              const cid = `C${String(written++).padStart(3, "0")}`;
              const room = rooms[one.room] ?? "";
              outbox.add({ user: "ann", cid, room, kind: "text", body: cid, time: now });
              break;
            }
            case "give":
              give((room) => one.ready > 1 || rooms[one.ready] === room);
              break;
            case "ack":
            case "refuse":
              if (!item) break;
              outbox.remove(item);
              done.add(item.record.cid);
              break;
            case "again":
              if (item) outbox.again(item, now + one.ms, one.all);
              break;
            case "lose":
              outbox.connectionLost();
              expect(sent()).toEqual([]);
              break;
            case "reload": {
              // Something is written before the records were read.
              const records = outbox.items.map(({ record }) => record);
              outbox = new Outbox();
              const cid = `C${String(written++).padStart(3, "0")}`;
              outbox.add({ user: "ann", cid, room: "lounge", kind: "text", body: cid, time: now });
              outbox.restore(records);
              break;
            }
            case "pass":
              now += one.ms;
              break;
          }
          const cids = outbox.items.map(({ record }) => record.cid);
          expect(cids).toEqual([...cids].sort());
          expect(cids.length + done.size).toBe(written);
          const orders = outbox.items.map(({ record }) => record.order);
          expect(orders).toEqual([...new Set(orders)].sort((a, b) => a - b));
        }
        // In the end everything goes out.
        for (let round = 0; outbox.items.length > 0; round++) {
          expect(round).toBeLessThan(200);
          now = Math.max(now, outbox.wakesAt(now) ?? now);
          give(() => true);
          for (const item of sent()) outbox.remove(item);
        }
      }),
      { numRuns: 500 },
    );
  });
});
