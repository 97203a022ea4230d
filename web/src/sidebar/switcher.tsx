import { useInbox } from "@troupe/client/react";
import { useMemo, useRef, useState } from "preact/hooks";
import { useWords, type Words } from "../i18n/index.js";
import { directRoom, isRoom, isUser, peerOf } from "../names.js";
import { openRoom } from "../route.js";
import { Avatar } from "../shell/avatar.js";
import { Dialog } from "../shell/dialog.js";

interface Choice {
  readonly room: string;
  readonly peer: string | undefined;
  readonly text: string;
}

const choices_max = 12;

function choicesFor(words: Words, typed: string, known: readonly string[], me: string): Choice[] {
  const wanted = typed.replace(/^[@#]/, "").toLowerCase();
  const name = typed.replace(/^[@#]/, "");
  const matching = known.filter((room) => (peerOf(room, me) ?? room).toLowerCase().includes(wanted));
  const choices: Choice[] = matching.slice(0, choices_max).map((room) => {
    const peer = peerOf(room, me);
    return { room, peer, text: words.switcher.goTo(peer ?? room) };
  });
  const add = (room: string, peer: string | undefined, text: string) => {
    if (!choices.some((choice) => choice.room === room)) choices.push({ room, peer, text });
  };
  if (!typed.startsWith("@") && isRoom(name)) add(name, peerOf(name, me), words.switcher.join(name));
  if (!typed.startsWith("#") && isUser(name) && name !== me)
    add(directRoom(me, name), name, words.switcher.write(name));
  return choices;
}

/** Goes to a room or to somebody by name, known or new. */
export function Switcher({ user, onClose }: { user: string; onClose: () => void }) {
  const words = useWords();
  const inbox = useInbox();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const choices = useMemo(
    () =>
      choicesFor(
        words,
        typed.trim(),
        inbox.rooms.map((row) => row.room),
        user,
      ),
    [words, typed, inbox, user],
  );
  const go = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    openRoom(choice.room);
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.isComposing || choices.length === 0) return;
    if (event.key === "ArrowDown") setAt((at + 1) % choices.length);
    else if (event.key === "ArrowUp") setAt((at + choices.length - 1) % choices.length);
    else if (event.key === "Enter") go(choices[Math.min(at, choices.length - 1)]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={words.switcher.title} onClose={onClose} focus={input}>
      <input
        ref={input}
        class="switcher-input"
        role="combobox"
        aria-label={words.switcher.title}
        aria-expanded={choices.length > 0}
        aria-controls="choices"
        aria-activedescendant={choices.length > 0 ? `choice-${Math.min(at, choices.length - 1)}` : undefined}
        aria-autocomplete="list"
        placeholder={words.switcher.placeholder}
        value={typed}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={pressed}
      />
      {choices.length > 0 ? (
        <div id="choices" class="choices-list" role="listbox" aria-label={words.switcher.title}>
          {choices.map((choice, index) => (
            <div
              key={choice.room}
              id={`choice-${index}`}
              role="option"
              tabIndex={-1}
              class="choice"
              aria-selected={index === at}
              onMouseMove={() => index !== at && setAt(index)}
              onClick={() => go(choice)}
              onKeyDown={pressed}
            >
              {choice.peer === undefined ? (
                <span class="hash" aria-hidden="true">
                  #
                </span>
              ) : (
                <Avatar name={choice.peer} size="small" />
              )}
              <bdi>{choice.text}</bdi>
            </div>
          ))}
        </div>
      ) : (
        <p class="hint">{typed.trim() === "" ? words.sidebar.nothing : words.switcher.nothing}</p>
      )}
    </Dialog>
  );
}
