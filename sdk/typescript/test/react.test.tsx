// @vitest-environment happy-dom
// The hooks in a real component tree, against a real node.
import { StrictMode, useState } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { Client, memoryOutbox } from "../src/index.js";
import {
  TroupeProvider,
  useClient,
  useConnection,
  useInbox,
  useMarks,
  useMessages,
  useOutbox,
  useOutgoing,
  usePresence,
  useRoom,
  useRoomState,
  useTyping,
  useVerification,
} from "../src/react.js";
import { Person } from "./support/person.js";
import { Server } from "./support/server.js";
import { until } from "./support/until.js";

/** What was rendered of messages on their way. */
const underWay: string[] = [];

function Lounge({ name }: { name: string }) {
  const room = useRoom(name);
  const { phase } = useRoomState(room);
  const messages = useMessages(room);
  const outgoing = useOutgoing(room);
  underWay.push(...outgoing.map(({ body, state }) => `${body}: ${state}`));
  return (
    <section data-phase={phase} data-room={name}>
      {messages.map(({ seq, from, body }) => (
        <p key={seq}>{`${from}: ${body}`}</p>
      ))}
      {outgoing.map(({ cid, body, state }) => (
        <i key={cid}>{`${state}: ${body}`}</i>
      ))}
      <aside>{usePresence(room).users.join()}</aside>
      <em>{useTyping(room).join()}</em>
      <b>{[...useMarks(room)].map(([user, { read }]) => `${user} ${read}`).join()}</b>
      <u>{useVerification(room).state}</u>
    </section>
  );
}

function Page() {
  const [name, setName] = useState("lounge");
  const { state, node } = useConnection();
  return (
    <main data-state={state} data-node={node} data-user={useClient().user} data-unsent={useOutbox().length}>
      <nav>
        {useInbox()
          .rooms.map(({ room, unread }) => `${room} ${unread}`)
          .join()}
      </nav>
      <button type="button" onClick={() => setName("parlour")} />
      <Lounge name={name} />
    </main>
  );
}

describe("a page of hooks", () => {
  let server: Server;
  let root: Root | undefined;

  beforeAll(async () => {
    server = await Server.start();
  });
  afterEach(() => root?.unmount());
  afterAll(() => server.remove());

  const page = () => document.body.innerHTML;
  const shows = (what: string) => until(`the page shows ${what}`, () => page().includes(what), 20_000, page);

  it("shows what is so, joins what it shows, and leaves it afterwards", async () => {
    const bob = await new Person(server.url, "bob").arrive();
    const bobsRoom = await bob.join("lounge");
    const client = new Client(server.url, { user: "ann", WebSocket, outbox: memoryOutbox() });
    const host = document.body.appendChild(document.createElement("div"));
    root = createRoot(host);
    root.render(
      <StrictMode>
        <TroupeProvider client={client}>
          <Page />
        </TroupeProvider>
      </StrictMode>,
    );
    await shows('data-phase="live"');
    expect(page()).toContain('data-state="online"');
    expect(page()).toContain('data-user="ann"');

    bobsRoom.notifyTyping();
    await shows("<em>bob</em>");
    const { seq } = await bobsRoom.send("<script>hello</script>").acked;
    await shows("bob: &lt;script&gt;hello&lt;/script&gt;");
    await shows("lounge 1");
    bobsRoom.markRead(seq);
    await shows(`bob ${seq}`);
    expect(page()).toMatch(/<aside>(ann,bob|bob,ann)<\/aside>/);
    await shows("<u>verified</u>");

    client.room("lounge").send("hi bob");
    await shows("<p>ann: hi bob</p>");
    await until("it is not on its way any more", () => !page().includes("<i>"));
    expect(underWay).toContain("hi bob: sent");

    document.querySelector("button")?.click();
    await shows('data-room="parlour"');
    await shows('data-phase="live"');
    await until("the other room is left", () => client.room("lounge").state.get().phase === "idle");
    await until("bob sees it", () => !bobsRoom.presence.get().users.includes("ann"));

    root.unmount();
    await until("the connection is closed", () => client.connection.get().state === "idle");
    bob.client.disconnect();
  });

  it("says what is missing", async () => {
    const host = document.body.appendChild(document.createElement("div"));
    const errors: unknown[] = [];
    root = createRoot(host, { onUncaughtError: (error) => errors.push(error) });
    root.render(<Page />);
    await until("it failed", () => errors.length > 0);
    expect(errors).toMatchObject([{ message: expect.stringContaining("TroupeProvider") }]);
  });
});
