import { type ChildProcess, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary, end, freePort, launch, ready } from "./server.js";

interface Node {
  readonly name: string;
  readonly port: number;
  process: ChildProcess;
}

/** Several real nodes on one directory, each a process of its own. */
export class Cluster {
  readonly directory = mkdtempSync(join(tmpdir(), "troupe-sdk-cluster-"));
  readonly nodes: Node[] = [];
  log = "";

  static async start(count: number): Promise<Cluster> {
    const cluster = new Cluster();
    for (let i = 0; i < count; i++) await cluster.#add(`node-${i + 1}`);
    return cluster;
  }

  get urls(): string[] {
    return this.nodes.map(({ port }) => `ws://127.0.0.1:${port}/ws`);
  }

  /** Index of the node that owns a room. */
  async ownerOf(room: string): Promise<number> {
    const http = `http://127.0.0.1:${this.nodes[0]?.port}`;
    for (;;) {
      const said = execFileSync(binary, ["where", room, "--url", http]).toString();
      const owner = this.nodes.findIndex(({ name }) => said.includes(` is on ${name} `));
      if (owner >= 0) return owner;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Indices of the nodes that run. */
  get alive(): number[] {
    const runs = ({ process: { exitCode, signalCode } }: Node) => exitCode === null && signalCode === null;
    return this.nodes.flatMap((node, i) => (runs(node) ? [i] : []));
  }

  async killNode(index: number): Promise<void> {
    await end(this.nodes[index]?.process, "SIGKILL");
  }

  async drainNode(index: number): Promise<void> {
    await end(this.nodes[index]?.process, "SIGTERM");
  }

  async remove(): Promise<void> {
    await Promise.all(this.nodes.map(({ process }) => end(process, "SIGKILL")));
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #add(name: string): Promise<void> {
    const port = await freePort();
    const data = join(this.directory, "data");
    const process = launch(
      [
        "serve",
        this.nodes.length === 0 ? "--data" : "--join",
        data,
        "--node",
        name,
        "--listen",
        `127.0.0.1:${port}`,
        "--io-threads",
        "1",
      ],
      (text) => {
        this.log += text;
      },
    );
    this.nodes.push({ name, port, process });
    await ready(`http://127.0.0.1:${port}`, () => {
      if (process.exitCode !== null) throw new Error(`a node did not start: ${this.log}`);
    });
  }
}
