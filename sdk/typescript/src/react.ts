import type { FunctionComponent, ReactNode } from "react";
import type { Client } from "./client.js";
import type { Room } from "./room.js";
import type { Store } from "./store.js";
import type { Connection, Inbox, Mark, Message, Outgoing, Presence, RoomState, Verification } from "./types.js";

/** Gives `client` to the components below; it connects while mounted when `connect` is not `false`. */
export declare const TroupeProvider: FunctionComponent<{ client: Client; connect?: boolean; children?: ReactNode }>;

/** The client of the nearest `TroupeProvider`. */
export declare function useClient(): Client;
/** The value of any store, kept up to date. */
export declare function useStore<T>(store: Store<T>): T;
export declare function useConnection(): Connection;
export declare function useInbox(): Inbox;
/** Everything of one's own that is not acked. */
export declare function useOutbox(): readonly Outgoing[];
/** The room, joined while mounted. Without a name: `undefined`. */
export declare function useRoom(name: string): Room;
export declare function useRoom(name: string | undefined): Room | undefined;
export declare function useRoomState(room: Room): RoomState;
export declare function useMessages(room: Room): readonly Message[];
export declare function useOutgoing(room: Room): readonly Outgoing[];
export declare function usePresence(room: Room): Presence;
export declare function useTyping(room: Room): readonly string[];
export declare function useMarks(room: Room): ReadonlyMap<string, Mark>;
export declare function useVerification(room: Room): Verification;
