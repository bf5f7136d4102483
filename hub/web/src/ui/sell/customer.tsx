import { useState } from "preact/hooks";
import type { Customer, CustomerDetails } from "../../core/contract";
import { t } from "../../i18n/locale";
import { ask, performLocal } from "../perform";
import { Name } from "../parts/amount";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Empty } from "../parts/empty";
import { Choice, Field } from "../parts/field";
import { useScan } from "../scans";
import { useTill } from "../till";

type By = "card" | "phone" | "email";

/** Finds a customer by exactly what they say, or registers one. A scan is a customer card here. */
export function CustomerSheet({ onClose }: { readonly onClose: () => void }) {
  const [registering, setRegistering] = useState<CustomerDetails | null>(null);
  return (
    <Dialog title={registering === null ? t("customer.title") : t("customer.new")} onClose={onClose}>
      {registering === null ? <Find onClose={onClose} onRegister={setRegistering} /> : <Register details={registering} onClose={onClose} />}
    </Dialog>
  );
}

function Find({ onClose, onRegister }: { readonly onClose: () => void; readonly onRegister: (details: CustomerDetails) => void }) {
  const { actions } = useTill();
  const [by, setBy] = useState<By>("card");
  const [text, setText] = useState("");
  const [found, setFound] = useState<readonly Customer[] | null>(null);
  const find = (kind: By, words: string): void => {
    const value = words.trim();
    if (value === "") {
      return;
    }
    const search = kind === "card" ? { card: value } : kind === "phone" ? { phone: value } : { email: value };
    void ask(actions.customers.find(search)).then((answer) => setFound(answer?.value ?? null));
  };
  useScan((code) => {
    setBy("card");
    setText(code);
    find("card", code);
  });
  const choose = (customer: Customer): void => {
    if (performLocal(actions.basket.setCustomer(customer)) !== null) {
      onClose();
    }
  };
  return (
    <div class="stack stack-wide">
      <Choice
        label={t("customer.by")}
        plain
        value={by}
        options={[{ value: "card", text: t("customer.card") }, { value: "phone", text: t("customer.phone") }, { value: "email", text: t("customer.email") }]}
        onChoose={(kind) => { setBy(kind); setFound(null); }}
      />
      <form class="row row-end" onSubmit={(event) => { event.preventDefault(); find(by, text); }}>
        <Field label={t(`customer.${by}`)} kind={by === "email" ? "email" : by === "phone" ? "tel" : "text"} value={text} onInput={setText} hint={t("customer.hint")} autoFocus />
        <Button look="primary" submit icon="search" disabled={text.trim() === ""}>{t("action.find")}</Button>
      </form>
      {found !== null && found.length === 0 && <Empty icon="customer" title={t("customer.none")} />}
      {found !== null && (
        <ul class="rows">
          {found.map((customer) => (
            <li key={customer.subject}>
              <button type="button" class="row-button" onClick={() => choose(customer)}>
                <span>{customer.name === null ? t("customer.noName") : <Name of={customer.name} />}{customer.priceGroup !== null && <span class="badge">{customer.priceGroup}</span>}</span>
                <span class="soft" dir="ltr">{customer.card ?? customer.phone ?? customer.email ?? ""}</span>
                {customer.note !== null && <span class="soft small"><Name of={customer.note} /></span>}
              </button>
            </li>
          ))}
        </ul>
      )}
      <Button look="quiet" icon="plus" onPress={() => onRegister({ name: null, email: by === "email" ? text : null, phone: by === "phone" ? text : null, card: by === "card" && text !== "" ? text : null, note: null })}>{t("customer.new")}</Button>
    </div>
  );
}

function Register({ details, onClose }: { readonly details: CustomerDetails; readonly onClose: () => void }) {
  const { actions } = useTill();
  const [form, setForm] = useState(details);
  const [asking, setAsking] = useState(false);
  const field = (name: keyof CustomerDetails) => ({
    value: form[name] ?? "",
    onInput: (text: string) => setForm({ ...form, [name]: text === "" ? null : text }),
  });
  const empty = Object.values(form).every((value) => value === null || value.trim() === "");
  const save = (): void => {
    setAsking(true);
    void ask(actions.customers.save(null, form)).then((answer) => {
      setAsking(false);
      if (answer !== null && performLocal(actions.basket.setCustomer(answer.value)) !== null) {
        onClose();
      }
    });
  };
  return (
    <form class="stack" onSubmit={(event) => { event.preventDefault(); save(); }}>
      <Field label={t("customer.name")} {...field("name")} autoFocus />
      <Field label={t("customer.email")} kind="email" {...field("email")} />
      <Field label={t("customer.phone")} kind="tel" {...field("phone")} />
      <Field label={t("customer.card")} {...field("card")} />
      <Field label={t("customer.noteField")} {...field("note")} />
      <p class="soft small">{t("customer.privacy")}</p>
      <Button look="primary" size="large" wide submit disabled={empty || asking}>{t("customer.save")}</Button>
    </form>
  );
}
