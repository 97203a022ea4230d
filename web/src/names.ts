/** What the protocol says of names: docs/protocol.md, Frames. */
export const body_bytes_max = 16 * 1024;

export function isUser(text: string): boolean {
  return /^[A-Za-z0-9_.@-]{1,64}$/.test(text);
}

export function isRoom(text: string): boolean {
  return /^[A-Za-z0-9_.:/@-]{1,160}$/.test(text);
}

/** The room of two people: their names in byte order. */
export function directRoom(one: string, other: string): string {
  return one < other ? `dm:${one}:${other}` : `dm:${other}:${one}`;
}

/** The other one, for a direct message of `me`. */
export function peerOf(room: string, me: string | undefined): string | undefined {
  const parts = room.split(":");
  if (parts.length !== 3 || parts[0] !== "dm" || me === undefined) return undefined;
  return parts[1] === me ? parts[2] : parts[2] === me ? parts[1] : undefined;
}

/** A colour of one's own, as the angle of a hue. */
export function hueOf(name: string): number {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
  return ((hash >>> 0) * 137) % 360;
}
