import type { Message, Outgoing } from "@troupe/client";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** What can be done with a message. Always the same object for a room, so that rows need not be made anew. */
export interface MessageActions {
  readonly reply: (message: Message) => void;
  readonly edit: (message: Message) => void;
  readonly erase: (message: Message) => void;
  readonly react: (message: Message, emoji: string) => void;
  readonly pick: (message: Message, beside: Element) => void;
  readonly retry: (outgoing: Outgoing) => void;
  readonly discard: (outgoing: Outgoing) => void;
  readonly jump: (seq: number) => void;
}

const nothing = () => {};
export const ActionsContext = createContext<MessageActions>({
  reply: nothing,
  edit: nothing,
  erase: nothing,
  react: nothing,
  pick: nothing,
  retry: nothing,
  discard: nothing,
  jump: nothing,
});

export function useActions(): MessageActions {
  return useContext(ActionsContext);
}
