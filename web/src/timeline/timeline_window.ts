import type { Message, Outgoing } from "@troupe/client";
import { HeightIndex } from "./height_index.js";
import { continues, estimate, type Shown } from "./rows.js";

/** Above the first row: place for what stands at the beginning, whether or not it is loaded. */
export const head_px = 96;
/** Below the last row. */
export const foot_px = 20;
/** As near to the end as this counts as there. */
const bottom_px = 32;
/** Rows that are there at a time, at most. */
const rows_max = 200;

/** What is kept where it is on the screen while everything around changes. */
interface Anchor {
  readonly index: number;
  /** Its upper edge, in pixels below the viewport's. */
  readonly below: number;
}

/**
 * Which rows of a long timeline are there, and where it is scrolled to: without a DOM.
 *
 * While the end is to be seen it stays to be seen (`pinned`); else the topmost visible row stays in its place, whatever
 * is loaded above it and however its neighbours turn out to be higher than was believed.
 */
export class TimelineWindow {
  readonly heights = new HeightIndex();
  #messages: readonly Message[] = [];
  #outgoing: readonly Outgoing[] = [];
  #anchor: Anchor = { index: 0, below: 0 };
  #width = 700;
  viewport = 800;
  top = 0;
  pinned = true;
  first = 0;
  end = 0;
  readonly #me: string;

  constructor(me: string) {
    this.#me = me;
  }

  get count(): number {
    return this.#messages.length + this.#outgoing.length;
  }

  at(index: number): Shown | undefined {
    return index < this.#messages.length ? this.#messages[index] : this.#outgoing[index - this.#messages.length];
  }

  get full_height(): number {
    return head_px + this.heights.total + foot_px;
  }

  /** Where the row begins, from the top of everything. */
  place(index: number): number {
    return head_px + this.heights.offset(index);
  }

  /** Takes what is to be shown now. */
  take(messages: readonly Message[], outgoing: readonly Outgoing[]): void {
    if (messages === this.#messages && outgoing === this.#outgoing) return;
    const prepended = this.#prepended(messages);
    this.#messages = messages;
    this.#outgoing = outgoing;
    if (prepended === undefined) {
      this.heights.clear();
      this.pinned = true;
    } else if (prepended > 0) {
      for (let index = prepended - 1; index >= 0; index--) this.heights.prepend(this.#estimated(index));
      this.#anchor = { ...this.#anchor, index: this.#anchor.index + prepended };
      this.first += prepended;
      this.end += prepended;
    }
    this.heights.truncate(this.count);
    while (this.heights.count < this.count) this.heights.append(this.#estimated(this.heights.count));
  }

  /** The size of the viewport changed. Rows that are not there keep the height they had; they are measured when seen. */
  resize(width: number, height: number): void {
    this.viewport = height;
    this.#width = width;
  }

  /** Somebody scrolled. */
  scrolled(top: number): void {
    this.top = top;
    this.pinned = top + this.viewport >= this.full_height - bottom_px;
    const index = Math.max(0, this.heights.find(top - head_px));
    this.#anchor = { index, below: this.place(index) - top };
  }

  /** Where to scroll to so that what is to stay stays. */
  settle(): number {
    const lowest = Math.max(0, this.full_height - this.viewport);
    this.top = this.pinned
      ? lowest
      : Math.min(lowest, Math.max(0, this.place(this.#anchor.index) - this.#anchor.below));
    return this.top;
  }

  to_end(): void {
    this.pinned = true;
  }

  /** The row shall stand in the upper part of the viewport. */
  show(index: number): void {
    this.pinned = false;
    this.#anchor = { index, below: Math.min(160, this.viewport / 3) };
    this.settle();
  }

  /** The row shall be seen, with as little scrolling as that needs. */
  reveal(index: number): void {
    const above = this.place(index);
    const below = above + this.heights.height(index);
    if (above >= this.top + 8 && below <= this.top + this.viewport - 8) return;
    this.pinned = false;
    const under = above < this.top + 8 ? 8 : Math.max(8, this.viewport - this.heights.height(index) - 8);
    this.#anchor = { index, below: under };
    this.settle();
  }

  /** Whether rows are missing where one looks, or soon will be. */
  is_stale(): boolean {
    const [first, end] = this.#wanted(this.#overscan() / 3);
    if (this.end > this.count || this.end - this.first > rows_max) return true;
    if (first >= this.first && end <= this.end) return false;
    const [best_first, best_end] = this.#wanted(this.#overscan());
    return best_first !== this.first || best_end !== this.end;
  }

  /** Decides which rows are there. */
  choose(): void {
    [this.first, this.end] = this.#wanted(this.#overscan());
  }

  #overscan(): number {
    return Math.max(300, Math.min(600, this.viewport * 0.6));
  }

  #wanted(beyond: number): [number, number] {
    if (this.count === 0) return [0, 0];
    const from = this.top - head_px;
    const first = this.heights.find(from - beyond);
    const end = this.heights.find(from + this.viewport + beyond) + 1;
    return this.pinned ? [Math.max(first, end - rows_max), end] : [first, Math.min(end, first + rows_max)];
  }

  #estimated(index: number): number {
    const shown = this.at(index);
    return shown ? estimate(shown, continues(this.at(index - 1), shown, this.#me), this.#width) : 0;
  }

  /** How many messages came before those that were there; undefined when nothing of them is left. */
  #prepended(messages: readonly Message[]): number | undefined {
    const was = this.#messages[0]?.seq;
    if (was === undefined) return this.#outgoing.length > 0 || messages.length > 0 ? undefined : 0;
    let low = 0;
    let high = messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((messages[middle]?.seq ?? 0) < was) low = middle + 1;
      else high = middle;
    }
    return messages[low]?.seq === was ? low : undefined;
  }
}
