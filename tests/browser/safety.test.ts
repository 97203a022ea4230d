import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster, post } from "./support/cluster.js";
import { browser, Person } from "./support/people.js";

/** What somebody may write to do harm. */
const hostile = [
  `<script>window.harmed = 1</script>`,
  `<img src=x onerror="window.harmed = 2">`,
  `"><svg onload=window.harmed=3>`,
  `javascript:window.harmed=4`,
  `https://example.org/"onmouseover="window.harmed=5`,
  "```\n</pre><script>window.harmed = 6</script>\n```",
  "**<b onclick=window.harmed=7>bold</b>** and `<i>code</i>`",
  `{{constructor.constructor("window.harmed=8")()}}`,
  "<style>body { display: none }</style>",
  "\u202Egnp.exe\u202C turned around \u2066isolated",
  `stacked ${"Z\u0351\u0352\u0353\u0354".repeat(60)}`,
  "NUL \u0000 and bell \u0007",
  "x".repeat(16_384),
  `before the lines${"\n".repeat(300)}after them`,
];

describe("what strangers write", () => {
  let cluster: Cluster;
  let chrome: Browser;
  let ann: Person;

  beforeAll(async () => {
    cluster = await Cluster.started(1);
    chrome = await browser();
    for (const body of hostile) await post(cluster.node("node-1"), "lounge", "eve", body);
    ann = await Person.at(chrome, cluster.node("node-1"), "ann", "lounge", {
      viewport: { width: 1280, height: 3_000 },
    });
    await ann.sees("before the lines");
  });
  afterAll(async () => {
    await chrome?.close();
    await cluster?.stop();
  });

  it("is text, and does nothing", async () => {
    const found = await ann.page.evaluate(() => ({
      harmed: (window as { harmed?: number }).harmed,
      elements: [
        ...document.querySelectorAll(
          ".timeline script, .timeline img, .timeline style, .timeline b, .timeline i, .timeline svg:not(.icon)",
        ),
      ].length,
      handlers: [...document.querySelectorAll(".timeline *")].filter((one) =>
        [...one.attributes].some((at) => at.name.startsWith("on")),
      ).length,
      links: [...document.querySelectorAll<HTMLAnchorElement>(".timeline a")].map((one) => [
        one.protocol,
        one.rel,
        one.target,
      ]),
      shown: getComputedStyle(document.body).display,
    }));
    expect(found).toEqual({
      harmed: undefined,
      elements: 0,
      handlers: 0,
      links: [["https:", "noopener noreferrer nofollow", "_blank"]],
      shown: "block",
    });
    const bodies = await ann.bodies();
    for (const body of hostile.slice(0, 5)) expect(bodies).toContain(body);
  });

  it("turns and stacks nothing but itself", async () => {
    await post(cluster.node("node-1"), "lounge", "eve", "the next line");
    await ann.sees("the next line");
    const outside = await ann.page.evaluate(() => {
      const rows = [...document.querySelectorAll(".timeline-list > .row")].map((row) => row.getBoundingClientRect());
      const overlaps = rows.filter((row, index) => index > 0 && row.top < (rows[index - 1]?.bottom ?? 0) - 1).length;
      const isolated = [...document.querySelectorAll(".body")].every((one) =>
        /isolate/.test(getComputedStyle(one).unicodeBidi),
      );
      const clipped = [...document.querySelectorAll(".body")].every(
        (one) => getComputedStyle(one).overflowY === "clip",
      );
      return { overlaps, isolated, clipped, wide: document.documentElement.scrollWidth > innerWidth };
    });
    expect(outside).toEqual({ overlaps: 0, isolated: true, clipped: true, wide: false });
  });

  it("is folded when it is long", async () => {
    const row = ann.row("xxxxxxxx");
    const before = (await row.boundingBox())?.height ?? 0;
    await row.getByRole("button", { name: "Show all" }).click();
    await expect.poll(async () => (await row.boundingBox())?.height ?? 0).toBeGreaterThan(before * 3);
  });

  it("comes as a reaction too", async () => {
    const room = "reactions";
    await post(cluster.node("node-1"), room, "eve", "react to me");
    const eve = await Person.at(chrome, cluster.node("node-1"), "eve", room);
    await eve.page.evaluate(() => {
      const socket = new WebSocket(`ws://${location.host}/ws`, "troupe.v1");
      socket.onopen = () => {
        socket.send(JSON.stringify({ type: "hello", id: 1, user: "mallory" }));
        const body = "<img src=x onerror=harmed=9>";
        let cid = "QRSTVWXYZ0123456";
        for (let time = Date.now(), digit = 0; digit < 10; digit++, time = Math.floor(time / 32))
          cid = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".charAt(time % 32) + cid;
        socket.send(JSON.stringify({ type: "send", id: 2, room: "reactions", cid, kind: "reaction", target: 1, body }));
      };
    });
    await eve.page.locator(".reaction", { hasText: "<img" }).waitFor();
    expect(
      await eve.page.evaluate(() => [
        (window as { harmed?: number }).harmed,
        document.querySelectorAll(".reactions img").length,
      ]),
    ).toEqual([undefined, 0]);
    await eve.leaves();
  });
});

describe("the policy of the page", () => {
  let cluster: Cluster;
  let chrome: Browser;

  beforeAll(async () => {
    cluster = await Cluster.started(2);
    chrome = await browser();
  });
  afterAll(async () => {
    await chrome?.close();
    await cluster?.stop();
  });

  it("lets no text become markup, script or an address of something else", async () => {
    const ann = await Person.at(chrome, cluster.node("node-1"), "ann");
    const tried = await ann.page.evaluate(async (stranger) => {
      const fails = (what: () => unknown) => {
        try {
          what();
          return false;
        } catch {
          return true;
        }
      };
      const script = document.createElement("script");
      const inline = document.createElement("div");
      inline.setAttribute("style", "position: fixed");
      document.body.append(inline);
      const reached = (url: string) =>
        fetch(url).then(
          () => true,
          () => false,
        );
      const result = {
        markup: fails(() => {
          document.body.innerHTML = "<b>markup</b>";
        }),
        source: fails(() => {
          script.src = "/assets/any.js";
        }),
        policies: fails(() =>
          (
            window as unknown as { trustedTypes: { createPolicy: (name: string, rules: object) => void } }
          ).trustedTypes.createPolicy("default", { createHTML: (text: string) => text }),
        ),
        style: getComputedStyle(inline).position,
        elsewhere: await reached(stranger),
        here: await reached("/client.json"),
      };
      inline.remove();
      return result;
    }, "http://localhost:1/");
    expect(tried).toEqual({
      markup: true,
      source: true,
      policies: true,
      style: "static",
      elsewhere: false,
      here: true,
    });
    await ann.leaves();
  });

  it("lets no other page frame it, and no other page open a socket", async () => {
    const [one, two] = cluster.nodes;
    if (!one || !two) throw new Error("there are no two nodes");
    const context = await chrome.newContext();
    const page = await context.newPage();
    await page.route("http://stranger.example/", (route) =>
      route.fulfill({ contentType: "text/html", body: `<iframe src="${one.origin}/"></iframe>` }),
    );
    await page.goto("http://stranger.example/");
    await page.waitForTimeout(300);
    expect(
      await page
        .frames()[1]
        ?.locator("#app")
        .count()
        .catch(() => 0),
    ).toBe(0);
    const opens = (url: string) =>
      page.evaluate(
        (to) =>
          new Promise<boolean>((done) => {
            const socket = new WebSocket(to, "troupe.v1");
            socket.onopen = () => done(true);
            socket.onerror = () => done(false);
          }),
        url,
      );
    expect(await opens(`ws://127.0.0.1:${one.port}/ws`)).toBe(false);
    await page.goto(one.origin);
    expect(await opens(`ws://127.0.0.1:${one.port}/ws`)).toBe(true);
    expect(await opens(`ws://127.0.0.1:${two.port}/ws`)).toBe(true);
    await context.close();
  });
});
