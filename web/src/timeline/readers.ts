import type { Mark, Message } from "@troupe/client";

/** More marks than this are not shown. */
const marks_max = 200;

/** Who has read up to which message: index → names. One's own mark and an author's at their own message say nothing. */
export function readersOf(
  messages: readonly Message[],
  marks: ReadonlyMap<string, Mark>,
  me: string,
): ReadonlyMap<number, readonly string[]> {
  const result = new Map<number, string[]>();
  if (marks.size > marks_max) return result;
  for (const [user, mark] of marks) {
    const index = lastUpTo(messages, mark.read);
    if (user === me || index < 0 || messages[index]?.from === user) continue;
    const there = result.get(index);
    if (there) there.push(user);
    else result.set(index, [user]);
  }
  return result;
}

/** The last message with a seq of at most this, or -1. */
export function lastUpTo(messages: readonly Message[], seq: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle]?.seq ?? 0) <= seq) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
