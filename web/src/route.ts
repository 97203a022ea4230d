import { useEffect, useState } from "preact/hooks";

/** The room that is open stands behind the `#`, so that it can be kept, shared and gone back from. */
function roomInAddress(): string | undefined {
  const match = /^#\/(.+)$/.exec(location.hash);
  if (!match?.[1]) return undefined;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return undefined;
  }
}

export function openRoom(room: string | undefined): void {
  location.hash = room === undefined ? "#/" : `#/${encodeURIComponent(room)}`;
}

export function useOpenRoom(): string | undefined {
  const [room, setRoom] = useState(roomInAddress);
  useEffect(() => {
    const changed = () => setRoom(roomInAddress());
    addEventListener("hashchange", changed);
    changed(); // it may have changed since the first look
    return () => removeEventListener("hashchange", changed);
  }, []);
  return room;
}
