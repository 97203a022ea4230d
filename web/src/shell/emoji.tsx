import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useWords } from "../i18n/index.js";

/** Those that are offered without a click more. */
export const quick_emoji = ["👍", "❤️", "😂", "🎉"] as const;

const all =
  "👍 👎 ❤️ 🔥 🎉 😂 😊 😍 🥰 😘 😎 🤔 😅 😉 😇 🙂 🙃 😴 😢 😭 😡 🤯 😱 🥳 🤗 🤝 👏 🙏 💪 👀 👋 ✌️ 🤞 👌 ✅ ❌ ⭐ 💯 💡 ⚡ 🚀 🎯 🏆 🎁 ☕ 🍕 🍰 🍻 🌞 🌈 🌸 🐶 🐱 🦊 🐢 🐛 🔧 📌 📎 ⏰ ❓ ❗ 💬 🎵".split(
    " ",
  );
const columns = 8;

/** Where the picker is to stand: beside this rectangle. */
export interface PickerPlace {
  readonly beside: DOMRect;
  readonly pick: (emoji: string) => void;
}

export function EmojiPicker({ place, onClose }: { place: PickerPlace; onClose: () => void }) {
  const words = useWords();
  const box = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const { width, height } = element.getBoundingClientRect();
    const { beside } = place;
    const above = beside.top - height - 6;
    const top = above > 8 ? above : Math.min(beside.bottom + 6, innerHeight - height - 8);
    const left = Math.max(8, Math.min(beside.right - width, innerWidth - width - 8));
    element.style.top = `${Math.max(8, top)}px`;
    element.style.left = `${left}px`;
  }, [place]);

  useEffect(() => {
    const before = document.activeElement;
    box.current?.querySelector("button")?.focus();
    const outside = (event: Event) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) onClose();
    };
    document.addEventListener("pointerdown", outside, true);
    return () => {
      document.removeEventListener("pointerdown", outside, true);
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [onClose]);

  const move = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      return onClose();
    }
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...(box.current?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
  };

  return (
    <div ref={box} class="emoji-picker" role="dialog" aria-label={words.emoji.label} onKeyDown={move}>
      {all.map((emoji) => (
        <button
          key={emoji}
          type="button"
          class="emoji-button"
          aria-label={emoji}
          onClick={() => {
            place.pick(emoji);
            onClose();
          }}
        >
          {emoji}
        </button>
      ))}
    </div>
  );
}
