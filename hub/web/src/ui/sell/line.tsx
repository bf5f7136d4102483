import type { BasketLine, DiscountPart, Money, Store } from "../../core/contract";
import { measured, money, plain } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { performLocal } from "../perform";
import { Amount } from "../parts/amount";
import { Button, IconButton, Tool } from "../parts/button";
import { Icon } from "../parts/icon";
import { compare, minus, plus } from "../sums";
import { useTill } from "../till";
import { open } from "./state";

/** One line of the basket. The chosen one has its tools under it. */
export function Line({ line, currency, chosen }: { readonly line: BasketLine; readonly currency: string; readonly chosen: boolean }) {
  const { actions, view } = useTill();
  const voided = line.fate.kind === "voided";
  const name = plain(line.description);
  return (
    <li class={`line${chosen ? " line-chosen" : ""}${voided ? " line-voided" : ""}${line.depositOf === null ? "" : " line-deposit"}`} aria-current={chosen ? "true" : undefined}>
      <button type="button" class="line-face" disabled={voided} aria-expanded={chosen} onClick={() => actions.basket.select(line.number)}>
        <span class="line-quantity">{line.unit === "piece" ? measured(line.quantity, line.unit) : <Icon name="scale" />}</span>
        <span class="line-words">
          <span class="line-name"><bdi>{name}</bdi></span>
          <span class="line-unit">
            {unitText(line, currency)}
            {line.price.kind === "override" && <s class="line-was">{money(line.price.listPrice, currency)}</s>}
            {line.minimumAge !== null && <span class="badge">{t("sell.age", { years: line.minimumAge })}</span>}
            {voided && <span class="badge">{t("line.voided")}</span>}
          </span>
          {!voided && line.discounts.map((part, at) => <Off key={at} part={part} />)}
          {line.note !== null && <span class="line-note"><Icon name="note" /><bdi>{plain(line.note)}</bdi></span>}
        </span>
        <span class="line-amount"><Amount of={voided ? line.extended : shownOf(line, view.store.value)} /></span>
      </button>
      {chosen && !voided && line.depositOf === null && <LineTools line={line} />}
    </li>
  );
}

/** Where prices exclude tax, a line says what stands on the shelf and the tax stands below. */
function shownOf(line: BasketLine, store: Store | null): Money {
  return store !== null && !store.pricesIncludeTax ? line.net : line.gross;
}

function unitText(line: BasketLine, currency: string): string {
  const price = money(line.unitPrice, currency);
  return line.unit === "piece" ? t("line.each", { price }) : t("line.measured", { quantity: measured(line.quantity, line.unit), price });
}

function Off({ part }: { readonly part: DiscountPart }) {
  const words = part.kind === "promotion" ? plain(part.name) : part.kind === "line" ? plain(part.reason) : t("line.share", { reason: plain(part.reason) });
  return (
    <span class="line-off">
      <bdi>{words}</bdi>
      <Amount of={part.amount} negative />
    </span>
  );
}

function LineTools({ line }: { readonly line: BasketLine }) {
  const { actions } = useTill();
  const { number } = line;
  const pieces = line.unit === "piece";
  return (
    <div class="line-tools" role="group" aria-label={t("line.tools", { name: plain(line.description) })}>
      {pieces && (
        <span class="stepper">
          <IconButton
            icon="minus"
            label={t("line.less")}
            tone="plain"
            onPress={() => {
              if (compare(line.quantity, "1") > 0) {
                performLocal(actions.basket.setQuantity(number, minus(line.quantity, "1"), t("reason.lessWanted")));
              } else {
                open({ kind: "void", line: number });
              }
            }}
          />
          <Button size="small" label={`${measured(line.quantity, line.unit)}: ${t("line.quantity.change")}`} onPress={() => open({ kind: "quantity", line: number })}>{measured(line.quantity, line.unit)}</Button>
          <IconButton icon="plus" label={t("line.more")} tone="plain" onPress={() => performLocal(actions.basket.setQuantity(number, plus(line.quantity, "1")))} />
        </span>
      )}
      {!pieces && <Tool icon="scale" text={t("tool.quantity")} label={t("line.quantity.change")} onPress={() => open({ kind: "quantity", line: number })} />}
      <Tool icon="discount" text={t("tool.discount")} label={t("line.discount")} shortcut="F6" onPress={() => open({ kind: "discount", line: number })} />
      <Tool icon="price" text={t("tool.price")} label={t("line.price")} shortcut="F7" onPress={() => open({ kind: "price", line: number })} />
      <Tool icon="note" text={t("tool.note")} label={t("line.note")} shortcut="F8" onPress={() => open({ kind: "note", line: number })} />
      <Tool icon="trash" text={t("tool.void")} label={t("line.void")} danger shortcut="Delete" onPress={() => open({ kind: "void", line: number })} />
    </div>
  );
}
