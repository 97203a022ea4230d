export { chainAfter, chainStart } from "./chain.js";
export { Client, type ClientEvents } from "./client.js";
export { TroupeError } from "./errors.js";
export { directRoom } from "./names.js";
export { indexedDbOutbox, memoryOutbox, type OutboxRecord, type OutboxStorage } from "./outbox_storage.js";
export type { Code, Durability, Entry, Reaction, Retry, ServerError, ServerWelcome } from "./protocol.js";
export type { Room } from "./room.js";
export type { Store } from "./store.js";
export type * from "./types.js";
