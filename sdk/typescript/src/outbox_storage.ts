import type { Refusal } from "./types.js";

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
  readonly refused?: Pick<Refusal, "code" | "message">;
}

/**
 * Where a client keeps un-acked messages.
 *
 * Delivery: several tabs may keep and send the same records; the `cid` makes that harmless.
 * Errors:   may reject; the client then goes on in memory and tells it as `error`.
 */
export interface OutboxStorage {
  load(user: string): Promise<OutboxRecord[]>;
  put(record: OutboxRecord): Promise<void>;
  delete(user: string, cid: string): Promise<void>;
}

const table = "unacked";

/** Survives a reload. `name` is that of the database; use one for each server. */
export function indexedDbOutbox(name = "troupe"): OutboxStorage {
  let database: Promise<IDBDatabase> | undefined;

  function open(): Promise<IDBDatabase> {
    database ??= new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(name, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(table, { keyPath: ["user", "cid"] });
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        // Another tab may want to delete or upgrade the database.
        opening.result.onversionchange = () => opening.result.close();
        opening.result.onclose = () => {
          database = undefined;
        };
        resolve(opening.result);
      };
    });
    return database;
  }

  async function perform<T>(mode: IDBTransactionMode, what: (records: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const opened = await open();
    return new Promise((resolve, reject) => {
      const transaction = opened.transaction(table, mode);
      const request = what(transaction.objectStore(table));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? request.error);
    });
  }

  return {
    async load(user) {
      const all = IDBKeyRange.bound([user], [user, []]);
      return inOrder(await perform<OutboxRecord[]>("readonly", (records) => records.getAll(all)));
    },
    async put(record) {
      await perform("readwrite", (records) => records.put(record));
    },
    async delete(user, cid) {
      await perform("readwrite", (records) => records.delete([user, cid]));
    },
  };
}

/** Lives as long as the object. */
export function memoryOutbox(): OutboxStorage {
  const records = new Map<string, OutboxRecord>();
  return {
    async load(user) {
      return inOrder([...records.values()].filter((record) => record.user === user));
    },
    async put(record) {
      records.set(record.cid, record);
    },
    async delete(_user, cid) {
      records.delete(cid);
    },
  };
}

function inOrder(records: OutboxRecord[]): OutboxRecord[] {
  return records.sort((one, other) => one.order - other.order);
}
