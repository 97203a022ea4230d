// The messages as they are now do not depend on how one came to know them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry, Reaction } from "../src/protocol.js";
import { Timeline } from "../src/timeline.js";

type Written = Required<Pick<Entry, "seq" | "from" | "cid" | "time" | "kind" | "body">> & { readonly target?: number };

interface Shown {
  readonly seq: number;
  readonly body: string;
  readonly edited: number | undefined;
  readonly deleted: boolean;
  readonly reactions: readonly Reaction[];
}

const users = ["ann", "bob", "cat"];
const emojis = ["👍", "🎉"];

/** A history that a room would accept, from random numbers. */
function history(draws: readonly (readonly [number, number, number])[]): Written[] {
  const log: Written[] = [];
  const deleted = new Set<number>();
  for (const [what, which, who] of draws) {
    const seq = log.length + 1;
    const from = users[who % users.length] ?? "";
    const base = { seq, from, cid: `C${seq}`, time: 1000 + Math.floor(seq / 2) };
    const texts = log.filter(({ kind, seq }) => kind === "text" && !deleted.has(seq));
    const target = texts[which % Math.max(1, texts.length)];
    const own = log.filter((one) => one.from === from && !deleted.has(one.seq) && /text|reaction/.test(one.kind));
    const erased = own[which % Math.max(1, own.length)];
    if (what % 4 === 1 && target) log.push({ ...base, kind: "edit", body: `edit ${seq}`, target: target.seq });
    else if (what % 4 === 2 && target)
      log.push({ ...base, kind: "reaction", body: emojis[which % 2] ?? "", target: target.seq });
    else if (what % 4 === 3 && erased) {
      log.push({ ...base, kind: "delete", body: "", target: erased.seq });
      deleted.add(erased.seq);
    } else log.push({ ...base, kind: "text", body: `text ${seq}` });
  }
  return log;
}

/** What storage/folding.cpp gives in a folded page, of a log that ends at `head`. */
function folded(log: readonly Written[], head: number, from: number, to: number): Entry[] {
  const until = log.slice(0, head);
  const deleted = new Set(until.flatMap(({ kind, target }) => (kind === "delete" && target ? [target] : [])));
  return log.slice(from - 1, to).map(({ body, ...entry }): Entry => {
    const { seq, kind, target } = entry;
    if (deleted.has(seq) || (kind === "edit" && target && deleted.has(target))) return { ...entry, deleted: true };
    const edits = until.filter((one) => one.kind === "edit" && one.target === (kind === "edit" ? target : seq));
    const last = edits.at(-1);
    if (kind === "edit") return last?.seq === seq ? { ...entry, body } : entry;
    return { ...entry, body: last?.body ?? body, edited: last?.time };
  });
}

/** The plain answer, in one go. */
function answer(log: readonly Written[], from: number): Shown[] {
  const deleted = new Set(log.flatMap(({ kind, target }) => (kind === "delete" && target ? [target] : [])));
  return log
    .filter(({ seq, kind }) => kind === "text" && seq >= from)
    .map(({ seq, body }) => {
      const edit = log.filter(({ kind, target }) => kind === "edit" && target === seq).at(-1);
      const reactions = new Map<string, string[]>();
      for (const { kind, target, seq: own, body: emoji, from: who } of log) {
        if (kind !== "reaction" || target !== seq || deleted.has(own)) continue;
        const all = reactions.get(emoji) ?? [];
        reactions.set(emoji, all.includes(who) ? all : [...all, who]);
      }
      if (deleted.has(seq)) return { seq, body: "", edited: undefined, deleted: true, reactions: [] };
      const shown = [...reactions].map(([emoji, who]) => ({ emoji, users: who }));
      return { seq, body: edit?.body ?? body, edited: edit?.time, deleted: false, reactions: shown };
    });
}

const draws = fc.array(fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100)), { maxLength: 60 });

describe("the messages of a room", () => {
  it("are the same whether they came live, in pages, or in older pages afterwards", () => {
    fc.assert(
      fc.property(draws, fc.array(fc.nat(60), { minLength: 4, maxLength: 4 }), fc.boolean(), (drawn, cuts, late) => {
        const log = history(drawn);
        const [older = 0, joined = 0, resumed = 0, live = 0] = cuts
          .map((cut) => Math.min(cut, log.length))
          .sort((a, b) => a - b);
        const timeline = new Timeline(() => "ann");
        // The newest ones with the join, then a page after a resume, then what comes live.
        for (const entry of folded(log, joined, older + 1, joined)) timeline.append(entry);
        const readOlder = (head: number) => {
          const middle = Math.floor(older / 2);
          timeline.prepend(folded(log, head, middle + 1, older));
          timeline.prepend(folded(log, log.length, 1, middle));
        };
        if (!late) readOlder(joined);
        for (const entry of folded(log, live, joined + 1, resumed)) timeline.append(entry);
        for (const { seq } of log.slice(resumed))
          for (const entry of folded(log, seq, seq, seq)) timeline.append(entry);
        // An older page may have been read on the server before some of that came.
        if (late) readOlder(resumed);

        expect(timeline.messages).toMatchObject(answer(log, 1));
        expect(timeline.messages).toHaveLength(answer(log, 1).length);
        timeline.messages.forEach(({ seq }, i) => {
          expect(timeline.indexOf(seq)).toBe(i);
        });
      }),
      { numRuns: 500 },
    );
  });

  it("show one's own changes until they are acked or refused, and nothing of them afterwards", () => {
    fc.assert(
      fc.property(draws, draws, (drawn, mine) => {
        const log = history(drawn);
        const timeline = new Timeline(() => "ann");
        for (const entry of folded(log, log.length, 1, log.length)) timeline.append(entry);
        const before = timeline.messages;
        const next = history([...drawn, ...mine])
          .slice(log.length)
          .filter(({ kind }) => kind !== "text");
        timeline.setPending(next);
        const reacted = (seq?: number) => log.find((one) => one.seq === seq && one.kind === "reaction")?.target;
        const touched = new Set(next.flatMap(({ target }) => [target, reacted(target)]));
        for (const { seq, pending } of timeline.messages) expect(pending).toBe(touched.has(seq));
        timeline.setPending([]);
        expect(timeline.messages).toEqual(before);
      }),
    );
  });

  it("keep the object of a message that did not change", () => {
    const timeline = new Timeline(() => "ann");
    for (const entry of folded(
      history([
        [0, 0, 0],
        [0, 0, 0],
      ]),
      2,
      1,
      2,
    ))
      timeline.append(entry);
    const [one, two] = timeline.messages;
    timeline.append({ seq: 3, from: "bob", cid: "C3", time: 1, kind: "reaction", body: "👍", target: 2 });
    expect(timeline.messages[0]).toBe(one);
    expect(timeline.messages[1]).not.toBe(two);
    expect(timeline.reactionOf(2, "bob", "👍")).toBe(3);
  });
});
