import type { Connection } from "@troupe/client";
import { useClient, useConnection, useOutbox } from "@troupe/client/react";
import { useEffect, useRef, useState } from "preact/hooks";
import { useWords, type Words } from "../i18n/index.js";
import { announce } from "../shell/announcer.js";
import { Icon } from "../shell/icon.js";
import { useNodeName } from "./node_name.js";

/** How long good news stay. */
const good_news_ms = 5_000;
/** The first connection of all may take so long before anything is said of it. */
const patience_ms = 800;

/** Looks at the clock each half second while `when` is set. */
function useSecondsUntil(when: number | undefined): number {
  const [, look] = useState(0);
  useEffect(() => {
    if (when === undefined) return;
    const timer = setInterval(() => look((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, [when]);
  return when === undefined ? 0 : Math.max(0, Math.ceil((when - Date.now()) / 1_000));
}

function sentence(words: Words, connection: Connection, node: string, seconds: number): string {
  switch (connection.state) {
    case "idle":
    case "ended":
      return words.status.idle;
    case "waiting":
      return words.status.waiting(seconds);
    case "connecting":
      return connection.attempt > 0 ? words.status.connectingTo(node) : words.status.connecting;
    case "online":
      return words.status.online(node);
  }
}

/** What was missed in the room that is open, once it is known again. */
function useNews(room: string | undefined, connection: Connection, node: string): string | undefined {
  const words = useWords();
  const client = useClient();
  const [news, setNews] = useState<string>();
  const lost = useRef(false);

  useEffect(() => {
    if (connection.state === "waiting") lost.current = true;
    if (connection.state !== "online" || !lost.current) return;
    const tell = (more?: string) => {
      lost.current = false;
      const text = more ? `${words.status.back(node)}: ${more}` : words.status.back(node);
      setNews(text);
      announce(text);
    };
    if (room === undefined) return tell();
    const { state } = client.room(room);
    const look = () => {
      const { phase, outcome, missed } = state.get();
      if (phase !== "live" || !lost.current) return;
      if (outcome === "discontinuity") tell(words.status.discontinuity);
      else tell(missed > 0 ? words.status.missed(missed) : words.status.nothingMissed);
    };
    look();
    return state.subscribe(look);
  }, [connection.state, room, client, node, words]);

  useEffect(() => {
    if (news === undefined) return;
    const timer = setTimeout(() => setNews(undefined), good_news_ms);
    return () => clearTimeout(timer);
  }, [news]);
  return news;
}

/** Says what is wrong with the connection while something is, and then how it went on. Lies over the page: nothing moves. */
export function ConnectionBanner({ room, onDetails }: { room: string | undefined; onDetails: () => void }) {
  const words = useWords();
  const client = useClient();
  const connection = useConnection();
  const node = useNodeName(connection);
  const unsent = useOutbox().filter((one) => one.state === "waiting" || one.state === "sent").length;
  const seconds = useSecondsUntil(connection.state === "waiting" ? connection.retryAt : undefined);
  const news = useNews(room, connection, node);
  const [patient, setPatient] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setPatient(false), patience_ms);
    return () => clearTimeout(timer);
  }, []);

  const online = connection.state === "online";
  const wrong = !online && !(patient && connection.attempt === 0);
  useEffect(() => {
    if (wrong) announce(words.status.waiting(0));
  }, [wrong, words]);

  if (online && connection.draining)
    return (
      <div class="banner banner-wrong">
        <Icon name="warning" size={16} />
        <span>{words.status.draining(node)}</span>
      </div>
    );
  if (wrong)
    return (
      <div class="banner banner-wrong" data-state={connection.state}>
        <span class="spinner" aria-hidden="true" />
        <span>
          {sentence(words, connection, node, seconds)}
          {unsent > 0 && ` · ${words.status.unsent(unsent)}`}
        </span>
        {connection.state === "waiting" && (
          <button type="button" class="link-button" onClick={() => client.wake()}>
            {words.status.now}
          </button>
        )}
      </div>
    );
  if (news)
    return (
      <div class="banner banner-good">
        <Icon name="check" size={16} />
        <span>{news}</span>
        <button type="button" class="link-button" onClick={onDetails}>
          {words.status.details}
        </button>
      </div>
    );
  return null;
}

/** One line, always to be seen: the truth in short. */
export function ConnectionButton({ onClick, short }: { onClick: () => void; short?: boolean }) {
  const words = useWords();
  const connection = useConnection();
  const node = useNodeName(connection);
  const text = connection.state === "waiting" ? words.status.waiting(0) : sentence(words, connection, node, 0);
  return (
    <button
      type="button"
      class={short ? "status-dot-button" : "status-button"}
      data-state={connection.state}
      aria-label={`${words.status.label}: ${text}`}
      title={text}
      onClick={onClick}
    >
      <span class="status-dot" aria-hidden="true" />
      {!short && <span class="status-text">{text}</span>}
    </button>
  );
}
