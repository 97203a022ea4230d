import type { ComponentChildren } from "preact";
import { memo } from "preact/compat";
import { useState } from "preact/hooks";
import { useWords } from "../i18n/index.js";

/** One past either of these and a message is shown folded. */
const folded_chars = 1_600;
const folded_lines = 24;

/** Code in fences; code; links; bold; italic. Nothing else is marked up. */
const marks =
  /```(?:[a-z0-9+-]*\n)?([\s\S]+?)```|`([^`\n]+)`|(https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}])|\*\*(\S(?:[^*\n]*\S)?)\*\*|(?<![\w*])\*([^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])/g;

function link(text: string): ComponentChildren {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) return text;
  return (
    <a href={url.href} target="_blank" rel="noopener noreferrer nofollow">
      {text}
    </a>
  );
}

/** The words of a stranger as text nodes, with a few elements around them. */
export function marked(text: string): ComponentChildren[] {
  const result: ComponentChildren[] = [];
  let at = 0;
  for (const match of text.matchAll(marks)) {
    if (match.index > at) result.push(text.slice(at, match.index));
    const [whole, fenced, code, address, bold, italic] = match;
    if (fenced !== undefined) result.push(<pre>{fenced.replace(/\n$/, "")}</pre>);
    else if (code !== undefined) result.push(<code>{code}</code>);
    else if (address !== undefined) result.push(link(address));
    else if (bold !== undefined) result.push(<strong>{bold}</strong>);
    else result.push(<em>{italic}</em>);
    at = match.index + whole.length;
  }
  if (at < text.length) result.push(text.slice(at));
  return result;
}

function folded(text: string): string | undefined {
  let end = Math.min(text.length, folded_chars);
  for (let line = 0, from = 0; line < folded_lines; line++) {
    const next = text.indexOf("\n", from);
    if (next < 0 || next >= end) break;
    from = next + 1;
    if (line === folded_lines - 1) end = next;
  }
  return end < text.length ? text.slice(0, end).replace(/[\ud800-\udbff]$/, "") : undefined;
}

/** One to three emoji and nothing else are shown large. */
function isEmojiOnly(text: string): boolean {
  return (
    text.length <= 24 &&
    /^(?:\p{Extended_Pictographic}(?:\ufe0f|\u200d\p{Extended_Pictographic}|\p{Emoji_Modifier})*\s?){1,3}$/u.test(text)
  );
}

/** What was written, isolated so that its direction and its marks stay within it. */
export const Body = memo(function Body({ text }: { text: string }) {
  const words = useWords();
  const [whole, setWhole] = useState(false);
  const short = folded(text);
  return (
    <>
      <div class={isEmojiOnly(text) ? "body body-emoji" : "body"} dir="auto">
        {marked(short !== undefined && !whole ? short : text)}
        {short !== undefined && !whole && "…"}
      </div>
      {short !== undefined && (
        <button type="button" class="link-button" aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {whole ? words.timeline.showLess : words.timeline.showAll}
        </button>
      )}
    </>
  );
});
