import type { Message, Room } from "@troupe/client";
import { useInbox, useRoom, useRoomState } from "@troupe/client/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Composer } from "../composer/composer.js";
import { useWords } from "../i18n/index.js";
import { openRoom } from "../route.js";
import { announce } from "../shell/announcer.js";
import { Confirm } from "../shell/dialog.js";
import { EmojiPicker, type PickerPlace } from "../shell/emoji.js";
import { ActionsContext, type MessageActions } from "../timeline/actions.js";
import { lastUpTo } from "../timeline/readers.js";
import { Timeline, type TimelineControls } from "../timeline/timeline.js";
import { Members } from "./members.js";
import { RoomHead } from "./room_head.js";

/** The screen reader is told this much of a message. */
const announced_chars = 300;
const wide = "(min-width: 1180px)";

/** Somebody looks at the page. */
function isAttentive(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

function useAttention(): boolean {
  const [attentive, setAttentive] = useState(isAttentive);
  useEffect(() => {
    const look = () => setAttentive(isAttentive());
    const events = ["focus", "blur", "visibilitychange"] as const;
    for (const name of events) addEventListener(name, look, true);
    return () => {
      for (const name of events) removeEventListener(name, look, true);
    };
  }, []);
  return attentive;
}

/** The first message that was not read when the room was opened, or since nobody looks; null before that is known. */
function useUnreadFrom(room: Room, me: string, attentive: boolean): number | undefined | null {
  const inbox = useInbox();
  const state = useRoomState(room);
  const [from, setFrom] = useState<number | undefined | null>(null);
  const attention = useRef(attentive);
  attention.current = attentive;

  useEffect(() => {
    if (from !== null || !inbox.loaded || state.phase !== "live") return;
    const row = inbox.rooms.find((one) => one.room === room.name);
    const messages = room.messages.get();
    const first = messages.slice(lastUpTo(messages, row?.read ?? 0) + 1).find((message) => message.from !== me);
    setFrom(row && row.read > 0 ? first?.seq : undefined);
  }, [from, inbox, state.phase, room, me]);

  useEffect(
    () =>
      room.on("message", ({ entry, source }) => {
        if (source === "history") return;
        if (entry.from === me) setFrom((now) => (now === null ? now : undefined));
        else if (!attention.current && entry.kind === "text") setFrom((now) => now ?? entry.seq);
        if (source === "live" && entry.from !== me && entry.kind === "text")
          announce(`${entry.from}: ${(entry.body ?? "").slice(0, announced_chars)}`);
      }),
    [room, me],
  );
  return from;
}

export function RoomPage({ name, user, onConnection }: { name: string; user: string; onConnection: () => void }) {
  const words = useWords();
  const room = useRoom(name);
  const state = useRoomState(room);
  const attentive = useAttention();
  const unreadFrom = useUnreadFrom(room, user, attentive);
  const [replyTo, setReplyTo] = useState<Message>();
  const [editing, setEditing] = useState<Message>();
  const [erasing, setErasing] = useState<Message>();
  const [picker, setPicker] = useState<PickerPlace>();
  const [members, setMembers] = useState(() => matchMedia(wide).matches);
  const [atEnd, setAtEnd] = useState(true);
  const timeline = useRef<TimelineControls>(null);
  const composer = useRef<HTMLTextAreaElement>(null);
  const focusComposer = useCallback(() => composer.current?.focus(), []);
  const closePicker = useCallback(() => setPicker(undefined), []);

  // What is in sight of somebody who looks is read.
  useEffect(() => {
    if (attentive && atEnd && unreadFrom !== null && state.phase === "live" && state.last > 0)
      room.markRead(state.last);
  }, [attentive, atEnd, unreadFrom, state.phase, state.last, room]);

  const actions = useMemo<MessageActions>(() => {
    const react = (message: Message, emoji: string) => {
      const mine = message.reactions.some((one) => one.emoji === emoji && one.users.includes(user));
      const sending = mine ? room.unreact(message.seq, emoji) : room.react(message.seq, emoji);
      sending?.acked.catch(() => {});
    };
    return {
      react,
      reply: (message) => {
        setEditing(undefined);
        setReplyTo(message);
        focusComposer();
      },
      edit: (message) => {
        setReplyTo(undefined);
        setEditing(message);
        focusComposer();
      },
      erase: setErasing,
      pick: (message, beside) =>
        setPicker({ beside: beside.getBoundingClientRect(), pick: (emoji) => react(message, emoji) }),
      retry: (outgoing) => room.retry(outgoing.cid)?.acked.catch(() => {}),
      discard: (outgoing) => room.discard(outgoing.cid),
      jump: (seq) => timeline.current?.show(seq),
    };
  }, [room, user, focusComposer]);

  const send = (body: string) => {
    if (editing) {
      if (body !== editing.body) room.edit(editing.seq, body).acked.catch(() => {});
    } else {
      room.send(body, replyTo ? { replyTo: replyTo.seq } : {}).acked.catch(() => {});
      timeline.current?.toEnd();
    }
    setEditing(undefined);
    setReplyTo(undefined);
  };
  const editLast = () => {
    const last = room.messages.get().findLast((message) => message.mine && !message.deleted && message.kind === "text");
    if (last) actions.edit(last);
  };
  const leave = () => {
    room.leave({ forget: true });
    openRoom(undefined);
  };

  return (
    <ActionsContext.Provider value={actions}>
      <main class={members ? "room room-with-members" : "room"}>
        <RoomHead
          room={room}
          members={members}
          onMembers={() => setMembers(!members)}
          onConnection={onConnection}
          onLeave={leave}
        />
        <div class="room-main">
          <Timeline
            room={room}
            me={user}
            unreadFrom={unreadFrom ?? undefined}
            controls={timeline}
            onAtEnd={setAtEnd}
            onEscape={focusComposer}
          />
          {state.phase === "left" ? (
            <div class="left-note" role="alert">
              <span>
                {words.room.left} {state.why}
              </span>
              <button type="button" class="secondary" onClick={() => room.join()}>
                {words.room.rejoin}
              </button>
            </div>
          ) : (
            <Composer
              room={room}
              input={composer}
              replyTo={replyTo}
              editing={editing}
              onSend={send}
              onCancel={() => {
                setEditing(undefined);
                setReplyTo(undefined);
              }}
              onEditLast={editLast}
              onEmoji={setPicker}
            />
          )}
        </div>
        {members && <Members room={room} me={user} onClose={() => setMembers(false)} />}
      </main>
      {picker && <EmojiPicker place={picker} onClose={closePicker} />}
      {erasing && (
        <Confirm
          title={words.timeline.delete}
          text={words.timeline.deleteSure}
          yes={words.timeline.delete}
          onYes={() => room.delete(erasing.seq).acked.catch(() => {})}
          onClose={() => setErasing(undefined)}
        />
      )}
    </ActionsContext.Provider>
  );
}
