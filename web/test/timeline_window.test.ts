import type { Message, Outgoing } from "@troupe/client";
import { describe, expect, it } from "vitest";
import { readersOf } from "../src/timeline/readers.js";
import { continues } from "../src/timeline/rows.js";
import { TimelineWindow } from "../src/timeline/timeline_window.js";

function message(seq: number, more: Partial<Message> = {}): Message {
  return {
    seq,
    from: seq % 3 === 0 ? "bob" : "cat",
    cid: `cid-${seq}`,
    time: seq * 60_000,
    kind: "text",
    body: "some words ".repeat(1 + (seq % 9)),
    deleted: false,
    reactions: [],
    mine: false,
    pending: false,
    ...more,
  };
}
const messages = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i));
const outgoing = (cid: string): Outgoing => ({
  cid,
  room: "lounge",
  kind: "text",
  body: "x",
  time: 0,
  state: "sent",
  attempts: 1,
});

/** What the page does after a change: chooses rows, measures them, settles. */
function draw(view: TimelineWindow, measured: (index: number) => number) {
  for (let round = 0; round < 10; round++) {
    view.settle();
    if (view.is_stale() || view.pinned) view.choose();
    for (let index = view.first; index < view.end; index++) view.heights.set(index, measured(index));
    view.settle();
    if (!view.is_stale()) return;
  }
  throw new Error("it never comes to rest");
}

describe("the window over a long timeline", () => {
  it("begins at the end, and stays there while messages come", () => {
    const view = new TimelineWindow("ann");
    view.take(messages(1, 1_000), []);
    draw(view, () => 31);
    expect(view.end).toBe(1_000);
    view.take(messages(1, 1_005), [outgoing("a")]);
    draw(view, () => 47);
    expect(view.end).toBe(1_006);
    expect(view.top + view.viewport).toBeCloseTo(view.full_height);
  });

  it("keeps what one reads in its place while older messages are put in front", () => {
    const view = new TimelineWindow("ann");
    const heightOf = (seq: number) => 20 + (seq % 50);
    view.take(messages(801, 1_000), []);
    draw(view, (index) => heightOf(801 + index));
    view.scrolled(500);
    draw(view, (index) => heightOf(801 + index));
    const index = view.heights.find(view.top);
    const before = view.place(index) - view.top;
    view.take(messages(601, 1_000), []);
    draw(view, (at) => heightOf(601 + at));
    expect(view.place(index + 200) - view.top).toBeCloseTo(before);
    expect(view.pinned).toBe(false);
  });

  it("has few rows, wherever one looks", () => {
    const view = new TimelineWindow("ann");
    view.take(messages(1, 100_000), []);
    for (let at = 0; at < 100; at++) {
      view.scrolled((view.full_height * at) / 100);
      draw(view, () => 24);
      expect(view.end - view.first).toBeLessThanOrEqual(200);
      expect(view.place(view.first)).toBeLessThanOrEqual(view.top + 96);
      expect(view.place(view.end)).toBeGreaterThanOrEqual(Math.min(view.top + view.viewport, view.full_height - 20));
    }
  });

  it("comes to rest when more than the most rows would be needed", () => {
    const view = new TimelineWindow("ann");
    view.resize(700, 9_000);
    view.take(messages(1, 2_000), []);
    draw(view, () => 10);
    expect(view.end - view.first).toBe(200);
  });

  it("begins anew when nothing of what it held is left", () => {
    const view = new TimelineWindow("ann");
    view.take(messages(1, 500), []);
    view.scrolled(0);
    view.take(messages(900, 950), []);
    expect(view.count).toBe(51);
    expect(view.pinned).toBe(true);
  });
});

it("puts messages of one author together that follow soon on one day", () => {
  const first = message(1, { from: "bob", time: 1_000 });
  expect(continues(first, message(2, { from: "bob", time: 2_000 }), "ann")).toBe(true);
  expect(continues(first, message(2, { from: "cat", time: 2_000 }), "ann")).toBe(false);
  expect(continues(first, message(2, { from: "bob", time: 400_000 }), "ann")).toBe(false);
  expect(continues(first, message(2, { from: "bob", time: 2_000, replyTo: 1 }), "ann")).toBe(false);
  expect(continues(undefined, first, "ann")).toBe(false);
});

it("shows who has read at the last message they have read", () => {
  const list = [message(2, { from: "bob" }), message(5, { from: "cat" }), message(9, { from: "bob" })];
  const marks = new Map([
    ["ann", { read: 9, recv: 9 }],
    ["bob", { read: 9, recv: 9 }],
    ["cat", { read: 7, recv: 9 }],
    ["dan", { read: 7, recv: 7 }],
    ["eve", { read: 1, recv: 7 }],
  ]);
  expect([...readersOf(list, marks, "ann")]).toEqual([[1, ["dan"]]]);
});
