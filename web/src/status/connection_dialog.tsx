import type { Room, RoomState, Verification } from "@troupe/client";
import { useClient, useConnection, useOutbox, useRoomState, useVerification } from "@troupe/client/react";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useWords, type Words } from "../i18n/index.js";
import { Dialog } from "../shell/dialog.js";
import { useNodeName } from "./node_name.js";

function Fact({ name, tone, children }: { name: string; tone?: "good" | "wrong"; children: ComponentChildren }) {
  return (
    <div class="fact" data-tone={tone}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function outcome(words: Words, state: RoomState): string {
  const say = words.status.outcome;
  if (state.phase === "catching-up") return words.status.catchingUp;
  if (state.outcome === "new") return say.new;
  if (state.outcome === "discontinuity") return say.discontinuity;
  if (state.outcome === "recovered")
    return say.recovered(state.missed > 0 ? words.status.missed(state.missed) : words.status.nothingMissed);
  return say.none;
}

function order(words: Words, verification: Verification): string {
  const say = words.status.verification;
  const { state, from, to, at } = verification;
  if (state === "verified") return say.verified(words.number(from), words.number(to));
  if (state === "broken") return say.broken(words.number(at ?? to));
  return state === "checking" ? say.checking : say.off;
}

function RoomFacts({ room }: { room: Room }) {
  const words = useWords();
  const state = useRoomState(room);
  const verification = useVerification(room);
  const [asked, setAsked] = useState(false);
  const check = () => {
    setAsked(true);
    const done = () => setAsked(false);
    room.verify().then(done, done);
  };
  return (
    <>
      <Fact name={words.status.room} tone={state.outcome === "discontinuity" ? "wrong" : "good"}>
        <bdi>{room.name}</bdi>
        <span class="fact-more">{outcome(words, state)}</span>
      </Fact>
      <Fact name={words.status.gaps}>
        {state.gaps > 0 ? words.status.gapsFilled(state.gaps) : words.status.gapsNone}
      </Fact>
      <Fact
        name={words.status.order}
        {...(verification.state === "broken" && { tone: "wrong" as const })}
        {...(verification.state === "verified" && { tone: "good" as const })}
      >
        {order(words, verification)}
        <button type="button" class="link-button" disabled={asked} onClick={check}>
          {words.status.check}
        </button>
      </Fact>
    </>
  );
}

/** What is known of the connection, and of how the room that is open came through. */
export function ConnectionDialog({ room, onClose }: { room: string | undefined; onClose: () => void }) {
  const words = useWords();
  const client = useClient();
  const connection = useConnection();
  const unsent = useOutbox().length;
  const node = useNodeName(connection);
  const online = connection.state === "online";
  return (
    <Dialog title={words.status.title} onClose={onClose}>
      <dl class="facts">
        <Fact name={words.status.node} tone={online ? "good" : "wrong"}>
          {online ? words.status.online(node) : words.status.idle}
          {connection.why !== undefined && !online && <span class="fact-more">{connection.why}</span>}
        </Fact>
        <Fact name={words.status.address}>
          <code>{connection.url}</code>
        </Fact>
        {online && (
          <Fact name={words.status.session}>
            {connection.resumed ? words.status.sessionResumed : words.status.sessionNew}
          </Fact>
        )}
        {room !== undefined && <RoomFacts room={client.room(room)} />}
        <Fact name={words.status.outbox}>{unsent > 0 ? words.status.unsent(unsent) : words.status.none}</Fact>
      </dl>
    </Dialog>
  );
}
