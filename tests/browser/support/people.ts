import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import type { Node } from "./cluster.js";

export const chromium_path = process.env.TROUPE_CHROMIUM ?? "/usr/bin/chromium";
export const chromium_is_there = existsSync(chromium_path);

export function browser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromium_path,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Somebody in front of a page of their own, who watches what the browser complains about. */
export class Person {
  readonly complaints: string[] = [];
  readonly name: string;
  readonly page: Page;

  constructor(name: string, page: Page) {
    this.name = name;
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      // What a node that was killed leaves behind is no bug of the page's.
      if (message.type() === "error" && !/WebSocket|ERR_CONNECTION/.test(message.text()))
        this.complaints.push(message.text());
    });
  }

  static async at(where: Browser, node: Node, name: string, room?: string, options: BrowserContextOptions = {}) {
    const context = await where.newContext({ locale: "en-GB", viewport: { width: 1280, height: 800 }, ...options });
    const person = new Person(name, await context.newPage());
    await person.page.goto(node.origin);
    await person.page.locator("input[name=username]").fill(name);
    await person.page.keyboard.press("Enter");
    if (room !== undefined) await person.opens(room);
    return person;
  }

  async opens(room: string): Promise<void> {
    await this.page.evaluate(
      (hash) => {
        location.hash = hash;
      },
      `#/${encodeURIComponent(room)}`,
    );
    await this.page.locator(".beginning, .timeline-list > .row, .left-note").first().waitFor();
  }

  get composer(): Locator {
    return this.page.locator("#composer");
  }

  async writes(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** One after the other, as fast as the page takes them. */
  async writesAll(texts: readonly string[]): Promise<void> {
    await this.composer.focus();
    for (const text of texts) {
      await this.page.keyboard.insertText(text);
      await this.page.keyboard.press("Enter");
    }
  }

  row(text: string): Locator {
    return this.page.locator(".timeline-list > .row", { hasText: text });
  }

  async sees(text: string): Promise<void> {
    await this.row(text).first().waitFor();
  }

  /** What is in the page now, from top to bottom. */
  async bodies(): Promise<string[]> {
    return this.page.locator(".timeline-list .body").allTextContents();
  }

  async leaves(): Promise<void> {
    await this.page.context().close();
  }
}
