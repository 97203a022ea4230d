import type { Message, Outgoing, Reaction } from "@troupe/client";
import { memo } from "preact/compat";
import { formatTime, useWords } from "../i18n/index.js";
import { hueOf } from "../names.js";
import { Avatar } from "../shell/avatar.js";
import { Body } from "../shell/body.js";
import { quick_emoji } from "../shell/emoji.js";
import { Icon } from "../shell/icon.js";
import { useActions } from "./actions.js";
import { authorOf, isOutgoing, type Shown } from "./rows.js";

/** A reply's first words are enough to know it again. */
const quote_chars = 140;

function Quote({ to, quoted }: { to: number; quoted: Message | undefined }) {
  const words = useWords().timeline;
  const actions = useActions();
  return (
    <button type="button" class="quote" onClick={() => actions.jump(to)}>
      <Icon name="reply" size={14} />
      {quoted ? (
        <>
          <span class="unseen">{words.replyTo(quoted.from)}</span>
          <bdi class="quote-from" aria-hidden="true" style={{ "--hue": hueOf(quoted.from) }}>
            {quoted.from}
          </bdi>
          <bdi class="quote-body">{quoted.deleted ? words.gone : quoted.body.slice(0, quote_chars)}</bdi>
        </>
      ) : (
        <span class="quote-body">{words.earlier}</span>
      )}
    </button>
  );
}

function Reactions({ message, me }: { message: Message; me: string }) {
  const words = useWords().timeline;
  const actions = useActions();
  const chip = ({ emoji, users }: Reaction) => (
    <button
      key={emoji}
      type="button"
      class="reaction"
      aria-pressed={users.includes(me)}
      aria-label={words.reaction(emoji, users.join(", "))}
      title={users.slice(0, 20).join(", ")}
      onClick={() => actions.react(message, emoji)}
    >
      <bdi class="reaction-emoji">{emoji}</bdi>
      <span>{users.length}</span>
    </button>
  );
  return (
    <div class="reactions">
      {message.reactions.map(chip)}
      <button
        type="button"
        class="reaction reaction-add"
        aria-label={words.react}
        onClick={(event) => actions.pick(message, event.currentTarget)}
      >
        <Icon name="smile" size={16} />
      </button>
    </div>
  );
}

function Toolbar({ message }: { message: Message }) {
  const words = useWords().timeline;
  const actions = useActions();
  return (
    <div class="toolbar" role="toolbar" aria-label={words.actions}>
      {quick_emoji.map((emoji) => (
        <button
          key={emoji}
          type="button"
          class="toolbar-emoji"
          aria-label={words.reactWith(emoji)}
          onClick={() => actions.react(message, emoji)}
        >
          {emoji}
        </button>
      ))}
      <button
        type="button"
        aria-label={words.react}
        title={words.react}
        onClick={(event) => actions.pick(message, event.currentTarget)}
      >
        <Icon name="smile" size={18} />
      </button>
      <button type="button" aria-label={words.reply} title={words.reply} onClick={() => actions.reply(message)}>
        <Icon name="reply" size={18} />
      </button>
      {message.mine && (
        <>
          <button type="button" aria-label={words.edit} title={words.edit} onClick={() => actions.edit(message)}>
            <Icon name="pencil" size={18} />
          </button>
          <button type="button" aria-label={words.delete} title={words.delete} onClick={() => actions.erase(message)}>
            <Icon name="trash" size={18} />
          </button>
        </>
      )}
    </div>
  );
}

function Unsent({ outgoing }: { outgoing: Outgoing }) {
  const words = useWords().timeline;
  const actions = useActions();
  if (outgoing.state === "refused")
    return (
      <p class="unsent unsent-refused">
        <Icon name="warning" size={14} />
        <span>{words.refused(outgoing.error?.message ?? "")}</span>
        <button type="button" class="link-button" onClick={() => actions.retry(outgoing)}>
          {words.retry}
        </button>
        <button type="button" class="link-button" onClick={() => actions.discard(outgoing)}>
          {words.discard}
        </button>
      </p>
    );
  const text = outgoing.state === "waiting" ? words.waiting : words.sending;
  return (
    <span class="unsent-clock" title={text}>
      <Icon name="clock" size={14} />
      <span class="unseen">{text}</span>
    </span>
  );
}

function Content({ shown }: { shown: Shown }) {
  const words = useWords();
  if (isOutgoing(shown)) return <Body text={shown.body} />;
  if (shown.deleted) return <p class="deleted">{words.timeline.deleted}</p>;
  return (
    <>
      <Body text={shown.body} />
      {shown.edited !== undefined && (
        <span class="edited" title={words.timeline.editedAt(formatTime(words, shown.edited, "full"))}>
          ({words.timeline.edited})
        </span>
      )}
    </>
  );
}

export interface RowProps {
  readonly shown: Shown;
  readonly me: string;
  /** Goes on with what the row above began. */
  readonly compact: boolean;
  /** Of the day that begins here. */
  readonly day: string | undefined;
  /** The first that was not read. */
  readonly isNew: boolean;
  readonly quoted: Message | undefined;
  /** Names with commas between them. */
  readonly readers: string;
  readonly active: boolean;
  readonly marked: boolean;
  readonly index: number;
}

function Readers({ names }: { names: string }) {
  const words = useWords().timeline;
  const users = names.split(",");
  return (
    <span class="readers" title={words.readBy(users.join(", "))}>
      <span class="unseen">{words.readBy(users.join(", "))}</span>
      {users.slice(0, 3).map((user) => (
        <Avatar key={user} name={user} size="tiny" />
      ))}
      {users.length > 3 && <span class="readers-more">+{users.length - 3}</span>}
    </span>
  );
}

function rowClass({ shown, compact, isNew, marked }: RowProps): string {
  const state = isOutgoing(shown) ? " row-unsent" : shown.pending ? " row-pending" : "";
  return `row${compact ? " row-compact" : ""}${state}${isNew ? " row-new" : ""}${marked ? " row-marked" : ""}`;
}

/** One message. It is made anew only when one of its props changed. */
export const Row = memo(function Row(props: RowProps) {
  const words = useWords();
  const { shown, me, compact, quoted } = props;
  const author = authorOf(shown, me);
  const message = isOutgoing(shown) ? undefined : shown;
  const clock = (
    <time dateTime={new Date(shown.time).toISOString()} title={formatTime(words, shown.time, "full")}>
      {formatTime(words, shown.time, "clock")}
    </time>
  );
  return (
    <li class={rowClass(props)} tabIndex={-1} data-index={props.index} data-seq={message?.seq}>
      {props.day !== undefined && (
        <div class="day">
          <span>{props.day}</span>
        </div>
      )}
      {props.isNew && (
        <div class="new-line">
          <span>{words.timeline.newHere}</span>
        </div>
      )}
      <div class="message" data-kind={shown.kind}>
        {shown.replyTo !== undefined && <Quote to={shown.replyTo} quoted={quoted} />}
        {compact ? (
          <>
            <span class="unseen">{author}</span>
            <span class="gutter-time">{clock}</span>
          </>
        ) : (
          <div class="message-head">
            <Avatar name={author} />
            <bdi class="author" style={{ "--hue": hueOf(author) }}>
              {author}
            </bdi>
            {clock}
          </div>
        )}
        <div class="content">
          <Content shown={shown} />
          {!message && <Unsent outgoing={shown as Outgoing} />}
          {message && message.reactions.length > 0 && <Reactions message={message} me={me} />}
        </div>
        {props.readers !== "" && <Readers names={props.readers} />}
        {props.active && message && !message.deleted && message.kind !== "system" && <Toolbar message={message} />}
      </div>
    </li>
  );
});
