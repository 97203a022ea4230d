// What a page pays for the client.
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, it } from "vitest";

async function gzipped(entry: string, external: string[] = []): Promise<number> {
  const entryPoints = [fileURLToPath(new URL(`../src/${entry}`, import.meta.url))];
  const options = { bundle: true, minify: true, format: "esm", target: "es2022", write: false } as const;
  const { outputFiles } = await build({ ...options, entryPoints, external });
  return gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
}

it("is at most 12 KB, gzipped", async () => {
  expect(await gzipped("index.ts")).toBeLessThanOrEqual(12 * 1024);
});

it("is at most 1 KB more with the React hooks", async () => {
  expect(await gzipped("react.ts", ["react"])).toBeLessThanOrEqual(1024);
});
