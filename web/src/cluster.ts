/** What the node that served the page says of itself: docs/openapi.json, `/client.json`. */
export interface About {
  readonly sign_in: "name" | "token";
  /** Where to connect to: the node of the page first, then the others. */
  readonly urls: readonly string[];
  /** Address → name of the node. */
  readonly names: ReadonlyMap<string, string>;
}

interface ClientJson {
  readonly node: string;
  readonly sign_in: string;
  readonly nodes: readonly { readonly node: string; readonly url: string }[];
}

/** The address of the WebSocket beside this page. */
function ownUrl(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
}

/** Asks the node. A proxy in front of the cluster names no nodes: then everything goes through it. */
export async function about(): Promise<About> {
  const answer = await fetch("/client.json", { credentials: "omit" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const told = (await answer.json()) as ClientJson;
  const own = ownUrl();
  const others = told.nodes.filter((node) => node.url !== own);
  return {
    sign_in: told.sign_in === "token" ? "token" : "name",
    urls: [own, ...others.map((node) => node.url)],
    names: new Map([[own, told.node], ...others.map((node) => [node.url, node.node] as const)]),
  };
}
