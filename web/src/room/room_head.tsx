import type { Room } from "@troupe/client";
import { useClient, usePresence, useVerification } from "@troupe/client/react";
import { useState } from "preact/hooks";
import { useWords } from "../i18n/index.js";
import { Avatar } from "../shell/avatar.js";
import { Confirm } from "../shell/dialog.js";
import { Icon } from "../shell/icon.js";
import { ConnectionButton } from "../status/connection_banner.js";

/** A shield that tells whether order and content were checked against the chain of the room. */
function Verified({ room, onClick }: { room: Room; onClick: () => void }) {
  const words = useWords().status;
  const { state, from, to, at } = useVerification(room);
  const say = words.verification;
  const text =
    state === "verified"
      ? say.verified(String(from), String(to))
      : state === "broken"
        ? say.broken(String(at ?? to))
        : state === "checking"
          ? say.checking
          : say.off;
  return (
    <button
      type="button"
      class="icon-button verified"
      data-state={state}
      aria-label={`${words.order}: ${text}`}
      title={text}
      onClick={onClick}
    >
      <Icon name={state === "broken" ? "warning" : "shield"} />
    </button>
  );
}

export function RoomHead(props: {
  room: Room;
  members: boolean;
  onMembers: () => void;
  onConnection: () => void;
  onLeave: () => void;
}) {
  const words = useWords();
  const { room } = props;
  const presence = usePresence(room);
  const [leaving, setLeaving] = useState(false);
  const peer = useClient().peerIn(room.name);
  const here = peer !== undefined && presence.users.includes(peer);
  const name = peer ?? room.name;
  return (
    <header class="room-head">
      <a class="icon-button back" href="#/" aria-label={words.room.back}>
        <Icon name="back" />
      </a>
      {peer === undefined ? (
        <span class="hash room-hash" aria-hidden="true">
          #
        </span>
      ) : (
        <span class={here ? "with-presence is-here" : "with-presence"}>
          <Avatar name={name} size="small" />
        </span>
      )}
      <h1 class="room-name">
        <bdi>{name}</bdi>
      </h1>
      <span class="spread" />
      <span class="phone-only">
        <ConnectionButton short onClick={props.onConnection} />
      </span>
      <Verified room={room} onClick={props.onConnection} />
      <button
        type="button"
        class="icon-button with-count"
        aria-pressed={props.members}
        aria-label={`${words.room.members}: ${words.room.here(presence.count)}`}
        title={words.room.members}
        onClick={props.onMembers}
      >
        <Icon name="people" />
        <span aria-hidden="true">{presence.count > 0 ? words.number(presence.count) : ""}</span>
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={words.room.leave}
        title={words.room.leave}
        onClick={() => setLeaving(true)}
      >
        <Icon name="leave" />
      </button>
      {leaving && (
        <Confirm
          title={words.room.leave}
          text={words.room.leaveSure(name)}
          yes={words.room.leave}
          onYes={props.onLeave}
          onClose={() => setLeaving(false)}
        />
      )}
    </header>
  );
}
