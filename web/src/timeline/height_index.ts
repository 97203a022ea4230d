/** Rows of one block; the sum of a block is kept, so that finding a place costs a few hundred additions. */
const block = 128;

/**
 * How high each row of a long list is, and so where it stands. Grows at both ends.
 *
 * A row that was never seen has an estimated height. All places are in pixels from the top of the first row.
 */
export class HeightIndex {
  #heights = new Float32Array(1024);
  #sums = new Float64Array(1024 / block);
  #begin = 512;
  #end = 512;
  #total = 0;

  get count(): number {
    return this.#end - this.#begin;
  }

  get total(): number {
    return this.#total;
  }

  /** Rows are gone or unknown: all begins anew. */
  clear(): void {
    this.#heights.fill(0);
    this.#sums.fill(0);
    this.#begin = this.#end = this.#heights.length / 2;
    this.#total = 0;
  }

  prepend(height: number): void {
    if (this.#begin === 0) this.#grow();
    this.#begin--;
    this.#put(this.#begin, height);
  }

  append(height: number): void {
    if (this.#end === this.#heights.length) this.#grow();
    this.#end++;
    this.#put(this.#end - 1, height);
  }

  /** Takes rows away at the end. */
  truncate(count: number): void {
    while (this.count > count) {
      this.#put(this.#end - 1, 0);
      this.#end--;
    }
  }

  height(index: number): number {
    return this.#heights[this.#begin + index] ?? 0;
  }

  /** Gives by how much it differs from what was believed. */
  set(index: number, height: number): number {
    if (index < 0 || index >= this.count) return 0;
    return this.#put(this.#begin + index, height);
  }

  /** Where the row begins; for `count` where the list ends. */
  offset(index: number): number {
    const at = this.#begin + Math.max(0, Math.min(index, this.count));
    let sum = 0;
    let block_at = Math.floor(this.#begin / block);
    for (; (block_at + 1) * block <= at; block_at++) sum += this.#sums[block_at] ?? 0;
    for (let row = block_at * block; row < at; row++) sum += this.#heights[row] ?? 0;
    return sum;
  }

  /** The row that stands at this place; the first or the last one beyond the ends. -1 when there is none. */
  find(place: number): number {
    if (this.count === 0) return -1;
    let sum = 0;
    let block_at = Math.floor(this.#begin / block);
    for (; (block_at + 1) * block < this.#end && sum + (this.#sums[block_at] ?? 0) <= place; block_at++)
      sum += this.#sums[block_at] ?? 0;
    let row = Math.max(block_at * block, this.#begin);
    for (; row < this.#end - 1; row++) {
      sum += this.#heights[row] ?? 0;
      if (sum > place) break;
    }
    return row - this.#begin;
  }

  #put(at: number, height: number): number {
    const difference = height - (this.#heights[at] ?? 0);
    this.#heights[at] = height;
    const of_block = Math.floor(at / block);
    this.#sums[of_block] = (this.#sums[of_block] ?? 0) + difference;
    this.#total += difference;
    return difference;
  }

  /** Twice the space, the rows in its middle. */
  #grow(): void {
    const before = this.#heights;
    const rows = before.subarray(this.#begin, this.#end);
    const size = Math.max(before.length, 4 * Math.ceil(rows.length / block) * block);
    const heights = new Float32Array(size * 2);
    const begin = Math.floor((size * 2 - rows.length) / 2 / block) * block;
    heights.set(rows, begin);
    const sums = new Float64Array((size * 2) / block);
    for (let row = begin; row < begin + rows.length; row++) {
      const of_block = Math.floor(row / block);
      sums[of_block] = (sums[of_block] ?? 0) + (heights[row] ?? 0);
    }
    this.#heights = heights;
    this.#sums = sums;
    this.#begin = begin;
    this.#end = begin + rows.length;
  }
}
