import type { Message, Room } from "@troupe/client";
import { useClient, useTyping } from "@troupe/client/react";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { useWords } from "../i18n/index.js";
import { body_bytes_max } from "../names.js";
import { rememberDraft, rememberedDraft } from "../preferences.js";
import type { PickerPlace } from "../shell/emoji.js";
import { Icon } from "../shell/icon.js";

const encoder = new TextEncoder();

interface ComposerProps {
  readonly room: Room;
  readonly input: RefObject<HTMLTextAreaElement>;
  readonly replyTo: Message | undefined;
  readonly editing: Message | undefined;
  readonly onSend: (body: string) => void;
  readonly onCancel: () => void;
  /** The last message of one's own is to be edited. */
  readonly onEditLast: () => void;
  readonly onEmoji: (place: PickerPlace) => void;
}

function Typing({ room }: { room: Room }) {
  const words = useWords();
  const users = useTyping(room);
  return (
    <div class="typing" aria-live="off">
      {users.length > 0 && (
        <>
          <span class="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <bdi>{words.composer.typing(users)}</bdi>
        </>
      )}
    </div>
  );
}

/** Where one writes. Enter sends, Shift and Enter begin a line; what was begun is kept for each room. */
export function Composer(props: ComposerProps) {
  const words = useWords();
  const { room, input, replyTo, editing } = props;
  const name = useClient().peerIn(room.name) ?? room.name;
  const [draft, setDraft] = useState(() => rememberedDraft(room.name));
  const [edited, setEdited] = useState("");
  const text = editing ? edited : draft;
  const over = useMemo(() => encoder.encode(text).length - body_bytes_max, [text]);
  const empty = text.trim() === "";

  useEffect(() => {
    if (editing) setEdited(editing.body);
  }, [editing]);
  useEffect(() => rememberDraft(room.name, draft), [room, draft]);
  useLayoutEffect(() => {
    if (matchMedia("(hover: hover)").matches) input.current?.focus();
  }, [room, input]);
  useLayoutEffect(() => {
    const box = input.current;
    if (!box) return;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, innerHeight * 0.4)}px`;
  }, [text, input]);

  const write = (value: string) => (editing ? setEdited(value) : setDraft(value));
  const send = () => {
    if (empty || over > 0) return;
    props.onSend(text.replace(/\s+$/, ""));
    if (!editing) setDraft("");
    input.current?.focus();
  };
  const pressed = (event: KeyboardEvent) => {
    // While a word is composed, Enter and the arrows belong to the input method.
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape" && (editing || replyTo)) {
      event.preventDefault();
      props.onCancel();
    } else if (event.key === "ArrowUp" && text === "" && !editing) {
      event.preventDefault();
      props.onEditLast();
    }
  };
  const insert = (emoji: string) => {
    const box = input.current;
    const from = box?.selectionStart ?? text.length;
    write(text.slice(0, from) + emoji + text.slice(box?.selectionEnd ?? from));
    requestAnimationFrame(() => {
      box?.focus();
      box?.setSelectionRange(from + emoji.length, from + emoji.length);
    });
  };

  return (
    <div class="composer">
      <Typing room={room} />
      <form
        class="composer-box"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {(replyTo || editing) && (
          <div class="composer-about">
            <Icon name={editing ? "pencil" : "reply"} size={16} />
            <strong>{editing ? words.composer.editing : words.composer.replying(replyTo?.from ?? "")}</strong>
            <bdi class="composer-quote">{(editing ?? replyTo)?.body.slice(0, 120)}</bdi>
            <button type="button" class="icon-button" aria-label={words.composer.cancel} onClick={props.onCancel}>
              <Icon name="close" size={16} />
            </button>
          </div>
        )}
        <div class="composer-row">
          <textarea
            ref={input}
            id="composer"
            rows={1}
            dir="auto"
            value={text}
            aria-label={words.composer.label(name)}
            aria-invalid={over > 0}
            placeholder={words.composer.placeholder(name)}
            onInput={(event) => {
              write(event.currentTarget.value);
              if (!editing && event.currentTarget.value.trim() !== "") room.notifyTyping();
            }}
            onKeyDown={pressed}
          />
          {over > -1024 && (
            <span class={over > 0 ? "counter wrong" : "counter"} role={over > 0 ? "alert" : undefined}>
              {over > 0 ? words.composer.tooLong(over) : words.number(-over)}
            </span>
          )}
          <button
            type="button"
            class="icon-button"
            aria-label={words.composer.emoji}
            title={words.composer.emoji}
            onClick={(event) => props.onEmoji({ beside: event.currentTarget.getBoundingClientRect(), pick: insert })}
          >
            <Icon name="smile" />
          </button>
          <button
            type="submit"
            class="send"
            disabled={empty || over > 0}
            aria-label={editing ? words.composer.save : words.composer.send}
            title={editing ? words.composer.save : words.composer.send}
          >
            <Icon name={editing ? "check" : "send"} size={18} />
          </button>
        </div>
      </form>
    </div>
  );
}
