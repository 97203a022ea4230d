import type { ClientOptions, TokenRequest } from "./types.js";

/** When a JWT expires, in milliseconds UTC; `undefined` when it cannot be read. Nothing is verified here. */
export function expiryOf(token: string): number | undefined {
  try {
    const claims: { exp?: number } = JSON.parse(
      atob((token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/")),
    );
    return Number(claims.exp) * 1000 || undefined;
  } catch {
    return undefined;
  }
}

/** Used up when less than this is left of it. */
const leftMinMs = 10_000;

/** The token of the moment, and where the next one comes from. */
export class TokenSource {
  #token: string | undefined;
  readonly #source: ClientOptions["token"];

  constructor(source: ClientOptions["token"]) {
    this.#source = source;
  }

  /** A token that was refused can be replaced. */
  get renewable(): boolean {
    return typeof this.#source === "function";
  }

  /** The present token when it lasts, else a new one. */
  async get(why: TokenRequest["why"], nowMs: number): Promise<string | undefined> {
    if (typeof this.#source !== "function") return this.#source;
    const expiry = this.#token === undefined ? undefined : expiryOf(this.#token);
    if (why === "refresh" || expiry === undefined || expiry - nowMs < leftMinMs)
      this.#token = await this.#source({ why });
    return this.#token;
  }

  /** The server refused it. */
  drop(): void {
    this.#token = undefined;
  }

  /** When to bring the next one: a minute, or a fifth of what is left, before the end. */
  refreshAt(nowMs: number): number | undefined {
    if (!this.renewable || this.#token === undefined) return undefined;
    const expiry = expiryOf(this.#token);
    return expiry === undefined ? undefined : expiry - Math.min(60_000, (expiry - nowMs) / 5);
  }
}
