// The position in a room's stream, step by step.
import { describe, expect, it } from "vitest";
import type { Entry, ServerJoined, ServerPage } from "../src/protocol.js";
import { Stream } from "../src/stream.js";

function entry(seq: number): Entry {
  return { seq, from: "ann", cid: `C${seq}`, time: 1, kind: "text", body: `message ${seq}` };
}

const entries = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => entry(from + i));

function joined(head: number, messages: readonly Entry[], more: Partial<ServerJoined> = {}): ServerJoined {
  const common = { type: "joined", room: "lounge", epoch: "e1", min: 1, chain: "", me: { role: "member" } } as const;
  return { ...common, head, messages, recovered: true, more: false, ...more };
}

function page(messages: readonly Entry[], more: boolean, min = 1): ServerPage {
  return { type: "page", re: 1, room: "lounge", epoch: "e1", messages, more, min, prev: "" };
}

/** A stream and a transcript of what it asked for and told. */
function told() {
  const lines: string[] = [];
  const stream = new Stream({
    join: (since) => lines.push(since ? `join since ${since.epoch} ${since.seq}` : "join"),
    fetch: (after) => lines.push(`fetch after ${after}`),
    take: ({ seq }, source) => lines.push(`${seq} ${source}`),
    begin: (epoch, first, why) => lines.push(`begin ${epoch} at ${first}, ${why}`),
  });
  return { stream, lines, take: () => lines.splice(0) };
}

describe("a stream", () => {
  it("begins with the newest messages, and goes on live", () => {
    const { stream, take } = told();
    stream.join();
    stream.joined(joined(7, entries(5, 7)));
    stream.message("e1", entry(8));
    stream.ack("e1", entry(9), false);
    expect(take()).toEqual(["join", "begin e1 at 5, new", "5 history", "6 history", "7 history", "8 live", "9 live"]);
    expect(stream.position).toEqual({ epoch: "e1", seq: 9 });
  });

  it("leaves out what was taken", () => {
    const { stream, take } = told();
    stream.join();
    stream.joined(joined(2, entries(1, 2)));
    take();
    for (const seq of [1, 2, 3, 3]) stream.message("e1", entry(seq));
    stream.ack("e1", entry(2), false);
    stream.ack("e1", entry(9), true);
    expect(take()).toEqual(["3 live"]);
  });

  it("reads pages until there are no more, and nothing of the pushes meanwhile", () => {
    const { stream, take } = told();
    stream.join();
    stream.joined(joined(2, entries(1, 2)));
    stream.away();
    stream.join();
    stream.joined(joined(6, entries(3, 4), { more: true }));
    stream.message("e1", entry(7));
    stream.ack("e1", entry(6), false);
    stream.page(page(entries(5, 5), true));
    stream.page(page(entries(6, 7), false));
    stream.message("e1", entry(8));
    expect(take().slice(4)).toEqual([
      "join since e1 2",
      "3 resumed",
      "4 resumed",
      "fetch after 4",
      "5 resumed",
      "fetch after 5",
      "6 resumed",
      "7 resumed",
      "8 live",
    ]);
    expect(stream).toMatchObject({ recovered: true, missed: 5, phase: "live" });
  });

  it("fetches what the server dropped, and joins again where something was lost without a word", () => {
    const { stream, take } = told();
    stream.join();
    stream.joined(joined(2, entries(1, 2)));
    take();
    stream.gap(5);
    stream.gap(6);
    stream.page(page(entries(3, 5), false));
    stream.message("e1", entry(7));
    stream.joined(joined(7, entries(6, 7)));
    stream.headIs(7);
    stream.headIs(9);
    const taken = ["3 resumed", "4 resumed", "5 resumed", "join since e1 5", "6 resumed", "7 resumed"];
    expect(take()).toEqual(["fetch after 2", ...taken, "join since e1 7"]);
    expect(stream.gaps).toBe(1);
  });

  it("begins anew in another log, and where retention took what was missed", () => {
    const { stream, take } = told();
    stream.join();
    stream.joined(joined(2, entries(1, 2)));
    take();
    stream.joined(joined(1, entries(1, 1), { epoch: "e2", recovered: false }));
    expect(take()).toEqual(["begin e2 at 1, discontinuity", "1 history"]);
    stream.join();
    stream.joined(joined(20, entries(15, 20), { epoch: "e2", recovered: false, more: true, min: 10 }));
    expect(take()).toEqual([
      "join since e2 1",
      "begin e2 at 15, discontinuity",
      ...entries(15, 20).map(({ seq }) => `${seq} history`),
    ]);
    // Without messages, the position is the head.
    stream.joined(joined(30, [], { epoch: "e3", recovered: false }));
    expect(stream.position).toEqual({ epoch: "e3", seq: 30 });
  });
});
