import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChainCheck, chainAfter, chainStart } from "../src/chain.js";
import type { Entry } from "../src/protocol.js";
import { sha256 } from "../src/sha256.js";

describe("SHA-256", () => {
  it("is what everybody else computes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 3 }), (parts) => {
        const expected = createHash("sha256").update(Buffer.concat(parts)).digest("hex");
        expect(Buffer.from(sha256(...parts)).toString("hex")).toBe(expected);
      }),
    );
    for (const length of [0, 55, 56, 63, 64, 65, 1_000_000]) {
      const bytes = new Uint8Array(length).fill(97);
      expect(Buffer.from(sha256(bytes)).toString("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
    }
  });
});

describe("the chain", () => {
  const start = "98dad7e67901c6f90765426f295cc86af68eb8d3165ad4d80ccc92f8769ddc58";
  const first: Entry = {
    seq: 1,
    from: "ann",
    cid: "01HZXW3K5V8Q2R7T9B4C6D8E0F",
    time: 1717171717171,
    kind: "text",
    body: "héllo",
    salt: "000102030405060708090a0b0c0d0e0f",
  };

  it("has the values of docs/protocol.md", () => {
    expect(chainStart("lounge", "e1")).toBe(start);
    const after = "842e993f7dbd00a50f035a59a4ca88838f93d324d0dd61929148fa680b80925b";
    expect(chainAfter(start, first)).toBe(after);
    const digest = "988a8063209b379762a2818ebfba1db94fa56ffe3f56974f407edb12e6dd2325";
    expect(chainAfter(start, { ...first, body: undefined, salt: undefined, digest, deleted: true })).toBe(after);
    expect(chainAfter(start, { ...first, salt: undefined })).toBeUndefined();
  });

  function log(count: number) {
    const entries: Entry[] = [];
    const values = [start];
    for (let seq = 1; seq <= count; seq++) {
      const entry = { ...first, seq, body: `message ${seq}` };
      entries.push(entry);
      values.push(chainAfter(values[seq - 1] ?? "", entry) ?? "");
    }
    return { entries, values };
  }

  it("is verified up to where the server told its value", () => {
    const { entries, values } = log(3);
    const chain = new ChainCheck();
    expect(chain.verification.state).toBe("off");
    chain.start(0, start);
    for (const entry of entries) chain.took(entry, true);
    expect(chain.verification).toEqual({ state: "verified", from: 1, to: 0 });
    chain.told(2, values[2] ?? "");
    expect(chain.verification).toEqual({ state: "verified", from: 1, to: 2 });
    chain.told(3, values[3] ?? "");
    expect(chain.verification).toEqual({ state: "verified", from: 1, to: 3 });
    chain.told(1, "");
    expect(chain.verification.state).toBe("verified");
  });

  it.each(["body", "from", "time", "order", "value"])("is broken by another %s", (what) => {
    const { entries, values } = log(3);
    const chain = new ChainCheck();
    chain.start(0, start);
    const wrong: Record<string, Partial<Entry>> = { body: { body: "x" }, from: { from: "eve" }, time: { time: 1 } };
    const [one, two, three] = entries as [Entry, Entry, Entry];
    const told = what === "order" ? [two, one, three].map((entry, i) => ({ ...entry, seq: i + 1 })) : [one, two, three];
    for (const entry of told) chain.took(entry.seq === 2 ? { ...entry, ...wrong[what] } : entry, true);
    chain.told(3, what === "value" ? start : (values[3] ?? ""));
    expect(chain.verification).toEqual({ state: "broken", from: 1, to: 0, at: 3 });
    expect(chain.behind).toBeUndefined();
  });

  it("is checked over raw pages where folded ones were read, while live events wait", () => {
    const { entries, values } = log(8);
    const chain = new ChainCheck();
    chain.start(0, start);
    for (const entry of entries.slice(0, 5)) chain.took(entry, false);
    for (const entry of entries.slice(5)) chain.took(entry, true);
    chain.told(7, values[7] ?? "");
    expect(chain.verification.state).toBe("checking");
    expect(chain.behind).toBe(0);
    chain.page(0, start, entries.slice(0, 3));
    expect(chain.behind).toBe(3);
    chain.page(3, values[3] ?? "", entries.slice(3, 5));
    expect(chain.behind).toBeUndefined();
    expect(chain.verification).toEqual({ state: "verified", from: 1, to: 7 });
  });

  it("begins anew where retention took what lies between", () => {
    const { entries, values } = log(8);
    const chain = new ChainCheck();
    chain.start(0, start);
    for (const entry of entries) chain.took(entry, false);
    chain.page(0, values[4] ?? "", entries.slice(4));
    chain.told(8, values[8] ?? "");
    expect(chain.verification).toEqual({ state: "verified", from: 5, to: 8 });
  });
});
