/** A message of a user that is not acked yet, as it is kept over a reload. */
export interface OutboxRecord {
  readonly user: string;
  readonly cid: string;
  /** Rises in the order of writing. */
  readonly order: number;
  readonly room: string;
  readonly kind: string;
  readonly body: string;
  readonly replyTo?: number;
  readonly target?: number;
  readonly time: number;
  /** Set when it was refused for good and waits for `retry` or `discard`. */
  readonly refused?: { readonly code: string; readonly message: string };
}

/**
 * Where a client keeps un-acked messages.
 *
 * Delivery: several tabs may keep and send the same records; the `cid` makes that harmless.
 * Errors:   may reject; the client then goes on in memory and tells it once as `error`.
 */
export interface OutboxStorage {
  load(user: string): Promise<OutboxRecord[]>;
  put(record: OutboxRecord): Promise<void>;
  delete(user: string, cid: string): Promise<void>;
}

/** Survives a reload. `name` is that of the database; use one for each server. */
export declare function indexedDbOutbox(name?: string): OutboxStorage;

/** Lives as long as the page. */
export declare function memoryOutbox(): OutboxStorage;
