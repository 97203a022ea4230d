import type { Room } from "@troupe/client";
import { usePresence } from "@troupe/client/react";
import { useWords } from "../i18n/index.js";
import { directRoom } from "../names.js";
import { Avatar } from "../shell/avatar.js";
import { Icon } from "../shell/icon.js";

/** Names that are in the page at a time. */
const shown_max = 200;

export function Members({ room, me, onClose }: { room: Room; me: string; onClose: () => void }) {
  const words = useWords();
  const presence = usePresence(room);
  const users = [...presence.users].sort().slice(0, shown_max);
  return (
    <aside class="members" aria-label={words.room.members}>
      <header class="members-head">
        <h2>{words.room.here(presence.count)}</h2>
        <button type="button" class="icon-button" aria-label={words.status.close} onClick={onClose}>
          <Icon name="close" size={18} />
        </button>
      </header>
      <ul class="list">
        {users.map((user) => (
          <li key={user}>
            {user === me ? (
              <span class="member">
                <span class="with-presence is-here">
                  <Avatar name={user} size="small" />
                </span>
                <bdi>{words.sidebar.you(user)}</bdi>
              </span>
            ) : (
              <a class="member" href={`#/${encodeURIComponent(directRoom(me, user))}`} title={words.room.write(user)}>
                <span class="with-presence is-here">
                  <Avatar name={user} size="small" />
                </span>
                <bdi>{user}</bdi>
              </a>
            )}
          </li>
        ))}
      </ul>
      {presence.count > users.length && (
        <p class="muted members-more">{words.room.sample(presence.count - users.length)}</p>
      )}
    </aside>
  );
}
