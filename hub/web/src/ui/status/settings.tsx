import { LANGUAGES, language, t } from "../../i18n/locale";
import { chooseLanguage, largeTouch, LOCK_MINUTES, lockMinutes, quiet, theme } from "../settings";
import { Button } from "../parts/button";
import { Choice, Switch } from "../parts/field";
import { useTill } from "../till";

/** How this device shows the till. */
export function Settings() {
  const { view, actions } = useTill();
  const storage = view.storage.value;
  return (
    <div class="page">
      <header class="page-head"><h1>{t("place.settings")}</h1></header>
      <div class="page-scroll">
        <section class="panel stack">
          <Choice label={t("settings.language")} value={language.value} options={LANGUAGES.map((each) => ({ value: each.code, text: <bdi lang={each.code}>{each.name}</bdi> }))} onChoose={chooseLanguage} />
          <Choice
            label={t("settings.theme")}
            value={theme.value}
            options={[{ value: "device", text: t("settings.theme.device") }, { value: "light", text: t("settings.theme.light") }, { value: "dark", text: t("settings.theme.dark") }]}
            onChoose={(chosen) => { theme.value = chosen; }}
          />
          <Switch label={t("settings.touch")} hint={t("settings.touch.hint")} on={largeTouch.value} onChange={(on) => { largeTouch.value = on; }} />
          <Switch label={t("settings.sound")} hint={t("settings.sound.hint")} on={!quiet.value} onChange={(on) => { quiet.value = !on; }} />
          <Choice
            label={t("settings.lock")}
            value={String(lockMinutes.value)}
            options={LOCK_MINUTES.map((minutes) => ({ value: String(minutes), text: minutes === 0 ? t("settings.lock.never") : t("settings.lock.minutes", { count: minutes }) }))}
            onChoose={(chosen) => { lockMinutes.value = Number(chosen); }}
          />
        </section>
        <section class="panel stack">
          <h2>{t("settings.display")}</h2>
          <p class="soft">{t("settings.display.text")}</p>
          <Button icon="eye" onPress={() => { window.open("display", "holdfast-display", "popup"); }}>{t("settings.display.open")}</Button>
        </section>
        <section class="panel stack">
          <h2>{t("status.storage")}</h2>
          <p>{t(`storage.${storage}`)}</p>
          {storage !== "persistent" && (
            <>
              <p class="callout callout-warn">{t("storage.warning")}</p>
              <Button onPress={() => void actions.door.askPersistence()}>{t("storage.ask")}</Button>
            </>
          )}
        </section>
      </div>
    </div>
  );
}
