import type { Connection } from "@troupe/client";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** Address → name, of the nodes that were there when the page was opened. */
export const ClusterContext = createContext<ReadonlyMap<string, string>>(new Map());

/** The node of the connection, or the one that is tried: its name when it is known, else its address. */
export function useNodeName(connection: Connection): string {
  const names = useContext(ClusterContext);
  if (connection.state === "online" && connection.node !== undefined) return connection.node;
  return names.get(connection.url) ?? (URL.canParse(connection.url) ? new URL(connection.url).host : connection.url);
}
