import {
  createContext,
  createElement,
  type FunctionComponent,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useSyncExternalStore,
} from "react";
import type { Client } from "./client.js";
import type { Room } from "./room.js";
import type { Store } from "./store.js";
import type { Connection, Inbox, Mark, Message, Outgoing, Presence, RoomState, Verification } from "./types.js";

const ClientContext = createContext<Client | undefined>(undefined);

/** Gives `client` to the components below; connects it while mounted, unless `connect` is `false`. */
export const TroupeProvider: FunctionComponent<{ client: Client; connect?: boolean; children?: ReactNode }> = ({
  client,
  connect = true,
  children,
}) => {
  useEffect(() => {
    if (!connect) return undefined;
    client.connect();
    return () => client.disconnect();
  }, [client, connect]);
  return createElement(ClientContext.Provider, { value: client }, children);
};

/** The client of the nearest `TroupeProvider`. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error("there is no <TroupeProvider> above");
  return client;
}

/** The value of any store, kept up to date. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}

export function useConnection(): Connection {
  return useStore(useClient().connection);
}

export function useInbox(): Inbox {
  return useStore(useClient().inbox);
}

/** Everything of one's own that is not acked. */
export function useOutbox(): readonly Outgoing[] {
  return useStore(useClient().outbox);
}

/** The room, joined while mounted. Without a name: `undefined`. */
export function useRoom(name: string): Room;
export function useRoom(name: string | undefined): Room | undefined;
export function useRoom(name: string | undefined): Room | undefined {
  const client = useClient();
  const room = useMemo(() => (name === undefined ? undefined : client.room(name)), [client, name]);
  useEffect(() => room?.hold(), [room]);
  return room;
}

export function useRoomState(room: Room): RoomState {
  return useStore(room.state);
}

export function useMessages(room: Room): readonly Message[] {
  return useStore(room.messages);
}

/** One's own messages that are not among `useMessages` yet. */
export function useOutgoing(room: Room): readonly Outgoing[] {
  return useStore(room.outgoing);
}

export function usePresence(room: Room): Presence {
  return useStore(room.presence);
}

/** Others who type just now. */
export function useTyping(room: Room): readonly string[] {
  return useStore(room.typing);
}

export function useMarks(room: Room): ReadonlyMap<string, Mark> {
  return useStore(room.marks);
}

export function useVerification(room: Room): Verification {
  return useStore(room.verification);
}
