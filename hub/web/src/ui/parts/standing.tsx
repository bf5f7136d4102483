import type { Standing } from "../../core/contract";
import { t } from "../../i18n/locale";
import { Icon } from "./icon";

const ICONS = { here: "here", at_hub: "hub", at_hq: "headquarters" } as const;
const KEYS = { here: "standing.here", at_hub: "standing.hub", at_hq: "standing.headquarters" } as const;

/** Where something is safe by now. Only what is at HQ is green, and what has no answer yet is said to have none. */
export function StandingMark({ standing, unconfirmed = false }: { readonly standing: Standing; readonly unconfirmed?: boolean }) {
  if (unconfirmed) {
    return (
      <span class="standing standing-unconfirmed">
        <Icon name="wait" />
        {t("standing.unconfirmed")}
      </span>
    );
  }
  return (
    <span class={`standing standing-${standing}`}>
      <Icon name={ICONS[standing]} />
      {t(KEYS[standing])}
    </span>
  );
}
