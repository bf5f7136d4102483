import { useState } from "preact/hooks";
import type { Money, TenderChoice, Value } from "../../core/contract";
import { money, plain } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { ask } from "../perform";
import { Amount } from "../parts/amount";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { useScan } from "../scans";
import { compare, isZero } from "../sums";
import { useTill } from "../till";

/** A gift card, store credit or a customer's account: what it has is asked before it pays. A scan is its number. */
export function AccountDialog({ choice, open, onPay, onClose }: {
  readonly choice: TenderChoice;
  readonly open: Money;
  readonly onPay: (account: string, amount: Money | null) => void;
  readonly onClose: () => void;
}) {
  return (
    <Dialog title={plain(choice.type.name)} size="small" onClose={onClose}>
      <AccountBody open={open} onPay={onPay} />
    </Dialog>
  );
}

function AccountBody({ open, onPay }: { readonly open: Money; readonly onPay: (account: string, amount: Money | null) => void }) {
  const { actions } = useTill();
  const [account, setAccount] = useState("");
  const [value, setValue] = useState<Value | null>(null);
  const read = (code: string): void => {
    const word = code.trim();
    if (word !== "") {
      setAccount(word);
      void ask(actions.payment.value(word)).then((answer) => setValue(answer?.value ?? null));
    }
  };
  useScan(read);
  const part = value !== null && compare(value.balance.amount, open.amount) < 0 ? value.balance : open;
  const usable = value !== null && !value.blocked && (value.kind === "customer_account" || !isZero(value.balance.amount));
  return (
    <div class="stack">
      <form class="row row-end" onSubmit={(event) => { event.preventDefault(); read(account); }}>
        <Field label={t("account.number")} value={account} onInput={(text) => { setAccount(text); setValue(null); }} most={60} hint={t("account.hint")} autoFocus />
        <Button submit disabled={account.trim() === ""}>{t("account.read")}</Button>
      </form>
      {value !== null && (
        <section class="checked" aria-live="polite">
          <p class="soft">{t(`account.${value.kind}`)}</p>
          <p class="checked-price"><Amount of={value.balance} /></p>
          {value.blocked && <p class="callout callout-bad">{t("account.blocked")}</p>}
          <Button look="primary" size="large" wide disabled={!usable} onPress={() => onPay(value.account, part)}>
            {t("pay.take", { amount: money(part.amount, part.currency) })}
          </Button>
        </section>
      )}
    </div>
  );
}
