import { hueOf } from "../names.js";

/** A first letter on a colour of one's own; the name stands beside it. */
export function Avatar({ name, size = "medium" }: { name: string; size?: "tiny" | "small" | "medium" | "large" }) {
  return (
    <span class={`avatar avatar-${size}`} style={{ "--hue": hueOf(name) }} aria-hidden="true">
      {name
        .replace(/^[^A-Za-z0-9]+/, "")
        .slice(0, 1)
        .toUpperCase() || "?"}
    </span>
  );
}
