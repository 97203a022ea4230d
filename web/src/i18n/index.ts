import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { en, type Words } from "./en.js";
import { zh } from "./zh.js";

export type { Words };

/** A language that was chosen, or the browser's. */
export type Language = "system" | "en" | "zh";

export function wordsOf(language: Language): Words {
  const wanted = language === "system" ? navigator.language : language;
  return wanted.toLowerCase().startsWith("zh") ? zh : en;
}

export const WordsContext = createContext<Words>(en);

export function useWords(): Words {
  return useContext(WordsContext);
}

/** The reader's variant of a language: en-GB writes 14:05. */
function localeOf(words: Words): string {
  const language = words.locale.slice(0, 2);
  return navigator.languages.find((one) => one.toLowerCase().startsWith(language)) ?? words.locale;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** A time in the reader's way; the formats are kept, because making one is slow. */
export function formatTime(words: Words, time: number, how: "clock" | "day" | "full"): string {
  const key = `${words.locale} ${how}`;
  let format = formats.get(key);
  if (!format) {
    const options: Record<typeof how, Intl.DateTimeFormatOptions> = {
      clock: { hour: "2-digit", minute: "2-digit" },
      day: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
      full: { dateStyle: "medium", timeStyle: "medium" },
    };
    format = new Intl.DateTimeFormat(localeOf(words), options[how]);
    formats.set(key, format);
  }
  return format.format(time);
}
