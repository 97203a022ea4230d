/** Outlines on a grid of 24, one path each. */
const paths = {
  plus: "M12 5v14M5 12h14",
  send: "M4 12l16-8-5 16-3-7-8-1z",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14.5c1 1.3 2.2 2 3.5 2s2.5-.7 3.5-2M9 9.500v.5M15 9.500v.5",
  reply: "M9 7L4 12l5 5M4 12h9c4 0 7 2 7 6",
  pencil: "M5 19l1-4L16.5 4.500l3 3L9 18l-4 1zM14 7l3 3",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  close: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  down: "M12 5v14M6 13l6 6 6-6",
  up: "M12 19V5M6 11l6-6 6 6",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-3.5 2.5-6 6-6s6 2.5 6 6M15.5 4.500a3.5 3.5 0 0 1 0 6.300M17.5 14.500c2.2.8 3.5 2.9 3.5 5.5",
  gear: "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM19 12a7 7 0 0 0-.1-1.300l2-1.5-2-3.4-2.3 1a7 7 0 0 0-2.3-1.300L14 3h-4l-.3 2.500a7 7 0 0 0-2.3 1.300l-2.3-1-2 3.4 2 1.500a7 7 0 0 0 0 2.600l-2 1.5 2 3.4 2.3-1a7 7 0 0 0 2.3 1.300L10 21h4l.3-2.500a7 7 0 0 0 2.3-1.300l2.3 1 2-3.4-2-1.500c.1-.4.1-.8.1-1.300z",
  leave: "M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9",
  check: "M5 12.500l4.5 4.500L19 7.5",
  clock: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 8v4l3 2",
  warning: "M12 4l9 16H3l9-16zM12 10v4M12 17v.3",
  shield: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6l7-3zM8.5 12l2.5 2.5 4.5-5",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
