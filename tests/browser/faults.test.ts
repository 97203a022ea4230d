import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster, history, until } from "./support/cluster.js";
import { browser, Person } from "./support/people.js";

/** High enough that everything that is said here is in the page at once. */
const tall = { viewport: { width: 1280, height: 2_600 } };
const outage_ms_max = 7_000;

const numbered = (bodies: readonly string[], who: string) => bodies.filter((body) => body.startsWith(`${who} `));
const expected = (who: string, count: number) => Array.from({ length: count }, (_, i) => `${who} ${i + 1}`);

describe("a conversation whose node dies", () => {
  let cluster: Cluster;
  let chrome: Browser;

  beforeAll(async () => {
    cluster = await Cluster.started(3);
    chrome = await browser();
  });
  afterAll(async () => {
    await chrome?.close();
    await cluster?.stop();
  });

  it("goes on when the owner of the room is killed with 50 sends un-acked", async () => {
    const owner = cluster.node("node-2");
    const other = cluster.node("node-3");
    await cluster.holds(owner, "lounge");
    const ann = await Person.at(chrome, owner, "ann", "lounge", tall);
    const bob = await Person.at(chrome, other, "bob", "lounge", tall);
    await ann.writes("before");
    await bob.sees("before");

    owner.process.kill("SIGSTOP"); // so that nothing is acked any more
    await Promise.all([ann.writesAll(expected("ann", 25)), bob.writesAll(expected("bob", 25))]);
    await expect.poll(() => ann.page.locator(".row-unsent").count()).toBe(25);
    await expect.poll(() => bob.page.locator(".row-unsent").count()).toBe(25);

    const killed_at = performance.now();
    await cluster.kill(owner);
    await bob.writes("after");
    await bob.page.locator('.row:not(.row-unsent):has-text("after")').waitFor();
    const acked_ms = performance.now() - killed_at;
    await ann.sees("after");
    await ann.page.locator(".row-unsent").first().waitFor({ state: "detached" });
    const whole_ms = performance.now() - killed_at;
    console.info(
      `outage: ${acked_ms.toFixed(0)} ms to an ack, ${whole_ms.toFixed(0)} ms until both pages had everything`,
    );
    expect(whole_ms).toBeLessThan(outage_ms_max);

    const stored = (await history(other, "lounge")).map((message) => message.body);
    expect(numbered(stored, "ann")).toEqual(expected("ann", 25));
    expect(numbered(stored, "bob")).toEqual(expected("bob", 25));
    expect(await ann.bodies()).toEqual(stored);
    expect(await bob.bodies()).toEqual(stored);

    const status = await ann.page.locator(".status-button").textContent();
    expect(status).toMatch(/^Connected to node-/);
    expect(status).not.toContain(owner.name);
    expect(ann.complaints).toEqual([]);
    await ann.page.locator(".status-button").click();
    await ann.page.getByRole("dialog").getByText("Went on without a hole").waitFor();
    await ann.leaves();
    await bob.leaves();

    await cluster.ready(await cluster.start(owner.name, owner.port));
  });

  it("keeps what was not sent when the page is reloaded", async () => {
    const owner = cluster.node("node-1");
    const other = cluster.node("node-3");
    await cluster.holds(owner, "attic");
    const ann = await Person.at(chrome, other, "ann", "attic", tall);
    await ann.writes("before");
    await ann.page.locator('.row:not(.row-unsent):has-text("before")').waitFor();

    owner.process.kill("SIGSTOP");
    await ann.writesAll(["one", "two", "three"]);
    await expect.poll(() => ann.page.locator(".row-unsent").count()).toBe(3);
    await ann.composer.fill("half a sen");
    await ann.page.reload();
    await until(
      "the unsent messages are there again",
      async () => (await ann.page.locator(".row-unsent").count()) === 3,
    );
    expect(await ann.composer.inputValue()).toBe("half a sen");
    owner.process.kill("SIGCONT");

    await ann.page.locator(".row-unsent").first().waitFor({ state: "detached" });
    const stored = (await history(other, "attic")).map((message) => message.body);
    expect(stored).toEqual(["before", "one", "two", "three"]);
    await expect.poll(() => ann.bodies()).toEqual(stored);
    await ann.leaves();
  });

  it("tells why a message was not taken, and lets it go", async () => {
    const ann = await Person.at(chrome, cluster.node("node-1"), "ann", "dm:bob:cat");
    await ann.page.locator(".left-note").waitFor();
    expect(await ann.page.locator(".composer").count()).toBe(0);
    await ann.leaves();
  });
});
