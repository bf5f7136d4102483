import { useEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../../core/contract";
import { plain } from "../../i18n/format";
import { LANGUAGES, language, t, worded } from "../../i18n/locale";
import { chooseLanguage } from "../settings";
import { Button } from "../parts/button";
import { Choice } from "../parts/field";
import { Icon, type IconName } from "../parts/icon";
import { useTill } from "../till";
import type { ComponentChildren } from "preact";

/** A page with one thing on it, before the till is a till. */
function Doorway({ icon, title, children }: { readonly icon: IconName; readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <main class="doorway">
      <section class="doorway-card">
        <Icon name={icon} />
        <h1>{title}</h1>
        {children}
      </section>
      <div class="door-language">
        <Choice label={t("settings.language")} plain value={language.value} options={LANGUAGES.map((each) => ({ value: each.code, text: <bdi lang={each.code}>{each.name}</bdi> }))} onChoose={chooseLanguage} />
      </div>
    </main>
  );
}

export function Starting() {
  return (
    <main class="doorway" aria-busy="true">
      <section class="doorway-card" role="status">
        <Icon name="anchor" />
        <h1>{t("start.title")}</h1>
        <p class="soft">{t("start.text")}</p>
      </section>
    </main>
  );
}

/** The code that the installer has from the hub makes this device a till, once and for good. */
export function Pairing() {
  const { actions, view } = useTill();
  const [code, setCode] = useState("");
  const [asking, setAsking] = useState(false);
  const [wrong, setWrong] = useState<Problem | null>(null);
  const hub = view.hub.value;
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const pair = (): void => {
    if (code.trim() === "" || asking) {
      return;
    }
    setAsking(true);
    setWrong(null);
    void actions.door.pair(code.trim()).then((answer) => {
      setAsking(false);
      if (answer.kind === "refused") {
        setWrong(answer.problem);
      }
    });
  };
  return (
    <Doorway icon="anchor" title={t("pair.title")}>
      <p class="soft">{t("pair.text")}</p>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); pair(); }}>
        <label class="pair-label" for="pair-code">{t("pair.code")}</label>
        <input
          id="pair-code"
          ref={field}
          class="pair-code"
          dir="ltr"
          value={code}
          maxLength={40}
          autoComplete="off"
          autoCapitalize="characters"
          spellcheck={false}
          aria-describedby="pair-hint"
          aria-invalid={wrong !== null}
          onInput={(event) => setCode(event.currentTarget.value.toUpperCase())}
        />
        <p class="soft small" id="pair-hint">{t("pair.hint")}</p>
        {wrong !== null && (
          <div class="callout callout-bad" role="alert">
            <p>{worded(wrong).text}</p>
            <p class="small">{worded(wrong).advice}</p>
            <p class="toast-code">{wrong.code}</p>
          </div>
        )}
        {hub.kind === "gone" && <p class="callout callout-warn">{t("pair.noHub", { why: plain(hub.why) })}</p>}
        <Button look="primary" size="large" wide submit disabled={code.trim() === "" || asking}>{asking ? t("pair.asking") : t("pair.do")}</Button>
      </form>
      <p class="soft small"><a href="/trust">{t("pair.trust")}</a></p>
    </Doorway>
  );
}

export function OwnedElsewhere() {
  const { actions } = useTill();
  const [asking, setAsking] = useState(false);
  return (
    <Doorway icon="eye" title={t("owned.title")}>
      <p>{t("owned.text")}</p>
      <Button look="primary" size="large" wide disabled={asking} autoFocus onPress={() => {
        setAsking(true);
        void actions.door.takeOverTab().finally(() => setAsking(false));
      }}>{t("owned.takeOver")}</Button>
      <p class="soft small">{t("owned.hint")}</p>
    </Doorway>
  );
}

export function Stopped({ problem }: { readonly problem: Problem }) {
  return (
    <Doorway icon="stop" title={t("stopped.title")}>
      <div role="alert" class="stack">
        <p>{worded(problem).text}</p>
        {problem.advice !== null && <p class="callout callout-calm">{worded(problem).advice}</p>}
        <p class="toast-code">{problem.code}</p>
      </div>
      <Button look="primary" size="large" wide icon="repeat" onPress={() => location.reload()}>{t("stopped.again")}</Button>
    </Doorway>
  );
}
