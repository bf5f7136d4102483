import { useMemo } from "preact/hooks";
import { plain } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { go } from "../place";
import { Name } from "../parts/amount";
import { IconButton } from "../parts/button";
import { Icon } from "../parts/icon";
import { useTill } from "../till";
import { helpShown, operatorShown } from "./overlays";
import { syncOf } from "./sync";

/** The line above every page: whose till it is, how it stands, who is at it. */
export function Bar() {
  const { view } = useTill();
  const sync = useMemo(() => syncOf(view), [view]).value;
  const store = view.store.value;
  const signOn = view.signOn.value;
  const queued = view.scansQueued.value;
  const training = view.shift.value?.mode === "training";
  return (
    <header class={training ? "bar bar-training" : "bar"}>
      <div class="bar-store">
        <Icon name="anchor" />
        <span class="bar-name">
          <strong>{store === null ? t("app.name") : <Name of={store.name} />}</strong>
          {store !== null && <span class="bar-till">{t("bar.till", { till: store.till })}</span>}
        </span>
      </div>
      {training && (
        <p class="bar-mode">
          <Icon name="training" />
          {t("training.badge")}
        </p>
      )}
      <div class="bar-end">
        {queued > 0 && <span class="pill pill-wait">{t("bar.scans", { count: queued })}</span>}
        <button type="button" class={`pill pill-${sync.tone}`} onClick={() => go("status")} title={t("bar.sync.hint")}>
          <Icon name={sync.icon} />
          <span class="pill-text">{sync.text}</span>
        </button>
        <IconButton icon="help" label={t("help.title")} shortcut="?" onPress={() => { helpShown.value = true; }} />
        {signOn.kind === "operator" && (
          <button
            type="button"
            class="bar-operator"
            aria-label={signOn.operator.name === null ? t("operator.number", { number: String(signOn.operator.number) }) : plain(signOn.operator.name)}
            onClick={() => { operatorShown.value = true; }}
          >
            <Icon name="person" />
            <span class="bar-operator-name">
              {signOn.operator.name === null ? t("operator.number", { number: String(signOn.operator.number) }) : <Name of={signOn.operator.name} />}
            </span>
          </button>
        )}
      </div>
    </header>
  );
}
