import { isValidElement } from "preact";
import { expect, it } from "vitest";
import { marked } from "../src/shell/body.js";

/** Elements as `<name>text</name>`, text as it is. */
function told(text: string): string {
  return marked(text)
    .map((part) => {
      if (!isValidElement(part)) return String(part);
      const { type, props } = part as unknown as { type: string; props: { children: string; href?: string } };
      return `<${type}${props.href ? ` ${props.href}` : ""}>${props.children}</${type}>`;
    })
    .join("");
}

it.each([
  ["plain", "plain"],
  ["a **bold** word", "a <strong>bold</strong> word"],
  ["an *italic* one, 2 * 3 * 4", "an <em>italic</em> one, 2 * 3 * 4"],
  ["`**code**`", "<code>**code**</code>"],
  ["```ts\nlet x;\n```", "<pre>let x;</pre>"],
  ["see https://example.org/a?b=1, yes", "see <a https://example.org/a?b=1>https://example.org/a?b=1</a>, yes"],
  ["javascript:alert(1)", "javascript:alert(1)"],
  ["<b>&amp;", "<b>&amp;"],
  ["**", "**"],
])("%s", (text, expected) => {
  expect(told(text)).toBe(expected);
});

it("comes to an end with the worst", () => {
  for (const worst of [
    "*".repeat(16_000),
    "`".repeat(16_000),
    "**a".repeat(5_000),
    "http://".repeat(2_000),
    "```a".repeat(4_000),
  ]) {
    expect(told(worst).length).toBeGreaterThan(0);
  }
});
