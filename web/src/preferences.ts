import type { Language } from "./i18n/index.js";

export type Theme = "system" | "light" | "dark";

/** What is remembered in this browser, and works all the same where nothing may be. */
function read(storage: () => Storage, key: string): string | undefined {
  try {
    return storage().getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(storage: () => Storage, key: string, value: string | undefined): void {
  try {
    if (value === undefined) storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    // A browser that keeps nothing; then it holds until the page is closed.
  }
}

const local = () => localStorage;
const tab = () => sessionStorage;

export function rememberedTheme(): Theme {
  const theme = read(local, "troupe.theme");
  return theme === "light" || theme === "dark" ? theme : "system";
}

export function applyTheme(theme: Theme): void {
  write(local, "troupe.theme", theme === "system" ? undefined : theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function rememberedLanguage(): Language {
  const language = read(local, "troupe.language");
  return language === "en" || language === "zh" ? language : "system";
}

export function rememberLanguage(language: Language): void {
  write(local, "troupe.language", language === "system" ? undefined : language);
}

/** Who is signed in. A token is kept for this tab only. */
export interface SignIn {
  readonly user?: string;
  readonly token?: string;
}

export function rememberedSignIn(): SignIn | undefined {
  const token = read(tab, "troupe.token");
  const user = read(tab, "troupe.user") ?? read(local, "troupe.user");
  return token !== undefined ? { token, ...(user && { user }) } : user !== undefined ? { user } : undefined;
}

export function rememberSignIn(who: SignIn | undefined): void {
  write(tab, "troupe.token", who?.token);
  write(tab, "troupe.user", who?.user);
  write(local, "troupe.user", who?.user);
}

/** What was written and not sent, for each room. */
export function rememberedDraft(room: string): string {
  return read(tab, `troupe.draft.${room}`) ?? "";
}

export function rememberDraft(room: string, text: string): void {
  write(tab, `troupe.draft.${room}`, text === "" ? undefined : text);
}
