import fc from "fast-check";
import { expect, it } from "vitest";
import { HeightIndex } from "../src/timeline/height_index.js";

type Step =
  | { readonly what: "prepend" | "append"; readonly count: number; readonly height: number }
  | { readonly what: "set"; readonly at: number; readonly height: number }
  | { readonly what: "truncate"; readonly share: number };

const height = fc.integer({ min: 1, max: 900 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    what: fc.constantFrom("prepend" as const, "append" as const),
    count: fc.integer({ min: 1, max: 900 }),
    height,
  }),
  fc.record({ what: fc.constant("set" as const), at: fc.nat(), height }),
  fc.record({ what: fc.constant("truncate" as const), share: fc.double({ min: 0.5, max: 1, noNaN: true }) }),
);

/** The same, without any cleverness. */
function follow(list: number[], index: HeightIndex, one: Step): void {
  if (one.what === "set") {
    if (list.length === 0) return;
    list[one.at % list.length] = one.height;
    index.set(one.at % list.length, one.height);
  } else if (one.what === "truncate") {
    const count = Math.floor(list.length * one.share);
    list.length = count;
    index.truncate(count);
  } else
    for (let i = 0; i < one.count; i++)
      if (one.what === "prepend") {
        list.unshift(one.height + (i % 7));
        index.prepend(one.height + (i % 7));
      } else {
        list.push(one.height + (i % 7));
        index.append(one.height + (i % 7));
      }
}

it("knows where each row is, however the list grew", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const list: number[] = [];
      const index = new HeightIndex();
      for (const one of steps) follow(list, index, one);
      expect(index.count).toBe(list.length);
      let at = 0;
      for (let row = 0; row < list.length; row++) {
        if (row % 97 === 0 || row === list.length - 1) {
          expect(index.offset(row)).toBe(at);
          expect(index.find(at)).toBe(row);
          expect(index.find(at + (list[row] ?? 0) - 1)).toBe(row);
        }
        at += list[row] ?? 0;
      }
      expect(index.total).toBe(at);
      expect(index.offset(list.length)).toBe(at);
      expect(index.find(at + 1)).toBe(list.length - 1);
      expect(index.find(-1)).toBe(list.length === 0 ? -1 : 0);
    }),
    { numRuns: 100 },
  );
});
