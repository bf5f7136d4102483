import { useEffect, useState } from "preact/hooks";
import type { StockRow } from "../../core/contract";
import { quantity } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { ask } from "../perform";
import { Name } from "../parts/amount";
import { Button } from "../parts/button";
import { Empty } from "../parts/empty";
import { Choice, Field } from "../parts/field";
import { useScan } from "../scans";
import { compare } from "../sums";
import { useTill } from "../till";
import { Count } from "./count";
import { Receive } from "./receive";

const ROWS_MAX = 60;

type Tab = "look-up" | "receive" | "count";

/** What is there, what came, and what was counted. */
export function Stock() {
  const { view } = useTill();
  const [tab, setTab] = useState<Tab>(view.count.peek() === null ? "look-up" : "count");
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("place.stock")}</h1>
        <Choice
          label={t("stock.tabs")}
          plain
          value={tab}
          options={[{ value: "look-up", text: t("stock.lookUp") }, { value: "receive", text: t("stock.receive") }, { value: "count", text: t("stock.count") }]}
          onChoose={setTab}
        />
      </header>
      <div class="page-scroll">
        {tab === "look-up" && <LookUp />}
        {tab === "receive" && <Receive />}
        {tab === "count" && <Count />}
      </div>
    </div>
  );
}

function LookUp() {
  const { actions } = useTill();
  const [words, setWords] = useState("");
  const [rows, setRows] = useState<readonly StockRow[] | null>(null);
  const find = (text: string): void => {
    void ask(actions.store.stock(text.trim(), ROWS_MAX)).then((answer) => setRows(answer?.value ?? null));
  };
  useEffect(() => find(""), []);
  useScan((code) => {
    setWords(code);
    find(code);
  });
  return (
    <div class="stack">
      <form class="row row-end" onSubmit={(event) => { event.preventDefault(); find(words); }}>
        <Field label={t("stock.search")} kind="search" value={words} onInput={setWords} most={80} />
        <Button look="primary" submit icon="search">{t("action.find")}</Button>
      </form>
      {rows !== null && rows.length === 0 && <Empty icon="stock" title={t("stock.none")} />}
      {rows !== null && rows.length > 0 && (
        <div class="table-scroll">
          <table class="table">
            <thead><tr><th scope="col">{t("stock.item")}</th><th scope="col" class="number">{t("stock.onHand")}</th><th scope="col" class="number">{t("stock.reserved")}</th><th scope="col" class="number">{t("stock.available")}</th></tr></thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.sku}>
                  <th scope="row"><Name of={row.description ?? row.sku} /><span class="soft small block" dir="ltr">{row.sku}</span></th>
                  <td class={compare(row.onHand, "0") < 0 ? "number below" : "number"}>{quantity(row.onHand)}</td>
                  <td class="number">{quantity(row.reserved)}</td>
                  <td class={compare(row.available, "0") <= 0 ? "number below" : "number"}>{quantity(row.available)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
