import { useState } from "preact/hooks";
import type { Basket, Explanation } from "../../core/contract";
import { money, percent, plain } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { notify } from "../notices";
import { perform, performLocal } from "../perform";
import { Amount, Name } from "../parts/amount";
import { Button, IconButton } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Empty } from "../parts/empty";
import { Choice, Field } from "../parts/field";
import { Icon } from "../parts/icon";
import { useScan } from "../scans";
import { useTill } from "../till";
import { DiscountForm, NoteDialog } from "./line-sheets";
import { abandonReasons } from "./reasons";
import { ReasonButtons } from "./reason";

interface BasketSheet {
  readonly basket: Basket;
  readonly onClose: () => void;
}

export function BasketDiscount({ basket, onClose }: BasketSheet) {
  const { actions } = useTill();
  const currency = basket.totals.gross.currency;
  return (
    <Dialog title={t("basket.discount")} onClose={onClose}>
      <DiscountForm
        currency={currency}
        onGive={(discount, reason) => {
          const given = "rate" in discount ? { kind: "percent", rate: discount.rate, reason } as const : { kind: "amount", amount: { amount: discount.amount, currency }, reason } as const;
          if (performLocal(actions.basket.setTerms({ discount: given })) !== null) {
            onClose();
          }
        }}
        onRemove={basket.terms.discount.kind === "none" ? null : () => {
          performLocal(actions.basket.setTerms({ discount: { kind: "none" } }));
          onClose();
        }}
      />
    </Dialog>
  );
}

export function BasketNote({ basket, onClose }: BasketSheet) {
  const { actions } = useTill();
  return <NoteDialog title={t("basket.note")} text={basket.note} onClose={onClose} onNote={(note) => performLocal(actions.basket.noteBasket(note)) !== null} />;
}

const TAKE_AWAY = "take-away";

/** Coupons, take-away, exemption from tax: what holds for the whole basket. A scan is a coupon here. */
export function Terms({ basket, onClose }: BasketSheet) {
  const { actions } = useTill();
  const { terms } = basket;
  const [coupon, setCoupon] = useState("");
  const [certificate, setCertificate] = useState(terms.exemption ?? "");
  const present = (code: string): void => {
    const word = code.trim();
    if (word !== "" && !terms.coupons.includes(word)) {
      performLocal(actions.basket.setTerms({ coupons: [...terms.coupons, word] }));
    }
    setCoupon("");
  };
  return (
    <Dialog title={t("basket.terms")} onClose={onClose} actions={<Button look="primary" size="large" wide onPress={onClose}>{t("action.done")}</Button>}>
      <div class="stack stack-wide">
        <Choice
          label={t("terms.tag")}
          value={terms.tag === TAKE_AWAY ? TAKE_AWAY : "here"}
          options={[{ value: "here", text: t("terms.here") }, { value: TAKE_AWAY, text: t("terms.takeAway") }]}
          onChoose={(tag) => performLocal(actions.basket.setTerms({ tag: tag === TAKE_AWAY ? TAKE_AWAY : null }))}
        />
        <CouponScan onCode={present} />
        <form class="row row-end" onSubmit={(event) => { event.preventDefault(); present(coupon); }}>
          <Field label={t("terms.coupon")} value={coupon} onInput={setCoupon} most={60} hint={t("terms.coupon.hint")} autoFocus />
          <Button submit disabled={coupon.trim() === ""}>{t("terms.coupon.add")}</Button>
        </form>
        {terms.coupons.length > 0 && (
          <ul class="tags">
            {terms.coupons.map((code) => (
              <li key={code} class="tag">
                <Name of={code} />
                <IconButton icon="close" label={t("terms.coupon.remove", { code: plain(code) })} onPress={() => performLocal(actions.basket.setTerms({ coupons: terms.coupons.filter((each) => each !== code) }))} />
              </li>
            ))}
          </ul>
        )}
        <form class="row row-end" onSubmit={(event) => { event.preventDefault(); performLocal(actions.basket.setTerms({ exemption: certificate.trim() === "" ? null : certificate.trim() })); }}>
          <Field label={t("terms.exemption")} value={certificate} onInput={setCertificate} most={60} hint={t("terms.exemption.hint")} />
          <Button submit disabled={certificate.trim() === (terms.exemption ?? "")}>{t("action.apply")}</Button>
        </form>
      </div>
    </Dialog>
  );
}

function CouponScan({ onCode }: { readonly onCode: (code: string) => void }) {
  useScan(onCode);
  return null;
}

export function Park({ onClose }: { readonly onClose: () => void }) {
  const { actions } = useTill();
  const [label, setLabel] = useState("");
  const [asking, setAsking] = useState(false);
  const done = (): void => {
    if (asking) {
      return;
    }
    setAsking(true);
    void perform((approval) => actions.orders.park(label.trim(), approval)).then((outcome) => {
      setAsking(false);
      if (outcome !== null) {
        notify("good", t("park.done"));
      }
      onClose();
    });
  };
  return (
    <Dialog title={t("basket.park")} size="small" onClose={onClose} actions={<Button look="primary" size="large" wide disabled={asking} onPress={done}>{t("basket.park")}</Button>}>
      <Field label={t("park.label")} value={label} onInput={setLabel} onEnter={done} most={60} hint={t("park.hint")} autoFocus />
    </Dialog>
  );
}

export function Abandon({ onClose }: { readonly onClose: () => void }) {
  const { actions } = useTill();
  return (
    <Dialog title={t("basket.abandon")} size="small" tone="danger" onClose={onClose} lead={<p>{t("abandon.text")}</p>}>
      <ReasonButtons
        reasons={abandonReasons()}
        onReason={(reason) => {
          onClose();
          void perform(() => actions.basket.abandon(reason));
        }}
      />
    </Dialog>
  );
}

/** Where the total comes from: what came off and why, what did not and why not, and the taxes. */
export function Promotions({ basket, onClose }: BasketSheet) {
  const { totals } = basket;
  const applied = basket.explanations.filter((each) => each.outcome.kind === "applied");
  const others = basket.explanations.filter((each) => each.outcome.kind !== "applied");
  const given = basket.terms.discount;
  return (
    <Dialog title={t("totals.title")} reading onClose={onClose}>
      <div class="stack stack-wide">
        <dl class="facts">
          <div><dt>{t("totals.net")}</dt><dd><Amount of={totals.net} /></dd></div>
          <div><dt>{t("totals.tax")}</dt><dd><Amount of={totals.tax} /></dd></div>
          <div><dt>{t("totals.discount")}</dt><dd><Amount of={totals.discount} negative /></dd></div>
          <div class="facts-sum"><dt>{t("basket.total")}</dt><dd><Amount of={totals.gross} /></dd></div>
        </dl>
        {given.kind !== "none" && (
          <p class="callout callout-good">
            {t("totals.given", { reason: plain(given.reason), what: given.kind === "percent" ? percent(given.rate) : money(given.amount.amount, given.amount.currency) })}
          </p>
        )}
        <p class="soft small">{basket.pricedBy === "hub" ? t("totals.byHub") : basket.quoting ? t("totals.quoting") : t("totals.byTill")}</p>
        <h3>{t("totals.promotions")}</h3>
        {basket.explanations.length === 0 && <Empty icon="discount" title={t("totals.noPromotions")} />}
        <ul class="explanations">
          {[...applied, ...others].map((each) => (
            <li key={each.code} class={each.outcome.kind === "applied" ? "explanation explanation-applied" : "explanation"}>
              <Icon name={each.outcome.kind === "applied" ? "check" : "minus"} />
              <span><Name of={each.name} /><br /><span class="soft small">{why(each.outcome)}</span></span>
              {each.outcome.kind === "applied" && <Amount of={each.outcome.amount} negative />}
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function why(outcome: Explanation["outcome"]): string {
  switch (outcome.kind) {
    case "applied":
      return t("promotion.applied");
    case "not_now":
      return t("promotion.notNow");
    case "other_group":
      return t("promotion.otherGroup");
    case "coupon_missing":
      return t("promotion.couponMissing");
    case "nothing_matches":
      return t("promotion.nothingMatches");
    case "too_few":
      return t("promotion.tooFew", { count: outcome.need - outcome.have });
    case "below_threshold":
      return t("promotion.belowThreshold", { have: money(outcome.have.amount, outcome.have.currency), need: money(outcome.need.amount, outcome.need.currency) });
    case "another_is_better":
      return t("promotion.anotherIsBetter");
    case "saves_nothing":
      return t("promotion.savesNothing");
  }
}
