import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useWords } from "../i18n/index.js";
import { isUser } from "../names.js";
import type { SignIn } from "../preferences.js";

/** Asks who one is: for a name, or for a token where the server wants one. */
export function SignInPage({ by, onSignIn }: { by: "name" | "token"; onSignIn: (who: SignIn) => void }) {
  const words = useWords().signIn;
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => input.current?.focus(), []);

  const enter = (event: Event) => {
    event.preventDefault();
    const said = text.trim();
    if (by === "name" && !isUser(said)) setWrong(words.badName);
    else if (by === "token" && said === "") setWrong(words.noToken);
    else onSignIn(by === "name" ? { user: said } : { token: said });
  };

  return (
    <main class="sign-in">
      <form class="card" onSubmit={enter}>
        <img class="logo" src="/icon.svg" width="56" height="56" alt="" />
        <h1>{words.title}</h1>
        <p class="muted">{words.lead}</p>
        <label class="field">
          <span>{by === "name" ? words.name : words.token}</span>
          <input
            ref={input}
            value={text}
            type={by === "name" ? "text" : "password"}
            name={by === "name" ? "username" : "token"}
            autocomplete={by === "name" ? "username" : "off"}
            autocapitalize="off"
            spellcheck={false}
            aria-invalid={wrong !== undefined}
            aria-describedby="sign-in-hint"
            onInput={(event) => {
              setText(event.currentTarget.value);
              setWrong(undefined);
            }}
          />
        </label>
        <p id="sign-in-hint" class={wrong ? "hint wrong" : "hint"} role={wrong ? "alert" : undefined}>
          {wrong ?? (by === "name" ? words.nameHint : words.tokenHint)}
        </p>
        <button type="submit" class="primary">
          {words.enter}
        </button>
        {by === "name" && <p class="hint">{words.open}</p>}
      </form>
    </main>
  );
}
