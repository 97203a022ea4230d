import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster, until } from "./support/cluster.js";
import { browser, Person } from "./support/people.js";

describe("two people on two nodes", () => {
  let cluster: Cluster;
  let chrome: Browser;
  let ann: Person;
  let bob: Person;

  beforeAll(async () => {
    cluster = await Cluster.started(2);
    chrome = await browser();
    ann = await Person.at(chrome, cluster.node("node-1"), "ann", "lounge");
    bob = await Person.at(chrome, cluster.node("node-2"), "bob", "lounge");
  });
  afterAll(async () => {
    await chrome?.close();
    await cluster?.stop();
  });

  it("see what the other writes, and who is there", async () => {
    await ann.writes("Hello, Bob");
    await bob.sees("Hello, Bob");
    await bob.writes("Hello, Ann");
    await ann.sees("Hello, Ann");
    await ann.page.locator(".members", { hasText: "bob" }).waitFor();
    await expect.poll(() => ann.page.locator(".status-button").textContent()).toBe("Connected to node-1");
    await expect.poll(() => bob.page.locator(".status-button").textContent()).toBe("Connected to node-2");
  });

  it("see that the other types", async () => {
    // A notice goes out each three seconds at most, and what was just sent was typed too.
    await until("ann sees it", async () => {
      await bob.composer.press("x");
      return ann.page.locator(".typing", { hasText: "bob is typing" }).isVisible();
    });
    await bob.composer.fill("");
  });

  it("see how far the other has read", async () => {
    await ann.row("Hello, Ann").waitFor();
    await bob.page.locator('.row:has-text("Hello, Ann") .readers[title="Read by ann"]').waitFor();
  });

  it("edit, with the key and on the other page too", async () => {
    await ann.composer.press("ArrowUp");
    await expect.poll(() => ann.composer.inputValue()).toBe("Hello, Bob");
    await ann.writes("Hello, Robert");
    await bob.sees("Hello, Robert");
    await bob.row("Hello, Robert").locator(".edited").waitFor();
  });

  it("answer, and find what was answered", async () => {
    await bob.row("Hello, Robert").hover();
    await bob.page.getByRole("button", { name: "Reply" }).click();
    await bob.writes("Nobody calls me that");
    const quote = ann.row("Nobody calls me that").locator(".quote");
    await quote.waitFor();
    await expect.poll(() => quote.textContent()).toContain("Hello, Robert");
    await quote.click();
    await ann.page.locator(".row-marked", { hasText: "Hello, Robert" }).waitFor();
  });

  it("react, and take it back", async () => {
    await ann.row("Nobody calls me that").hover();
    await ann.page.getByRole("button", { name: "React with 😂" }).click();
    const chip = bob.row("Nobody calls me that").getByRole("button", { name: "😂 by ann" });
    await chip.click();
    await ann.row("Nobody calls me that").getByRole("button", { name: "😂 by ann, bob" }).click();
    await bob.row("Nobody calls me that").getByRole("button", { name: "😂 by bob" }).waitFor();
  });

  it("delete for everybody", async () => {
    await ann.writes("This was a mistake");
    await bob.sees("This was a mistake");
    await ann.row("This was a mistake").hover();
    await ann.page.getByRole("button", { name: "Delete" }).click();
    await ann.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await bob.sees("This message was deleted.");
    expect(await bob.row("This was a mistake").count()).toBe(0);
  });

  it("write directly, and are told of what they have not read", async () => {
    await bob.page.locator(".members").getByRole("link", { name: "ann" }).click();
    await bob.page.locator(".beginning", { hasText: "direct messages with ann" }).waitFor();
    await bob.writes("Between us");
    const entry = ann.page.locator(".conversation", { hasText: "bob" });
    await entry.locator(".badge", { hasText: "1" }).first().waitFor();
    await expect.poll(() => ann.page.title()).toBe("(1) lounge · Troupe");
    await entry.click();
    await ann.sees("Between us");
    await expect.poll(() => entry.locator(".badge").count()).toBe(0);
    await bob.page.locator('.readers[title="Read by ann"]').waitFor();
  });

  it("find the first message that they have not read", async () => {
    await bob.opens("lounge");
    await bob.writes("While you were elsewhere");
    await bob.writes("And more");
    await ann.page.locator(".conversation", { hasText: "lounge" }).locator(".badge").first().waitFor();
    await ann.opens("lounge");
    await ann.row("While you were elsewhere").locator(".new-line").waitFor();
  });

  it("have a page of which nothing moves that one did not move, and that does not complain", async () => {
    const shift = await ann.page.evaluate(
      () =>
        new Promise<number>((done) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) {
              const { hadRecentInput, value } = entry as PerformanceEntry & { hadRecentInput: boolean; value: number };
              if (!hadRecentInput) sum += value;
            }
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => done(sum), 300);
        }),
    );
    console.info(`layout shift of the whole conversation: ${shift.toFixed(4)}`);
    expect(shift).toBeLessThan(0.1);
    expect(ann.complaints).toEqual([]);
    expect(bob.complaints).toEqual([]);
  });
});
