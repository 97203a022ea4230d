import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster } from "./support/cluster.js";
import { browser, Person } from "./support/people.js";

/** TROUPE_SCREENSHOTS=docs/images makes those of the README. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, process.env.TROUPE_SCREENSHOTS ?? "build/screenshots");
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const desktop = { viewport: { width: 1280, height: 800 } };

describe("pictures", () => {
  let cluster: Cluster;
  let chrome: Browser;

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    cluster = await Cluster.started(3);
    chrome = await browser();
  });
  afterAll(async () => {
    await chrome?.close();
    await cluster?.stop();
  });

  it("of a conversation, on a desk and on a phone, in the light and in the dark", async () => {
    const at = (node: number) => cluster.node(`node-${node}`);
    const ann = await Person.at(chrome, at(1), "ann", "lounge", { ...desktop, colorScheme: "light" });
    const bob = await Person.at(chrome, at(2), "bob", "lounge", { ...phone, colorScheme: "dark" });
    const cat = await Person.at(chrome, at(3), "cat", "design", { ...desktop, colorScheme: "dark" });
    const dan = await Person.at(chrome, at(2), "dan", "lounge", { ...phone, colorScheme: "light" });
    await cat.writes("New icons are in.");
    await cat.opens("lounge");
    await ann.writes("Morning! The release is on the staging nodes.");
    await ann.writes("Could somebody look at the **fail-over** before noon?");
    await bob.sees("Could somebody");
    await bob.writes("On it. I'll kill `node-2` under load and watch what the pages do.");
    await cat.sees("On it.");
    await cat.writes("The runbook is here: https://example.org/runbook/fail-over");
    await dan.sees("The runbook");
    await dan.writes("每条消息都没有丢失，顺序也一致。");
    await ann.sees("每条消息");
    await ann.row("On it.").hover();
    await ann.page.getByRole("button", { name: "React with 👍" }).click();
    await dan.row("On it.").locator(".reaction").first().tap();
    await bob.row("The runbook").tap();
    await bob.page.getByRole("button", { name: "Reply" }).tap();
    await bob.writes("Thanks, that is what I was looking for 🙌");
    await cat.row("Thanks, that is").locator(".quote").waitFor();
    await cat.writes("Outage as seen by me: **1.4 s**. Nothing lost, nothing twice.");
    await ann.sees("Outage as seen");
    await cat.page.locator(".members").getByRole("link", { name: "ann" }).click();
    await cat.page.locator('#composer[aria-label*="ann"]').waitFor(); // Until then it is that of the lounge.
    await cat.writes("Coffee?");
    await ann.page.locator(".conversation", { hasText: "cat" }).locator(".badge").first().waitFor();
    await cat.opens("lounge");
    await ann.page.mouse.move(700, 30);
    for (const who of [ann, bob, cat, dan]) {
      await who.sees("Outage as seen");
      await expect.poll(() => who.page.locator('.row:has-text("Outage") .readers').count()).toBe(1);
    }
    await ann.page.screenshot({ path: join(folder, "desktop-light.png") });
    await bob.page.screenshot({ path: join(folder, "phone-dark.png") });
    await cat.page.screenshot({ path: join(folder, "desktop-dark.png") });
    await dan.page.screenshot({ path: join(folder, "phone-light.png") });
    for (const who of [ann, bob, cat, dan]) expect(who.complaints).toEqual([]);
  });
});
