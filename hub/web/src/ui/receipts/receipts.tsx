import { useState } from "preact/hooks";
import type { Receipt, TransactionRow } from "../../core/contract";
import { plain, timeOfDay } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { notify } from "../notices";
import { ask, perform } from "../perform";
import { Amount } from "../parts/amount";
import { Button, IconButton } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Empty } from "../parts/empty";
import { Field } from "../parts/field";
import { Icon } from "../parts/icon";
import { StandingMark } from "../parts/standing";
import { useScan } from "../scans";
import { ReasonButtons } from "../sell/reason";
import { cancelReasons } from "../sell/reasons";
import { useTill } from "../till";
import { EmailDialog } from "./email";
import { Paper } from "./paper";
import { printPaper } from "./print";
import { ReturnDialog } from "./return";
import { ReturnWithoutReceipt } from "./return-without";

type Shown = "return" | "email" | "post-void" | "without" | null;

/** What was done in this shift, any receipt by its number, and what can still be done about it. A scan is a receipt here. */
export function Receipts() {
  const { view, actions } = useTill();
  const [number, setNumber] = useState("");
  const [receipt, setReceipt] = useState<{ readonly receipt: Receipt; readonly row: TransactionRow | null } | null>(null);
  const [shown, setShown] = useState<Shown>(null);
  const rows = view.transactions.value;
  const find = (text: string): void => {
    const word = text.trim();
    if (word !== "") {
      void ask(actions.after.find(word)).then((answer) => {
        if (answer !== null) {
          setReceipt({ receipt: answer.value, row: null });
          setNumber("");
        }
      });
    }
  };
  useScan((code) => {
    if (shown === null) {
      find(code);
    }
  });
  const choose = (row: TransactionRow): void => {
    void ask(actions.after.receipt(row)).then((answer) => {
      if (answer !== null) {
        setReceipt({ receipt: answer.value, row });
      }
    });
  };
  return (
    <div class={receipt === null ? "page page-pair" : "page page-pair page-pair-detail"}>
      <section class="page-list">
        <header class="page-head">
          <h1>{t("place.receipts")}</h1>
          <Button icon="returned" onPress={() => setShown("without")}>{t("return.without")}</Button>
        </header>
        <form class="row row-end page-find" onSubmit={(event) => { event.preventDefault(); find(number); }}>
          <Field label={t("receipts.find")} kind="search" value={number} onInput={setNumber} most={40} />
          <Button look="primary" submit icon="search" disabled={number.trim() === ""}>{t("action.find")}</Button>
        </form>
        {rows.length === 0
          ? <Empty icon="receipt" title={t("receipts.none")}>{t("receipts.none.hint")}</Empty>
          : (
            <ul class="rows page-scroll">
              {rows.map((row, at) => (
                <li key={row.transaction ?? row.receipt ?? at}>
                  <button type="button" class="row-button transaction" aria-current={receipt?.row === row ? "true" : undefined} onClick={() => choose(row)}>
                    <span class="transaction-what">
                      <span>{t(`transaction.${row.kind}`)}{row.training && <span class="badge badge-training">{t("training.short")}</span>}</span>
                      <span class="soft small" dir="ltr">{row.receipt ?? "–"}{row.alias !== null && ` (${row.alias})`}</span>
                    </span>
                    <span class="transaction-when soft">{timeOfDay(new Date(row.at))}</span>
                    <StandingMark standing={row.standing} unconfirmed={row.unconfirmed} />
                    <span class="transaction-sum">{row.total === null ? "–" : <Amount of={row.total} />}</span>
                  </button>
                </li>
              ))}
            </ul>
          )}
      </section>
      <section class="page-detail" aria-label={t("receipt.title")}>
        {receipt === null
          ? <Empty icon="eye" title={t("receipts.choose")} />
          : <Detail receipt={receipt.receipt} onClose={() => setReceipt(null)} onShow={setShown} />}
      </section>
      {shown === "without" && <ReturnWithoutReceipt onClose={() => setShown(null)} />}
      {receipt !== null && shown === "return" && <ReturnDialog receipt={receipt.receipt} onClose={() => setShown(null)} />}
      {receipt !== null && receipt.receipt.transaction !== null && shown === "email" && <EmailDialog transaction={receipt.receipt.transaction} onClose={() => setShown(null)} />}
      {receipt !== null && shown === "post-void" && <PostVoid receipt={receipt.receipt} onClose={() => setShown(null)} />}
    </div>
  );
}

function Detail({ receipt, onClose, onShow }: { readonly receipt: Receipt; readonly onClose: () => void; readonly onShow: (shown: Shown) => void }) {
  const { actions } = useTill();
  const { transaction } = receipt;
  const goods = receipt.lines.length > 0 && (receipt.kind === "sale" || receipt.kind === "exchange");
  const copy = (form: "copy" | "gift"): void => {
    if (transaction !== null) {
      void perform(() => actions.after.printCopy(transaction, form)).then((done) => {
        if (done !== null) {
          notify("good", t("receipt.printing"));
        }
      });
    }
  };
  return (
    <>
      <header class="page-head">
        <span class="page-up"><IconButton icon="back" label={t("action.back")} onPress={onClose} /></span>
        <h2 dir="ltr"><bdi>{plain(receipt.number)}</bdi></h2>
      </header>
      <div class="page-scroll"><Paper receipt={receipt} /></div>
      <div class="detail-actions">
        <Button look="primary" icon="returned" disabled={transaction === null || !goods} onPress={() => onShow("return")}>{t("return.title")}</Button>
        <Button icon="printer" disabled={transaction === null} onPress={() => copy("copy")}>{t("receipt.reprint")}</Button>
        <Button icon="gift" disabled={transaction === null || !goods} onPress={() => copy("gift")}>{t("receipt.gift")}</Button>
        <Button icon="mail" disabled={transaction === null} onPress={() => onShow("email")}>{t("receipt.email")}</Button>
        <Button icon="device" onPress={printPaper}>{t("receipt.browserPrint")}</Button>
        <Button icon="close" look="quiet" disabled={transaction === null || receipt.kind === "post_void"} onPress={() => onShow("post-void")}>{t("postVoid.title")}</Button>
      </div>
      {transaction === null && <p class="callout callout-calm"><Icon name="wait" /> {t("receipts.waits")}</p>}
    </>
  );
}

function PostVoid({ receipt, onClose }: { readonly receipt: Receipt; readonly onClose: () => void }) {
  const { actions } = useTill();
  const { transaction } = receipt;
  return (
    <Dialog title={t("postVoid.title")} tone="danger" size="small" onClose={onClose} lead={<p>{t("postVoid.text", { number: receipt.number })}</p>}>
      <ReasonButtons
        reasons={cancelReasons()}
        onReason={(reason) => {
          onClose();
          if (transaction !== null) {
            void perform((approval) => actions.after.postVoid(transaction, reason, approval)).then((done) => {
              if (done !== null) {
                notify("good", t("postVoid.done"));
              }
            });
          }
        }}
      />
    </Dialog>
  );
}
