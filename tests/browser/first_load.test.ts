import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster } from "./support/cluster.js";
import { browser } from "./support/people.js";

const bytes_max = 120 * 1024;

describe("the first load", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.started(1);
  });
  afterAll(() => cluster?.stop());

  it(`has at most ${bytes_max} bytes when it is gzipped, and none the second time`, async () => {
    const { origin } = cluster.node("node-1");
    const chrome = await browser();
    const page = await (await chrome.newContext()).newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(origin);
    await page.locator("input[name=username]").waitFor();
    await chrome.close();
    expect(asked.every((url) => url.startsWith(origin))).toBe(true);

    let bytes = 0;
    for (const url of new Set(asked)) {
      const answer = await fetch(url, { headers: { "Accept-Encoding": "gzip" } });
      bytes += Number(answer.headers.get("Content-Length"));
      await answer.arrayBuffer();
      const etag = answer.headers.get("ETag");
      if (!etag) continue;
      const again = await fetch(url, { headers: { "Accept-Encoding": "gzip", "If-None-Match": etag } });
      expect(again.status).toBe(304);
      if (url.includes("/assets/")) expect(answer.headers.get("Cache-Control")).toContain("immutable");
    }
    console.info(`first load: ${bytes} bytes gzipped in ${new Set(asked).size} requests`);
    expect(bytes).toBeLessThanOrEqual(bytes_max);
  });
});
