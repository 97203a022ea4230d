import type { Message, Outgoing } from "@troupe/client";

/** What one row of the timeline shows: a message of the room, or one's own that is not in the stream yet. */
export type Shown = Message | Outgoing;

/** Messages of one author that follow within this time stand together. */
const together_ms = 5 * 60_000;

export function isOutgoing(shown: Shown): shown is Outgoing {
  return !("mine" in shown);
}

/** The same for a message of one's own before and after its ack, so that its row stays what it is. */
export function keyOf(shown: Shown, me: string): string {
  return `${isOutgoing(shown) ? me : shown.from}/${shown.cid}`;
}

export function authorOf(shown: Shown, me: string): string {
  return isOutgoing(shown) ? me : shown.from;
}

/** A number that is the same for all times of one day, here. */
export function dayOf(time: number): number {
  const date = new Date(time);
  return date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate();
}

/** Whether a row goes on with what the row before began. */
export function continues(before: Shown | undefined, shown: Shown, me: string): boolean {
  return (
    before !== undefined &&
    before.kind !== "system" &&
    shown.kind !== "system" &&
    shown.replyTo === undefined &&
    authorOf(before, me) === authorOf(shown, me) &&
    shown.time - before.time < together_ms &&
    dayOf(before.time) === dayOf(shown.time)
  );
}

/** How high a row will be, roughly; it is measured when it is seen. */
export function estimate(shown: Shown, compact: boolean, width: number): number {
  const per_line = Math.max(20, Math.floor((width - 110) / 7.4));
  const lines = Math.min(18, 1 + Math.floor(shown.body.length / per_line) + (shown.body.split("\n", 18).length - 1));
  const reactions = !isOutgoing(shown) && shown.reactions.length > 0 ? 34 : 0;
  return (compact ? 4 : 38) + lines * 22 + reactions + (shown.replyTo === undefined ? 0 : 24);
}
