// Who one is, by tokens that a real node checks.
import { createHmac } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClientOptions } from "../src/index.js";
import { Person } from "./support/person.js";
import { Server } from "./support/server.js";
import { until, untilStore } from "./support/until.js";

const secret = "a secret of more than thirty-two bytes, for these tests";

function token(user: string, lifeS: number): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: "https://login.example.org", aud: "troupe", sub: user, iat: now, exp: now + lifeS };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", kid: "demo" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

describe("a node that wants tokens", () => {
  let server: Server;
  const people: Person[] = [];

  beforeAll(async () => {
    const file = join(mkdtempSync(join(tmpdir(), "troupe-sdk-")), "secret");
    writeFileSync(file, secret, { mode: 0o600 });
    const config = `[auth]
mode = "token"
issuer = "https://login.example.org"
audience = "troupe"
leeway_s = 0
[[auth.keys]]
kid = "demo"
algorithm = "HS256"
secret_file = "${file}"
`;
    server = await Server.start({ config });
  });
  afterAll(async () => {
    for (const { client } of people) client.disconnect();
    await server.remove();
  });

  function make(user: string, options: ClientOptions): Person {
    const person = new Person(server.url, user, options);
    people.push(person);
    return person;
  }

  it("lets in whom a token names, whatever one calls oneself", async () => {
    const ann = await make("somebody", { token: token("ann", 600) }).arrive();
    expect(ann.client.user).toBe("ann");
    await ann.client.room("lounge").send("hello").acked;
    expect(ann.errors).toEqual([]);
  });

  it("brings a new token before the old one expires, on the same connection", async () => {
    const asked: string[] = [];
    const ann = make("ann", {
      token: async ({ why }) => {
        asked.push(why);
        return token("ann", 5);
      },
    });
    await ann.arrive();
    const states: string[] = [];
    ann.client.connection.subscribe(() => states.push(ann.client.connection.get().state));
    await until("refreshed", () => asked.length === 3, 40_000);
    expect(asked).toEqual(["connect", "refresh", "refresh"]);
    expect(states).toEqual([]);
    await ann.client.room("lounge").send("still here").acked;
    expect(ann.errors).toEqual([]);
  });

  it("asks for another token when the one at hand is refused", async () => {
    const tokens = [token("ann", -5).replace(/.$/, "x"), token("ann", 600)];
    const ann = make("ann", { token: () => tokens.shift() ?? "" });
    await ann.arrive();
    expect(tokens).toEqual([]);
  });

  it("waits while there is no token to be had", async () => {
    let fails = 2;
    const ann = make("ann", {
      token: async () => {
        if (fails-- > 0) throw new Error("the login is down");
        return token("ann", 600);
      },
    });
    ann.client.connect();
    const waiting = await untilStore("waiting", ann.client.connection, ({ state }) => state === "waiting");
    expect(waiting.why).toBe("no token: the login is down");
    await untilStore("online", ann.client.connection, ({ state }) => state === "online");
  });

  it("says why it gives up with the one token that it has", async () => {
    const ann = make("ann", { token: "no.such.token" });
    ann.client.connect();
    const ended = await untilStore("ended", ann.client.connection, ({ state }) => state === "ended");
    expect(ended.why).toBeTruthy();
  });

  it("keeps what was written before it was known who one is", async () => {
    const ann = make("ann", { token: token("ann", 600), user: undefined });
    const sending = ann.client.room("before").send("written before the hello");
    expect(ann.client.outbox.get()).toHaveLength(1);
    expect(() => ann.client.direct("bob")).toThrow(TypeError);
    await ann.arrive();
    expect(await sending.acked).toMatchObject({ seq: 1 });
  });
});
