import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./until.js";

/** The binary under test: `TROUPE_BINARY`, or that of the release build. */
export const binary = process.env.TROUPE_BINARY ?? join(import.meta.dirname, "../../../../build/release/bin/troupe");

if (!existsSync(binary)) throw new Error(`${binary} is not built: ninja -C build/release troupe, or set TROUPE_BINARY`);

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

export interface ServerOptions {
  /** TOML, before the defaults. */
  readonly config?: string;
  readonly durability?: "memory" | "disk";
  readonly node?: string;
}

/** A real node in a directory of its own. */
export class Server {
  readonly directory = mkdtempSync(join(tmpdir(), "troupe-sdk-"));
  log = "";
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    readonly options: ServerOptions,
  ) {}

  static async start(options: ServerOptions = {}): Promise<Server> {
    const server = new Server(await freePort(), options);
    writeFileSync(join(server.directory, "troupe.toml"), options.config ?? "# defaults\n");
    await server.restart();
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  get http(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async restart(): Promise<void> {
    const { durability = "disk", node = "node-a" } = this.options;
    const { directory, port } = this;
    this.#process = launch(
      // biome-ignore format: an option and its value a line
      [
        "serve", "--config", join(directory, "troupe.toml"), "--node", node,
        "--listen", `127.0.0.1:${port}`, "--data", join(directory, "data"),
        "--durability", durability, "--io-threads", "2",
      ],
      (text) => {
        this.log += text;
      },
    );
    await ready(this.http, () => {
      if (this.#process?.exitCode !== null) throw new Error(`the node did not start: ${this.log}`);
    });
  }

  /** Nothing is said goodbye to. */
  async kill(): Promise<void> {
    await end(this.#process, "SIGKILL");
  }

  /** Drains. */
  async stop(): Promise<void> {
    await end(this.#process, "SIGTERM");
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function launch(args: readonly string[], log: (text: string) => void): ChildProcess {
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout?.on("data", (data) => log(String(data)));
  child.stderr?.on("data", (data) => log(String(data)));
  return child;
}

export async function ready(http: string, lives: () => void): Promise<void> {
  await until(`${http} is ready`, async () => {
    lives();
    return (await statusOf(`${http}/readyz`)) === 200;
  });
}

function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    get(url, (answer) => resolve(answer.resume().statusCode)).on("error", () => resolve(undefined));
  });
}

export async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}
