/** What a receipt says, put together from the basket and its payment. */
import type { TransactionPage } from "../../protocol/hub";
import type { WireLine } from "../../protocol/sales";
import { percentOf } from "../amounts";
import { hubDiscounts } from "../basket/priced";
import type { Basket, BasketLine, DiscountPart, TaxPart } from "../contract/basket";
import type { Receipt, ReceiptLine } from "../contract/papers";
import type { TenderTaken, TransactionKind } from "../contract/payment";
import type { Money } from "../contract/values";
import type { Desk } from "../desk";
import { read, write } from "../../pricing/exact";
import { tendersOf } from "./transactions";

export interface PaperFacts {
  readonly kind: TransactionKind;
  readonly number: string | null;
  readonly island: boolean;
  readonly tenders: readonly TenderTaken[];
  readonly rounding: Money | null;
  readonly change: Money | null;
}

export function receiptOfBasket(desk: Desk, basket: Pick<Basket, "lines" | "totals">, facts: PaperFacts): Receipt | null {
  const frame = frameOf(desk);
  if (frame === null) return null;
  const kept = basket.lines.filter(({ fate }) => fate.kind === "kept");
  return {
    ...frame,
    transaction: null,
    kind: facts.kind,
    number: facts.number ?? "",
    alias: null,
    training: desk.isTraining,
    island: facts.island,
    copy: false,
    operator: desk.operator?.number ?? null,
    at: desk.now(),
    lines: kept.map((line) => paperLine(desk, line)),
    totals: basket.totals,
    taxes: taxesOf(desk, kept),
    tenders: facts.tenders,
    rounding: facts.rounding,
    change: facts.change,
    standing: "here",
  };
}

function frameOf(desk: Desk): Pick<Receipt, "store" | "till" | "timeZone"> | null {
  if (desk.facts === null) return null;
  const { profile, till } = desk.facts;
  return {
    store: {
      name: profile.name, legalName: profile.legal_name, address: profile.address.split(/\s*[\n,]\s*/), taxId: profile.tax_id,
    },
    till,
    timeZone: profile.time_zone,
  };
}

function paperLine(desk: Desk, line: BasketLine): ReceiptLine {
  return {
    number: line.number, sku: line.sku, description: line.description, quantity: line.quantity, unit: line.unit,
    unitPrice: line.unitPrice, gross: line.gross, ...discountOf(desk, line.discounts), returnable: null,
  };
}

function discountOf(desk: Desk, parts: readonly DiscountPart[]): Pick<ReceiptLine, "discount" | "discountNames"> {
  return {
    discount: parts.length === 0 ? null : desk.amounts.sum(parts.map(({ amount }) => amount)),
    discountNames: parts.map((part) => (part.kind === "promotion" ? part.name : part.reason)),
  };
}

/** Per rate what the lines say: their taxes were rounded already. */
function taxesOf(desk: Desk, lines: readonly Pick<BasketLine, "taxes" | "net">[]): Receipt["taxes"] {
  const sums = new Map<string, { of: TaxPart; net: bigint; tax: bigint }>();
  for (const { taxes, net } of lines) {
    for (const of of taxes) {
      const key = `${of.code} ${of.percent}`;
      const sum = sums.get(key) ?? { of, net: 0n, tax: 0n };
      sums.set(key, { of, net: sum.net + desk.amounts.minor(net), tax: sum.tax + desk.amounts.minor(of.amount) });
    }
  }
  return [...sums.values()].map(({ of, net, tax }) => ({
    code: of.code, percent: of.percent, net: desk.amounts.money(net), tax: desk.amounts.money(tax),
  }));
}

/** A receipt of any till, as the hub tells it. */
export function receiptOfHub(desk: Desk, page: TransactionPage): Receipt | null {
  const frame = frameOf(desk);
  if (frame === null) return null;
  const { transaction, lines, taxes, sale } = page;
  const back = new Map(sale?.returned.map(({ line, quantity }) => [line, quantity]));
  const island = /^\d+-I/.test(transaction.receipt);
  const kept = lines.filter(({ fate }) => fate.kind === "kept");
  return {
    ...frame,
    transaction: transaction.transaction,
    kind: transaction.kind,
    number: transaction.receipt,
    alias: null,
    training: transaction.mode === "training",
    island,
    copy: true,
    till: Number(transaction.receipt.split("-")[0] ?? "0"),
    operator: null,
    at: transaction.occurred_at,
    lines: kept.map((line) => hubPaperLine(desk, line, sale === null ? null : (back.get(line.number) ?? "0"), sale?.post_voided ?? false)),
    totals: transaction.totals,
    taxes: taxes.map(({ code, rate, net, tax }) => ({ code, percent: percentOf(rate), net, tax })),
    tenders: transaction.payment === null ? [] : tendersOf(transaction.payment, desk),
    rounding: transaction.payment?.rounding ?? null,
    change: transaction.payment?.change ?? null,
    standing: "at_hub",
  };
}

function hubPaperLine(desk: Desk, line: WireLine, returned: string | null, postVoided: boolean): ReceiptLine {
  const left = returned === null ? null : postVoided ? "0" : write(read(line.quantity, 6) - read(returned, 6), 6, 0);
  return {
    number: line.number, sku: line.sku, description: line.description, quantity: line.quantity, unit: line.unit,
    unitPrice: line.price.value.unit_price, gross: line.gross, ...discountOf(desk, hubDiscounts(line)),
    returnable: left,
  };
}
