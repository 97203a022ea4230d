// The samples of the README do what it says.
import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { Client, memoryOutbox } from "../src/index.js";
import { Server } from "./support/server.js";
import { until } from "./support/until.js";

const text = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
const samples = [...text.matchAll(/```(tsx?)\n([\s\S]*?)```(?:\s+```text\n([\s\S]*?)```)?/g)].map(
  ([, kind = "", code = "", output = ""]) => ({ kind, code, output }),
);
const directory = join(import.meta.dirname, ".samples");
const secret = "a secret of more than thirty-two bytes, for this sample";

function token(user: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: "login", aud: "troupe", sub: user, iat: now, exp: now + 600 };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", kid: "demo" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

describe("the README", () => {
  let server: Server | undefined;

  afterEach(async () => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    await server?.remove();
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** The sample as a module, with the address of the node at hand. */
  async function run(name: string, { kind, code }: (typeof samples)[number], port: number): Promise<unknown> {
    mkdirSync(directory, { recursive: true });
    const file = join(directory, `${name}.${kind}`);
    writeFileSync(file, code.replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`));
    return import(/* @vite-ignore */ file);
  }

  it.each(
    samples.filter(({ kind }) => kind === "ts").map((sample, i) => [i + 1, sample] as const),
  )("keeps its word in sample %i", async (number, sample) => {
    const key = join(directory, "secret");
    const auth = `[auth]\nmode = "token"\nissuer = "login"\naudience = "troupe"\n[[auth.keys]]\nkid = "demo"
algorithm = "HS256"\nsecret_file = "${key}"\n`;
    const wantsToken = sample.code.includes("token:");
    mkdirSync(directory, { recursive: true });
    writeFileSync(key, secret, { mode: 0o600 });
    server = await Server.start(wantsToken ? { config: auth } : {});
    vi.stubGlobal("WebSocket", WebSocket);
    vi.stubGlobal("fetch", async () => new Response(token("ann")));
    const lines: string[] = [];
    const said = (...words: unknown[]) =>
      lines.push(words.map((word) => (typeof word === "string" ? word : inspect(word))).join(" "));
    vi.spyOn(console, "log").mockImplementation(said);

    await run(`sample_${number}`, sample, server.port);
    expect(sample.output).not.toBe("");
    const expected = sample.output.trimEnd().split("\n");
    await until(
      `sample ${number} said all`,
      () => lines.length >= expected.length,
      10_000,
      () => lines,
    );
    expect(lines).toEqual(expected);
  });

  it("has components that render", async () => {
    const sample = samples.find(({ kind }) => kind === "tsx");
    if (!sample) throw new Error("there is none");
    const { App } = (await run("app", sample, 0)) as { App: (props: { client: Client }) => React.ReactNode };
    const client = new Client("ws://127.0.0.1:8080/ws", { user: "ann", WebSocket, outbox: memoryOutbox() });
    client.room("lounge").send("hello");
    const html = renderToString(createElement(App, { client }));
    expect(html).toBe("<p>idle: one moment</p><ol><li>hello (waiting)</li></ol>");
  });
});
