import { useState } from "preact/hooks";
import type { Money, PaymentInProgress, TenderChoice, TenderDevice } from "../../core/contract";
import { money, plain } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { useKeys } from "../keys/layers";
import { perform } from "../perform";
import { Name } from "../parts/amount";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { Icon, type IconName } from "../parts/icon";
import { useTill } from "../till";
import { AccountDialog } from "./account";
import { tenderIcon } from "./pay";

/** Every tender that the store takes. What cannot take money now says so, and what to take instead, before it is touched. */
export function TenderButtons({ payment, amount, disabled, onCash, onTaken }: {
  readonly payment: PaymentInProgress;
  /** What was typed; none is everything that is open. */
  readonly amount: Money | null;
  readonly disabled: boolean;
  readonly onCash: () => void;
  readonly onTaken: () => void;
}) {
  const { actions } = useTill();
  const [asking, setAsking] = useState<TenderChoice | null>(null);
  const ask = (choice: TenderChoice, device: TenderDevice | null): void => {
    setAsking(null);
    onTaken();
    void perform(() => actions.payment.addTender({ kind: "device", code: choice.type.code, amount, tip: payment.tip, device: device?.name ?? null }));
  };
  const choose = (choice: TenderChoice): void => {
    switch (choice.type.class) {
      case "cash":
        onCash();
        return;
      case "electronic": {
        const own = choice.devices.find((device) => device.of === "this_till") ?? (choice.devices.length === 1 ? choice.devices[0] : undefined);
        if (choice.devices.length === 0) {
          ask(choice, null);
        } else if (own?.available === true) {
          ask(choice, own);
        } else {
          setAsking(choice);
        }
        return;
      }
      case "stored_value":
      case "on_account":
        setAsking(choice);
        return;
      case "voucher":
      case "other":
        if (choice.type.needsReference) {
          setAsking(choice);
        } else {
          onTaken();
          void perform(() => actions.payment.addTender({ kind: "typed", code: choice.type.code, amount, reference: null }));
        }
    }
  };
  const card = payment.choices.find((choice) => choice.type.class === "electronic" && choice.available);
  useKeys(({ key, inField }) => {
    if (key !== "F9" || inField || card === undefined || disabled) {
      return false;
    }
    choose(card);
    return true;
  });
  const close = (): void => setAsking(null);
  const open = amount ?? payment.open;
  return (
    <>
      <ul class="tenders">
        {payment.choices.map((choice) => (
          <li key={choice.type.code}>
            <button type="button" class={`tender tender-${choice.type.class}`} disabled={disabled || !choice.available} aria-keyshortcuts={choice === card ? "F9" : undefined} onClick={() => choose(choice)}>
              <Icon name={iconOf(choice)} />
              <span class="tender-words">
                <Name of={choice.type.name} />
                {choice.text !== null && <span class="tender-text">{plain(choice.text)}</span>}
              </span>
              {amount !== null && choice.available && <span class="tender-part">{money(amount.amount, amount.currency)}</span>}
            </button>
          </li>
        ))}
      </ul>
      {asking !== null && asking.type.class === "electronic" && <DeviceChoice choice={asking} onClose={close} onChoose={(device) => ask(asking, device)} />}
      {asking !== null && (asking.type.class === "stored_value" || asking.type.class === "on_account") && (
        <AccountDialog
          choice={asking}
          open={open}
          onClose={close}
          onPay={(account, part) => {
            close();
            onTaken();
            void perform(() => actions.payment.addTender({ kind: "account", code: asking.type.code, amount: part, account }));
          }}
        />
      )}
      {asking !== null && (asking.type.class === "voucher" || asking.type.class === "other") && (
        <ReferenceDialog
          choice={asking}
          open={open}
          onClose={close}
          onPay={(reference) => {
            close();
            onTaken();
            void perform(() => actions.payment.addTender({ kind: "typed", code: asking.type.code, amount, reference }));
          }}
        />
      )}
    </>
  );
}

function iconOf(choice: TenderChoice): IconName {
  return choice.type.class === "electronic" && /qr|wallet/i.test(`${choice.type.code} ${choice.type.name}`) ? "qr" : tenderIcon(choice.type.class);
}

/** Which terminal, where this till's own cannot take it. */
function DeviceChoice({ choice, onChoose, onClose }: { readonly choice: TenderChoice; readonly onChoose: (device: TenderDevice) => void; readonly onClose: () => void }) {
  return (
    <Dialog title={plain(choice.type.name)} onClose={onClose} lead={<p class="soft">{t("pay.device.choose")}</p>}>
      <ul class="rows">
        {choice.devices.map((device, at) => (
          <li key={device.name}>
            <button type="button" class="row-button" disabled={!device.available} data-autofocus={at === 0 ? "" : undefined} onClick={() => onChoose(device)}>
              <span><Name of={device.name} /> <span class="badge">{t(`pay.device.${device.of}`)}</span></span>
              <span class="soft small">{plain(device.text)}</span>
              {device.instead !== null && <span class="small">{plain(device.instead)}</span>}
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** What stands on the slip of a terminal of its own, or on a voucher. A card's number is never asked for. */
function ReferenceDialog({ choice, open, onPay, onClose }: { readonly choice: TenderChoice; readonly open: Money; readonly onPay: (reference: string) => void; readonly onClose: () => void }) {
  const [reference, setReference] = useState("");
  const done = (): void => {
    if (reference.trim() !== "") {
      onPay(reference.trim());
    }
  };
  return (
    <Dialog
      title={plain(choice.type.name)}
      size="small"
      onClose={onClose}
      actions={<Button look="primary" size="large" wide disabled={reference.trim() === ""} onPress={done}>{t("pay.take", { amount: money(open.amount, open.currency) })}</Button>}
    >
      <Field label={t("pay.reference")} value={reference} onInput={setReference} onEnter={done} most={40} hint={t("pay.reference.hint")} autoFocus />
    </Dialog>
  );
}
