const userPattern = /^[A-Za-z0-9_.@-]{1,64}$/;
const roomPattern = /^[A-Za-z0-9_.:/@-]{1,160}$/;

/** Names are compared byte by byte, so they hold no text that looks like other text. */
export function checkedRoom(name: string): string {
  if (!roomPattern.test(name)) throw new TypeError(`no room can be named ${name}`);
  return name;
}

/** The room of the direct messages between two users. */
export function directRoom(one: string, other: string): string {
  if (!userPattern.test(one) || !userPattern.test(other) || one === other)
    throw new TypeError(`no direct messages between ${one} and ${other}`);
  return `dm:${[one, other].sort().join(":")}`;
}

/** The other one of a direct message; `undefined` for other rooms. */
export function peerIn(room: string, user: string | undefined): string | undefined {
  const [kind, one, other, more] = room.split(":");
  if (kind !== "dm" || more !== undefined || one === undefined || other === undefined) return undefined;
  return user === one ? other : user === other ? one : undefined;
}
