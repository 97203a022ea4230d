import { Client } from "@troupe/client";
import { TroupeProvider } from "@troupe/client/react";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Chat } from "./chat.js";
import { type About, about } from "./cluster.js";
import { type Language, WordsContext, wordsOf } from "./i18n/index.js";
import {
  applyTheme,
  rememberedLanguage,
  rememberedSignIn,
  rememberedTheme,
  rememberLanguage,
  rememberSignIn,
  type SignIn,
  type Theme,
} from "./preferences.js";
import { Announcer } from "./shell/announcer.js";
import { PreferencesContext } from "./shell/preferences_dialog.js";
import { SignInPage } from "./shell/sign_in.js";

function connect(to: About, who: SignIn): Client {
  return new Client(to.urls, {
    ...(who.user !== undefined && { user: who.user }),
    ...(who.token !== undefined && { token: who.token }),
    sdk: "troupe-page/0.1.0",
    backoffMaxMs: 4_000,
  });
}

export function App() {
  const [server, setServer] = useState<About>();
  const [who, setWho] = useState(rememberedSignIn);
  const [language, setLanguage] = useState<Language>(rememberedLanguage);
  const [theme, setTheme] = useState<Theme>(rememberedTheme);
  const words = wordsOf(language);

  useEffect(() => {
    document.documentElement.lang = words.locale;
  }, [words]);
  useEffect(() => {
    let ended = false;
    const ask = () => {
      about().then(
        (told) => !ended && setServer(told),
        () => !ended && setTimeout(ask, 1_000),
      );
    };
    ask();
    return () => {
      ended = true;
    };
  }, []);

  const preferences = useMemo(
    () => ({
      theme,
      language,
      setTheme: (chosen: Theme) => {
        applyTheme(chosen);
        setTheme(chosen);
      },
      setLanguage: (chosen: Language) => {
        rememberLanguage(chosen);
        setLanguage(chosen);
      },
    }),
    [theme, language],
  );
  const sign = (as: SignIn | undefined) => {
    rememberSignIn(as);
    setWho(as);
  };
  // A token does not say who signed in with a name before, and the other way round.
  const fits = server && who && (server.sign_in === "token") === (who.token !== undefined) ? who : undefined;
  const client = useMemo(() => (server && fits ? connect(server, fits) : undefined), [server, fits]);

  return (
    <WordsContext.Provider value={words}>
      <PreferencesContext.Provider value={preferences}>
        {!server ? (
          <div class="blank" />
        ) : !client ? (
          <SignInPage by={server.sign_in} onSignIn={sign} />
        ) : (
          <TroupeProvider client={client}>
            <Chat server={server} onSignOut={() => sign(undefined)} />
          </TroupeProvider>
        )}
        <Announcer />
      </PreferencesContext.Provider>
    </WordsContext.Provider>
  );
}
