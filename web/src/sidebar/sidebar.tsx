import type { InboxRoom } from "@troupe/client";
import { useInbox, useOutbox } from "@troupe/client/react";
import { memo } from "preact/compat";
import { useWords } from "../i18n/index.js";
import { peerOf } from "../names.js";
import { Avatar } from "../shell/avatar.js";
import { Icon } from "../shell/icon.js";
import { ConnectionButton } from "../status/connection_banner.js";

const Conversation = memo(function Conversation(props: {
  room: string;
  peer: string | undefined;
  unread: number;
  open: boolean;
  failed: boolean;
}) {
  const words = useWords();
  const { room, peer, unread } = props;
  return (
    <li>
      <a
        class={unread > 0 ? "conversation conversation-unread" : "conversation"}
        href={`#/${encodeURIComponent(room)}`}
        aria-current={props.open ? "page" : undefined}
        draggable={false}
      >
        {peer === undefined ? (
          <span class="hash" aria-hidden="true">
            #
          </span>
        ) : (
          <Avatar name={peer} size="small" />
        )}
        <bdi class="conversation-name">{peer ?? room}</bdi>
        {props.failed && (
          <span class="conversation-failed" aria-hidden="true">
            <Icon name="warning" size={14} />
          </span>
        )}
        {unread > 0 && (
          <span class="badge">
            <span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>
            <span class="unseen">{words.sidebar.unread(unread)}</span>
          </span>
        )}
      </a>
    </li>
  );
});

function List(props: { title: string; rooms: readonly InboxRoom[]; open: string | undefined; me: string }) {
  const outbox = useOutbox();
  if (props.rooms.length === 0) return null;
  const failed = new Set(outbox.filter((one) => one.state === "refused").map((one) => one.room));
  return (
    <section>
      <h2 class="list-title">{props.title}</h2>
      <ul class="list">
        {props.rooms.map((row) => (
          <Conversation
            key={row.room}
            room={row.room}
            peer={peerOf(row.room, props.me)}
            unread={row.room === props.open && document.hasFocus() ? 0 : row.unread}
            open={row.room === props.open}
            failed={failed.has(row.room)}
          />
        ))}
      </ul>
    </section>
  );
}

/** The room that is open stands there, even if one does not belong to it yet. */
function withOpen(rooms: readonly InboxRoom[], open: string | undefined): readonly InboxRoom[] {
  if (open === undefined || rooms.some((row) => row.room === open)) return rooms;
  return [...rooms, { room: open, head: 0, read: 0, role: "member", unread: 0 }];
}

export function Sidebar(props: {
  user: string;
  open: string | undefined;
  onSwitcher: () => void;
  onPreferences: () => void;
  onConnection: () => void;
}) {
  const words = useWords();
  const inbox = useInbox();
  const rooms = withOpen(inbox.rooms, props.open);
  const isDirect = (row: InboxRoom) => peerOf(row.room, props.user) !== undefined;
  const direct = rooms.filter(isDirect).sort((a, b) => Number(b.unread > 0) - Number(a.unread > 0));
  return (
    <nav class="sidebar" aria-label={words.sidebar.label}>
      <header class="sidebar-head">
        <img src="/icon.svg" width="28" height="28" alt="" />
        <strong>Troupe</strong>
        <button
          type="button"
          class="icon-button"
          aria-label={words.sidebar.open}
          title={`${words.sidebar.open} (Ctrl K)`}
          onClick={props.onSwitcher}
        >
          <Icon name="plus" />
        </button>
      </header>
      <button type="button" class="search-button" onClick={props.onSwitcher}>
        <Icon name="search" size={16} />
        <span>{words.sidebar.find}</span>
        <span class="key" aria-hidden="true">
          Ctrl K
        </span>
      </button>
      <div class="sidebar-lists">
        {rooms.length === 0 && (
          <p class="sidebar-note">{inbox.loaded ? words.sidebar.nothing : words.sidebar.loading}</p>
        )}
        <List
          title={words.sidebar.rooms}
          rooms={rooms.filter((row) => !isDirect(row))}
          open={props.open}
          me={props.user}
        />
        <List title={words.sidebar.direct} rooms={direct} open={props.open} me={props.user} />
      </div>
      <footer class="sidebar-foot">
        <button type="button" class="me" onClick={props.onPreferences} title={words.sidebar.preferences}>
          <Avatar name={props.user} />
          <bdi class="me-name">{props.user}</bdi>
        </button>
        <button type="button" class="icon-button" aria-label={words.sidebar.preferences} onClick={props.onPreferences}>
          <Icon name="gear" />
        </button>
        <ConnectionButton onClick={props.onConnection} />
      </footer>
    </nav>
  );
}
