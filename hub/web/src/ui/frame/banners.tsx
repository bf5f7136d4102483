import { t } from "../../i18n/locale";
import { timeOfDay } from "../../i18n/format";
import { Amount } from "../parts/amount";
import { Icon } from "../parts/icon";
import { useTill } from "../till";

/** What everybody at the till has to know all the time: that it sells alone, or that nothing counts. */
export function Banners() {
  const { view } = useTill();
  const island = view.island.value;
  const training = view.shift.value?.mode === "training";
  return (
    <>
      {training && (
        <div class="banner banner-training" role="note">
          <Icon name="training" />
          <p>{t("training.banner")}</p>
        </div>
      )}
      {island !== null && island.merging === null && (
        <div class="banner banner-island" role="note">
          <Icon name="here" />
          <p>
            <strong>{t("island.title")}</strong> {t("island.text", { time: timeOfDay(new Date(island.since)) })}
          </p>
          <p class="banner-fact">
            <Amount of={island.gross} /> · {t("island.next", { receipt: island.nextReceipt })}
          </p>
        </div>
      )}
      {island !== null && island.merging !== null && (
        <div class="banner banner-island" role="note">
          <Icon name="repeat" />
          <p>
            <strong>{t("island.back")}</strong> {t("island.merging", { done: island.merging.done, of: island.merging.of })}
          </p>
          <progress value={island.merging.done} max={Math.max(1, island.merging.of)} aria-label={t("island.back")} />
        </div>
      )}
    </>
  );
}
