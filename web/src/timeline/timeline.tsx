import type { Room } from "@troupe/client";
import { useClient, useMarks, useMessages, useOutgoing, useRoomState } from "@troupe/client/react";
import type { Ref } from "preact";
import {
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from "preact/hooks";
import { formatTime, useWords, type Words } from "../i18n/index.js";
import { Icon } from "../shell/icon.js";
import { useActions } from "./actions.js";
import { readersOf } from "./readers.js";
import { Row } from "./row.js";
import { authorOf, continues, dayOf, isOutgoing, keyOf } from "./rows.js";
import { foot_px, head_px, TimelineWindow } from "./timeline_window.js";

/** As near to the oldest message as this, older ones are loaded. */
const load_within_px = 2_000;
const load_count = 200;
const retry_ms = 1_000;

export interface TimelineControls {
  readonly toEnd: () => void;
  readonly show: (seq: number) => Promise<void>;
}

interface TimelineProps {
  readonly room: Room;
  readonly me: string;
  /** The first message that was not read when the room was opened. */
  readonly unreadFrom: number | undefined;
  readonly controls: Ref<TimelineControls>;
  /** The end is to be seen, or not any more. */
  readonly onAtEnd: (atEnd: boolean) => void;
  readonly onEscape: () => void;
}

function dayText(words: Words, time: number): string {
  const today = new Date();
  if (dayOf(time) === dayOf(today.getTime())) return words.timeline.today;
  today.setDate(today.getDate() - 1);
  return dayOf(time) === dayOf(today.getTime()) ? words.timeline.yesterday : formatTime(words, time, "day");
}

/** The messages of a room. Only those around the viewport are in the page. */
export function Timeline({ room, me, unreadFrom, controls, onAtEnd, onEscape }: TimelineProps) {
  const words = useWords();
  const actions = useActions();
  const messages = useMessages(room);
  const outgoing = useOutgoing(room);
  const state = useRoomState(room);
  const marks = useMarks(room);
  const view = useMemo(() => new TimelineWindow(me), [room, me]);
  const scroller = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const [, render] = useReducer((n: number) => n + 1, 0);
  const [active, setActive] = useState<string>();
  const [marked, setMarked] = useState<number>();
  const [atEnd, setAtEnd] = useState(true);
  const loading = useRef(false);
  const focused = useRef<number | undefined>(undefined);
  const peer = useClient().peerIn(room.name);
  const readers = useMemo(() => readersOf(messages, marks, me), [messages, marks, me]);

  view.take(messages, outgoing);
  view.settle();
  if (view.is_stale()) view.choose();
  if (view.pinned) view.choose();

  /** Measures what is there, and puts everything into its place before it is seen. */
  const place = useCallback(() => {
    const box = scroller.current;
    if (!box || !list.current || !canvas.current) return;
    const anew = box.clientWidth > 0;
    if (anew) view.resize(list.current.clientWidth, box.clientHeight);
    for (const row of list.current.children)
      if (row instanceof HTMLElement) view.heights.set(Number(row.dataset.index), row.getBoundingClientRect().height);
    canvas.current.style.height = `${view.full_height}px`;
    list.current.style.transform = `translateY(${view.place(view.first)}px)`;
    const top = view.settle();
    if (Math.abs(box.scrollTop - top) >= 1) box.scrollTop = top;
    if (view.is_stale()) render(0);
    if (focused.current !== undefined) {
      const row = list.current.querySelector<HTMLElement>(`[data-index="${focused.current}"]`);
      focused.current = undefined;
      row?.focus({ preventScroll: true });
    }
  }, [view]);
  useLayoutEffect(place);

  const loadOlder = useCallback(() => {
    const { older, phase } = room.state.get();
    if (loading.current || !older || phase !== "live" || view.top > load_within_px) return;
    loading.current = true;
    const done = () => {
      loading.current = false;
      loadOlder();
    };
    room.loadOlder(load_count).then(done, (why: { retry?: string }) => {
      if (why.retry === "after" || why.retry === "same") setTimeout(done, retry_ms);
      else loading.current = false;
    });
  }, [room, view]);
  useEffect(loadOlder, [loadOlder, state.phase, state.older, messages]);

  const scrolled = () => {
    const box = scroller.current;
    if (!box || Math.abs(box.scrollTop - view.top) < 1) return;
    view.scrolled(box.scrollTop);
    if (view.pinned !== atEnd) setAtEnd(view.pinned);
    if (view.is_stale()) render(0);
    loadOlder();
  };

  useEffect(() => onAtEnd(atEnd), [atEnd, onAtEnd]);

  useEffect(() => {
    const observer = new ResizeObserver(place);
    if (scroller.current) observer.observe(scroller.current);
    if (list.current) observer.observe(list.current);
    return () => observer.disconnect();
  }, [place]);

  const toEnd = useCallback(() => {
    view.to_end();
    setAtEnd(true);
    render(0);
  }, [view]);
  const show = useCallback(
    async (seq: number) => {
      for (let page = 0; page < 600 && room.state.get().first > seq && room.state.get().older; page++)
        await room.loadOlder(load_count);
      const index = room.indexOf(seq);
      if (index < 0) return;
      view.take(room.messages.get(), room.outgoing.get());
      view.show(index);
      setAtEnd(false);
      setMarked(seq);
      setTimeout(() => setMarked(undefined), 2_000);
      render(0);
    },
    [room, view],
  );
  useImperativeHandle(controls, () => ({ toEnd, show }), [toEnd, show]);

  const focusRow = (index: number) => {
    if (index < 0 || index >= view.count) return;
    view.reveal(index);
    focused.current = index;
    render(0);
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target instanceof HTMLElement ? event.target : undefined;
    const onRow = target?.classList.contains("row") ? Number(target.dataset.index) : undefined;
    const onScroller = target === scroller.current;
    const inRow = target?.closest<HTMLElement>(".row");
    if (event.key === "Escape") {
      if (onRow === undefined && !onScroller && inRow) inRow.focus({ preventScroll: true });
      else onEscape();
    } else if (onRow === undefined && !onScroller) return;
    else if (event.key === "ArrowUp")
      focusRow(onRow === undefined ? view.heights.find(view.top + view.viewport - head_px - foot_px - 4) : onRow - 1);
    else if (event.key === "ArrowDown") {
      if (onRow === view.count - 1) onEscape();
      else focusRow(onRow === undefined ? Math.max(0, view.heights.find(view.top - head_px) + 1) : onRow + 1);
    } else if (event.key === "End") {
      toEnd();
      focusRow(view.count - 1);
    } else if (event.key === "Home") focusRow(0);
    else {
      const shown = onRow === undefined ? undefined : view.at(onRow);
      if (!shown || isOutgoing(shown) || shown.deleted) return;
      if (event.key === "r") actions.reply(shown);
      else if (event.key === "e" && shown.mine) actions.edit(shown);
      else if (event.key === "Delete" && shown.mine) actions.erase(shown);
      else if (event.key === "+" && target) actions.pick(shown, target);
      else return;
    }
    event.preventDefault();
  };
  const point = (event: Event) => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>(".row") : null;
    const shown = row ? view.at(Number(row.dataset.index)) : undefined;
    setActive(shown ? keyOf(shown, me) : undefined);
  };

  const rows = [];
  for (let index = view.first; index < view.end; index++) {
    const shown = view.at(index);
    if (!shown) continue;
    const before = view.at(index - 1);
    const key = keyOf(shown, me);
    const newDay = before === undefined ? !state.older : dayOf(before.time) !== dayOf(shown.time);
    const isNew =
      unreadFrom !== undefined &&
      !isOutgoing(shown) &&
      shown.seq >= unreadFrom &&
      (before === undefined || isOutgoing(before) || before.seq < unreadFrom) &&
      authorOf(shown, me) !== me;
    rows.push(
      <Row
        key={key}
        shown={shown}
        me={me}
        compact={!isNew && continues(before, shown, me)}
        day={newDay ? dayText(words, shown.time) : undefined}
        isNew={isNew}
        quoted={shown.replyTo === undefined ? undefined : room.message(shown.replyTo)}
        readers={readers.get(index)?.join(",") ?? ""}
        active={key === active}
        marked={!isOutgoing(shown) && shown.seq === marked}
        index={index}
      />,
    );
  }

  const below = unreadFrom === undefined ? 0 : messages.length - 1 - lastRead(messages, unreadFrom);
  return (
    <div class="timeline-frame">
      <section
        ref={scroller}
        id="messages"
        class="timeline"
        aria-label={words.timeline.label(peer ?? room.name)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached with the keyboard
        tabIndex={0}
        onScroll={scrolled}
        onKeyDown={pressed}
        onPointerOver={point}
        // A finger leaves before its tap is a click; what it is to click must stay.
        onPointerLeave={(event) => event.pointerType === "mouse" && setActive(undefined)}
        onFocusIn={point}
        onFocusOut={(event) => {
          // Who goes on to write is done with the message.
          if (event.relatedTarget instanceof HTMLTextAreaElement) setActive(undefined);
        }}
      >
        <div ref={canvas} class="timeline-canvas">
          <div class="timeline-head">
            <Beginning room={room} older={state.older} phase={state.phase} first={state.first} />
          </div>
          <ol ref={list} class="timeline-list">
            {rows}
          </ol>
        </div>
      </section>
      {!atEnd && (
        <button type="button" class="to-end" onClick={toEnd}>
          <Icon name="down" size={18} />
          <span>{below > 0 ? words.timeline.unreadBelow(below) : words.timeline.latest}</span>
        </button>
      )}
    </div>
  );
}

function lastRead(messages: readonly { readonly seq: number }[], unreadFrom: number): number {
  let index = messages.length - 1;
  while (index >= 0 && (messages[index]?.seq ?? 0) >= unreadFrom) index--;
  return index;
}

function Beginning(props: { room: Room; older: boolean; phase: string; first: number }) {
  const words = useWords();
  const { room } = props;
  const peer = useClient().peerIn(room.name);
  if (props.phase === "joining" || props.phase === "idle") return <p class="muted">{words.room.joining}</p>;
  if (props.older)
    return (
      <p class="muted">
        <span class="spinner" aria-hidden="true" /> {words.timeline.loading}
      </p>
    );
  if (props.first > 1) return <p class="muted">{words.room.retention}</p>;
  return <p class="beginning">{peer ? words.room.beginningDirect(peer) : words.room.beginning(room.name)}</p>;
}
