import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { en } from "../i18n/en.js";
import { type Language, useWords } from "../i18n/index.js";
import { zh } from "../i18n/zh.js";
import type { Theme } from "../preferences.js";
import { Dialog } from "./dialog.js";

export interface Preferences {
  readonly theme: Theme;
  readonly language: Language;
  readonly setTheme: (theme: Theme) => void;
  readonly setLanguage: (language: Language) => void;
}

export const PreferencesContext = createContext<Preferences>({
  theme: "system",
  language: "system",
  setTheme: () => {},
  setLanguage: () => {},
});

export function PreferencesDialog(props: { user: string; onClose: () => void; onSignOut: () => void }) {
  const words = useWords();
  const chosen = useContext(PreferencesContext);
  const themes: readonly Theme[] = ["system", "light", "dark"];
  return (
    <Dialog title={words.preferences.title} onClose={props.onClose}>
      <fieldset class="choices">
        <legend>{words.preferences.theme}</legend>
        <div class="segments">
          {themes.map((theme) => (
            <label key={theme} class="segment">
              <input
                type="radio"
                name="theme"
                checked={chosen.theme === theme}
                onChange={() => chosen.setTheme(theme)}
              />
              <span>{words.preferences.themes[theme]}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <label class="field">
        <span>{words.preferences.language}</span>
        <select value={chosen.language} onChange={(event) => chosen.setLanguage(event.currentTarget.value as Language)}>
          <option value="system">{words.preferences.systemLanguage}</option>
          <option value="en">{en.language}</option>
          <option value="zh">{zh.language}</option>
        </select>
      </label>
      <section aria-labelledby="keys">
        <h3 id="keys">{words.preferences.keys}</h3>
        <dl class="shortcuts">
          {words.preferences.shortcuts.map(([keys, what]) => (
            <div key={keys + what}>
              <dt>{keys.split(" ").map((key) => key && <kbd key={key}>{key}</kbd>)}</dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </section>
      <footer class="dialog-foot">
        <span class="muted">{words.preferences.signedInAs(props.user)}</span>
        <button type="button" class="secondary" onClick={props.onSignOut}>
          {words.preferences.signOut}
        </button>
      </footer>
    </Dialog>
  );
}
