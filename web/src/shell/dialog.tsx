import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useWords } from "../i18n/index.js";
import { Icon } from "./icon.js";

/** A modal dialog of the browser: it keeps the focus inside, and Escape closes it. */
export function Dialog(props: {
  title: string;
  onClose: () => void /** What has the focus at first. */;
  focus?: RefObject<HTMLElement>;
  children: ComponentChildren;
}) {
  const words = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const { onClose } = props;
  const { focus } = props;
  // Before the next key is pressed, so that what is typed at once is not lost.
  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    focus?.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [focus]);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-label={props.title}
      onClose={onClose}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div class="dialog-inside">
        <header class="dialog-head">
          <h2>{props.title}</h2>
          <button type="button" class="icon-button" aria-label={words.status.close} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm(props: { title: string; text: string; yes: string; onYes: () => void; onClose: () => void }) {
  const words = useWords();
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p>{props.text}</p>
      <footer class="dialog-foot">
        <button type="button" class="secondary" onClick={props.onClose}>
          {words.composer.cancel}
        </button>
        <button
          type="button"
          class="danger"
          onClick={() => {
            props.onClose();
            props.onYes();
          }}
        >
          {props.yes}
        </button>
      </footer>
    </Dialog>
  );
}
