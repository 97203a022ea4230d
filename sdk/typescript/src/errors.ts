import type { Refusal } from "./types.js";

/** What promises reject with. Programs follow `retry`; `message` is for people. */
export class TroupeError extends Error implements Refusal {
  override readonly name = "TroupeError";
  readonly code: Refusal["code"];
  readonly retry: Refusal["retry"];

  constructor(why: Refusal) {
    super(why.message);
    this.code = why.code;
    this.retry = why.retry;
  }
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
