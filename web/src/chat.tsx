import { useClient, useConnection, useInbox } from "@troupe/client/react";
import { useCallback, useEffect, useState } from "preact/hooks";
import type { About } from "./cluster.js";
import { useWords } from "./i18n/index.js";
import { RoomPage } from "./room/room_page.js";
import { openRoom, useOpenRoom } from "./route.js";
import { Icon } from "./shell/icon.js";
import { PreferencesDialog } from "./shell/preferences_dialog.js";
import { Sidebar } from "./sidebar/sidebar.js";
import { Switcher } from "./sidebar/switcher.js";
import { ConnectionBanner } from "./status/connection_banner.js";
import { ConnectionDialog } from "./status/connection_dialog.js";
import { ClusterContext } from "./status/node_name.js";

type Open = "switcher" | "preferences" | "connection";

/** Everything behind the sign-in: the conversations beside the one that is open. */
export function Chat({ server, onSignOut }: { server: About; onSignOut: () => void }) {
  const words = useWords();
  const client = useClient();
  const connection = useConnection();
  const inbox = useInbox();
  const name = useOpenRoom();
  const [open, setOpen] = useState<Open>();
  const close = useCallback(() => setOpen(undefined), []);
  const user = connection.user ?? client.user ?? "";
  const unread = inbox.rooms.filter((room) => room.unread > 0 && room.room !== name).length;

  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${name ? `${name} · ` : ""}Troupe`;
  }, [unread, name]);

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setOpen("switcher");
      }
    };
    const looked = () => document.visibilityState === "visible" && client.wake();
    const wake = () => client.wake();
    document.addEventListener("keydown", pressed);
    document.addEventListener("visibilitychange", looked);
    addEventListener("online", wake);
    return () => {
      document.removeEventListener("keydown", pressed);
      document.removeEventListener("visibilitychange", looked);
      removeEventListener("online", wake);
    };
  }, [client]);

  if (connection.state === "ended")
    return (
      <main class="sign-in">
        <div class="card" role="alert">
          <h1>{words.signIn.ended}</h1>
          <p class="muted">{connection.why}</p>
          <button type="button" class="primary" onClick={onSignOut}>
            {words.signIn.again}
          </button>
        </div>
      </main>
    );

  return (
    <ClusterContext.Provider value={server.names}>
      <div class={name === undefined ? "chat" : "chat chat-in-room"}>
        <button type="button" class="skip" onClick={() => focusOn("messages")}>
          {words.skip.messages}
        </button>
        <button type="button" class="skip" onClick={() => focusOn("composer")}>
          {words.skip.composer}
        </button>
        <Sidebar
          user={user}
          open={name}
          onSwitcher={() => setOpen("switcher")}
          onPreferences={() => setOpen("preferences")}
          onConnection={() => setOpen("connection")}
        />
        <div class="stage">
          <ConnectionBanner room={name} onDetails={() => setOpen("connection")} />
          {name === undefined ? (
            <main class="empty">
              <div class="empty-inside">
                <span class="empty-art" aria-hidden="true">
                  <Icon name="people" size={40} />
                </span>
                <h1>{words.empty.title}</h1>
                <p class="muted">{words.empty.lead}</p>
                <div class="row">
                  <button type="button" class="primary" onClick={() => openRoom("lounge")}>
                    {words.empty.lounge}
                  </button>
                  <button type="button" class="secondary" onClick={() => setOpen("switcher")}>
                    {words.sidebar.open}
                  </button>
                </div>
              </div>
            </main>
          ) : (
            <RoomPage key={name} name={name} user={user} onConnection={() => setOpen("connection")} />
          )}
        </div>
      </div>
      {open === "switcher" && <Switcher user={user} onClose={close} />}
      {open === "preferences" && <PreferencesDialog user={user} onClose={close} onSignOut={onSignOut} />}
      {open === "connection" && <ConnectionDialog room={name} onClose={close} />}
    </ClusterContext.Provider>
  );
}

function focusOn(id: string) {
  document.getElementById(id)?.focus();
}
