import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { Cluster, type Node } from "./support/cluster.js";
import { browser, Person } from "./support/people.js";

const messages = 100_000;
const nodes_max = 300;
const task_ms_max = 50;

const configuration = `
[session]
inflight_max = 2048
[[rooms]]
pattern = "*room"
history_count = 200000
`;

const words = "the quick brown fox jumps over the lazy dog while many people look and some of them wonder why".split(
  " ",
);

/** Different lengths, so that no two rows in a row are equally high. */
function bodyOf(index: number): string {
  return `${index}: ${Array.from({ length: 1 + ((index * 7) % 40) }, (_, word) => words[(index + word) % words.length]).join(" ")}`;
}

/** Says it all through one socket, with as much under way as is allowed. */
function fill(node: Node, room: string, user: string, count: number): Promise<void> {
  const inflight = 1_000;
  return new Promise((done, failed) => {
    const socket = new WebSocket(`ws://127.0.0.1:${node.port}/ws`, "troupe.v1");
    const begun = Date.now();
    let sent = 0;
    let acked = 0;
    const cid = (index: number) => {
      let text = "";
      for (let time = begun, i = 0; i < 10; i++, time = Math.floor(time / 32))
        text = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[time % 32] + text;
      return text + String(index).padStart(16, "0");
    };
    const more = () => {
      while (sent < count && sent - acked < inflight) {
        sent++;
        socket.send(JSON.stringify({ type: "send", id: sent + 1, room, cid: cid(sent), body: bodyOf(sent) }));
      }
    };
    socket.on("open", () => socket.send(JSON.stringify({ type: "hello", id: 1, user })));
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as { type: string; message?: string };
      if (frame.type === "error") failed(new Error(frame.message));
      if (frame.type === "ack") acked++;
      if (acked === count) {
        socket.close();
        done();
      } else if (frame.type === "welcome" || acked % 100 === 0) more();
    });
    socket.on("error", failed);
  });
}

describe(`a room with ${messages} messages`, () => {
  let cluster: Cluster;
  let chrome: Browser;

  beforeAll(async () => {
    cluster = await Cluster.started(1, configuration);
    await fill(cluster.node("node-1"), "archive", "bob", messages);
    chrome = await browser();
  }, 120_000);
  afterAll(async () => {
    await chrome?.close();
    await cluster?.stop();
  });

  it("is scrolled through to its beginning without a long task, and with few rows in the page", async () => {
    const ann = await Person.at(chrome, cluster.node("node-1"), "ann", "archive");
    await ann.sees(bodyOf(messages));
    const seen = await ann.page.evaluate(async () => {
      const box = document.querySelector(".timeline");
      if (!box) throw new Error("there is no timeline");
      const tasks: number[] = [];
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({
        type: "longtask",
      });
      let rows = 0;
      let frames = 0;
      const frame = async () => {
        await new Promise((done) => requestAnimationFrame(done));
        rows = Math.max(rows, document.querySelectorAll(".timeline-list > .row").length);
        frames++;
      };
      const first = () => document.querySelector<HTMLElement>(".timeline-list > .row")?.dataset.seq;
      const begun = performance.now();
      while (first() !== "1" && performance.now() - begun < 90_000) {
        box.scrollTop = 0; // as fast as older messages come
        await frame();
      }
      const read_s = (performance.now() - begun) / 1_000;
      const reading = { frames, tasks: tasks.length, longest: Math.max(0, ...tasks) };
      // And now with everything held: through the whole of it, in steps of a page and in leaps. What the page does not
      // do each time is the machine's.
      let longest = Number.POSITIVE_INFINITY;
      for (let pass = 0; pass < 3 && longest > 0; pass++) {
        tasks.length = 0;
        for (let at = 0; at < 240; at++) {
          box.scrollTop = at < 120 ? box.scrollTop + 700 : (box.scrollHeight * ((at * 37) % 120)) / 120;
          await frame();
        }
        await new Promise((done) => setTimeout(done, 300));
        longest = Math.min(longest, Math.max(0, ...tasks));
      }
      return { first: first(), longest, reading, rows, frames, read_s, height: Math.round(box.scrollHeight) };
    });
    console.info(`100,000 messages (tasks count from 50 ms on): ${JSON.stringify(seen)}`);
    expect(seen.rows).toBeLessThanOrEqual(nodes_max);
    // Times are judged where nothing else runs, and only told elsewhere: a loaded machine makes every task long.
    if (process.env.TROUPE_JUDGE_TIMES) {
      expect(seen.longest).toBeLessThanOrEqual(task_ms_max);
      expect(seen.reading.tasks).toBeLessThanOrEqual(seen.reading.frames / 100);
    }
    expect(seen.height).toBeGreaterThan(messages * 24);
    expect(ann.complaints).toEqual([]);
    await ann.leaves();
  }, 180_000);
});
