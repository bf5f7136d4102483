import type { Key } from "../../i18n/en";
import { t } from "../../i18n/locale";
import { Dialog } from "../parts/dialog";
import { helpShown } from "./overlays";

type ShortcutKey = Key & `shortcut.${string}`;

/** Every key of the till, as the pages hear them. */
const GROUPS: readonly { readonly title: Key & `help.${string}`; readonly keys: readonly (readonly [string, ShortcutKey])[] }[] = [
  {
    title: "help.sell",
    keys: [
      ["A–Z 0–9 /", "shortcut.search"],
      ["3 *", "shortcut.times"],
      ["↑ ↓", "shortcut.line"],
      ["+ −", "shortcut.quantity"],
      ["Delete", "shortcut.void"],
      ["Insert", "shortcut.repeat"],
      ["F2", "shortcut.priceCheck"],
      ["F3", "shortcut.customer"],
      ["F4", "shortcut.park"],
      ["F6", "shortcut.discount"],
      ["F7", "shortcut.price"],
      ["F8", "shortcut.note"],
      ["F9", "shortcut.pay"],
    ],
  },
  {
    title: "help.pay",
    keys: [
      ["0–9", "shortcut.amount"],
      ["Enter", "shortcut.cash"],
      ["F9", "shortcut.card"],
      ["Escape", "shortcut.back"],
    ],
  },
  {
    title: "help.everywhere",
    keys: [
      ["Alt 1–8", "shortcut.place"],
      ["Alt L", "shortcut.lock"],
      ["Tab", "shortcut.next"],
      ["Escape", "shortcut.close"],
      ["?", "shortcut.help"],
    ],
  },
];

export function Help() {
  return (
    <Dialog title={t("help.title")} size="large" reading onClose={() => { helpShown.value = false; }} lead={<p>{t("help.lead")}</p>}>
      <div class="help">
        {GROUPS.map((group) => (
          <section key={group.title}>
            <h3>{t(group.title)}</h3>
            <dl>
              {group.keys.map(([key, what]) => (
                <div key={what}>
                  <dt><kbd dir="ltr">{key}</kbd></dt>
                  <dd>{t(what)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
