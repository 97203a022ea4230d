import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const binary = process.env.TROUPE_BINARY ?? join(root, "build/release/bin/troupe");

export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined, within_ms = 20_000) {
  const end = performance.now() + within_ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`${what}: not within ${within_ms} ms`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

async function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(address && typeof address === "object" ? address.port : 0));
    });
  });
}

/** A node of the shipped binary, as a process of its own. */
export interface Node {
  readonly name: string;
  readonly port: number;
  readonly origin: string;
  readonly process: ChildProcess;
}

/** Real nodes on one directory. */
export class Cluster {
  readonly nodes: Node[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), "troupe-browser-"));
  readonly #arguments: string[] = [];

  static async started(count: number, configuration = ""): Promise<Cluster> {
    const cluster = new Cluster();
    if (configuration !== "") {
      const file = join(cluster.#directory, "node.toml");
      writeFileSync(file, configuration);
      cluster.#arguments.push("--config", file);
    }
    for (let i = 1; i <= count; i++) await cluster.start(`node-${i}`);
    for (const node of cluster.nodes) await cluster.ready(node);
    return cluster;
  }

  async start(name: string, port?: number): Promise<Node> {
    const at = port ?? (await freePort());
    const data = join(this.#directory, "data");
    const child = spawn(
      binary,
      ["serve", "--node", name, "--listen", `127.0.0.1:${at}`, "--data", data, ...this.#arguments],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    const node = { name, port: at, origin: `http://127.0.0.1:${at}`, process: child };
    this.nodes.push(node);
    return node;
  }

  async ready(node: Node): Promise<void> {
    await until(`${node.name} is ready`, () =>
      fetch(`${node.origin}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      ),
    );
  }

  node(name: string): Node {
    const found = this.nodes.findLast((node) => node.name === name);
    if (!found) throw new Error(`there is no ${name}`);
    return found;
  }

  /** Has a node number the messages of a room for as long as it lives, wherever the cluster would put them. */
  async holds(node: Node, room: string): Promise<void> {
    const rooms = `${node.origin}/api/v1/rooms/${encodeURIComponent(room)}`;
    type Place = { shard: number; owner: string };
    const place = async () => (await (await fetch(`${rooms}/owner`)).json()) as Place;
    const { shard } = await place();
    const pin = await fetch(`${node.origin}/api/v1/shards/${shard}/move`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ to: node.name }),
    });
    if (!pin.ok) throw new Error(`${pin.status} ${await pin.text()}`);
    await until(`${node.name} holds ${room}`, async () => (await place()).owner === node.name);
  }

  async kill(node: Node, signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const ended = new Promise((done) => node.process.once("exit", done));
    node.process.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    for (const node of this.nodes)
      if (node.process.exitCode === null && node.process.signalCode === null) await this.kill(node);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Everything that a room holds, in order, as the server tells it. */
export async function history(
  node: Node,
  room: string,
): Promise<{ seq: number; from: string; body: string; kind: string }[]> {
  const all = [];
  for (let after = 0; ; ) {
    const url = `${node.origin}/api/v1/rooms/${encodeURIComponent(room)}/messages?user=auditor&limit=200&after=${after}`;
    const page = (await (await fetch(url)).json()) as {
      messages: { seq: number; from: string; body: string; kind: string }[];
      more: boolean;
    };
    all.push(...page.messages);
    if (!page.more) return all;
    after = page.messages.at(-1)?.seq ?? after;
  }
}

export async function post(node: Node, room: string, user: string, body: string): Promise<void> {
  const answer = await fetch(`${node.origin}/api/v1/rooms/${encodeURIComponent(room)}/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user, body }),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
}
