import { connect, createServer, type Server as NetServer, type Socket } from "node:net";

/** A TCP proxy that hurts what passes: cuts, stops reading, loses what the server says. */
export class FaultProxy {
  #server: NetServer | undefined;
  #pairs = new Set<{ readonly client: Socket; readonly node: Socket }>();
  #refusing = false;
  #mute = false;
  #paused = false;
  port = 0;
  /** Connections that were made through it. */
  accepted = 0;

  private constructor(readonly target: () => number) {}

  static async start(target: () => number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await proxy.#listen();
    return proxy;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** Cuts all connections, without a word. */
  cut(): void {
    for (const { client, node } of this.#pairs) {
      client.destroy();
      node.destroy();
    }
    this.#pairs.clear();
  }

  /** New connections are closed at once. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
  }

  /** What the server says is lost; what the client says arrives. */
  mute(mute: boolean): void {
    this.#mute = mute;
  }

  /** Stops reading from the server, so that its queue grows. */
  pause(paused: boolean): void {
    this.#paused = paused;
    for (const { node } of this.#pairs) paused ? node.pause() : node.resume();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  #listen(): Promise<void> {
    this.#server = createServer((client) => this.#accept(client));
    return new Promise((resolve) =>
      this.#server?.listen(0, "127.0.0.1", () => {
        const address = this.#server?.address();
        this.port = typeof address === "object" && address ? address.port : 0;
        resolve();
      }),
    );
  }

  #accept(client: Socket): void {
    this.accepted++;
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const node = connect({ port: this.target(), host: "127.0.0.1" });
    const pair = { client, node };
    this.#pairs.add(pair);
    client.setNoDelay(true);
    node.setNoDelay(true);
    client.on("data", (data) => node.write(data));
    node.on("data", (data) => {
      if (!this.#mute) client.write(data);
    });
    if (this.#paused) node.pause();
    for (const one of [client, node]) {
      one.on("error", () => {});
      one.on("close", () => {
        this.#pairs.delete(pair);
        client.destroy();
        node.destroy();
      });
    }
  }
}
