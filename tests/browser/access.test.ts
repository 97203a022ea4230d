import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster, post } from "./support/cluster.js";
import { browser, Person } from "./support/people.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Found {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe-core finds on the page as it is now. */
async function findings(who: Person): Promise<string[]> {
  await who.page.evaluate(axe);
  const found = (await who.page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)",
  )) as Found[];
  return found.map(
    (one) =>
      `${one.impact} ${one.id}: ${one.nodes[0]?.html.slice(0, 160)} ${one.nodes[0]?.failureSummary?.slice(0, 240)}`,
  );
}

describe("a page for everybody", () => {
  let cluster: Cluster;
  let chrome: Browser;
  const all: string[] = [];

  beforeAll(async () => {
    cluster = await Cluster.started(1);
    chrome = await browser();
    for (const room of ["light", "dark", "phone", "keys"]) {
      for (const body of ["Good morning", "A `code` and **more**", "https://example.org/"])
        await post(cluster.node("node-1"), room, "bob", body);
      await post(cluster.node("node-1"), room, "cat", "你好，大家好");
    }
  });
  afterAll(async () => {
    await chrome?.close();
    await cluster?.stop();
    console.info(`axe: ${all.length} findings of any weight\n${all.join("\n")}`);
  });

  for (const [name, room, options] of [
    ["in the light", "light", { colorScheme: "light" }],
    ["in the dark", "dark", { colorScheme: "dark" }],
    [
      "on a phone, in Chinese",
      "phone",
      { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "zh-CN" },
    ],
  ] as const)
    it(`has nothing that axe finds serious, ${name}`, async () => {
      const ann = await Person.at(chrome, cluster.node("node-1"), "ann", undefined, options);
      const look = async () => all.push(...(await findings(ann)));
      await ann.page.locator(".sidebar").waitFor();
      await look();
      await ann.opens(room);
      await ann.writes("Something of mine");
      await ann.page.locator('.row:not(.row-unsent):has-text("Something of mine")').waitFor();
      await ann.row("Something of mine").focus();
      await ann.page.locator(".toolbar").waitFor();
      await look();
      await ann.page.locator(".verified").click();
      await ann.page.getByRole("dialog").waitFor();
      await look();
      await ann.page.keyboard.press("Escape");
      await ann.page.keyboard.press("Control+k");
      await ann.page.getByRole("combobox").fill("lo");
      await look();
      await ann.leaves();
      expect(all.filter((one) => /^(serious|critical)/.test(one))).toEqual([]);
    });

  it("signs in without a serious finding", async () => {
    const page = await (await chrome.newContext()).newPage();
    await page.goto(cluster.node("node-1").origin);
    await page.locator("input[name=username]").waitFor();
    const found = await findings(new Person("ann", page));
    expect(found.filter((one) => /^(serious|critical)/.test(one))).toEqual([]);
    await page.context().close();
  });

  it("can be used with nothing but keys", async () => {
    const page = await (await chrome.newContext({ locale: "en-GB" })).newPage();
    const ann = new Person("ann", page);
    await page.goto(cluster.node("node-1").origin);
    await page.locator("input[name=username]:focus").waitFor();
    await page.keyboard.type("ann");
    await page.keyboard.press("Enter");
    await page.locator(".sidebar").waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("keys");
    await page.keyboard.press("Enter");
    await page.locator("#composer:focus").waitFor();
    await page.keyboard.type("Written with keys");
    await page.keyboard.press("Enter");
    await ann.sees("Written with keys");
    await page.keyboard.press("Shift+Tab"); // from the box to the messages
    await page.locator(".timeline:focus, .timeline *:focus").first().waitFor();
    await page.locator(".timeline").focus();
    await page.keyboard.press("ArrowUp");
    await page.locator(".row:focus", { hasText: "Written with keys" }).waitFor();
    await page.keyboard.press("ArrowUp");
    await page.locator(".row:focus", { hasText: "你好" }).waitFor();
    await page.keyboard.press("r");
    await page.locator("#composer:focus").waitFor();
    await page.locator(".composer-about", { hasText: "Reply to cat" }).waitFor();
    await page.keyboard.press("Escape");
    expect(await page.locator(".composer-about").count()).toBe(0);
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => ann.composer.inputValue()).toBe("Written with keys");
    await page.context().close();
  });

  it("speaks Chinese, and remembers theme and language", async () => {
    const ann = await Person.at(chrome, cluster.node("node-1"), "ann", "lounge", { locale: "zh-CN" });
    await ann.page.getByRole("button", { name: "偏好设置" }).first().click();
    await ann.page.getByText("深色").click();
    await ann.page.getByRole("combobox").selectOption("en");
    await ann.page.getByRole("heading", { name: "Preferences" }).waitFor();
    await ann.page.reload();
    await ann.page.getByRole("button", { name: "Preferences" }).first().waitFor();
    expect(
      await ann.page.evaluate(() => [
        document.documentElement.lang,
        getComputedStyle(document.documentElement).colorScheme,
      ]),
    ).toEqual(["en", "dark"]);
    await ann.leaves();
  });
});
