const userPattern = /^[A-Za-z0-9_.@-]{1,64}$/;
const roomPattern = /^[A-Za-z0-9_.:/@-]{1,160}$/;

/** Names are compared byte by byte, so they hold no text that looks like other text. */
export function checkedRoom(name: string): string {
  if (!roomPattern.test(name)) throw new TypeError("a room is named with 1-160 of A-Z a-z 0-9 _ . : / @ -");
  return name;
}

/** The room of the direct messages between two users. */
export function directRoom(one: string, other: string): string {
  for (const user of [one, other])
    if (!userPattern.test(user)) throw new TypeError("a user is named with 1-64 of A-Z a-z 0-9 _ . @ -");
  if (one === other) throw new TypeError("direct messages are between two users");
  return one < other ? `dm:${one}:${other}` : `dm:${other}:${one}`;
}

/** The other one of a direct message; `undefined` for other rooms. */
export function peerIn(room: string, user: string | undefined): string | undefined {
  const [kind, one, other, more] = room.split(":");
  if (kind !== "dm" || more !== undefined || one === undefined || other === undefined) return undefined;
  return user === one ? other : user === other ? one : undefined;
}
