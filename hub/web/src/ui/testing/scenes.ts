import type { DeviceStanding, DeviceStep, OpenOrder, TransactionRow } from "../../core/contract";
import { basketUp, searched, sheet, type Sheet } from "../sell/state";
import { helpShown, operatorShown } from "../frame/overlays";
import { go } from "../place";
import type { FakeTill } from "./fake-till";
import { categoriesOf, hostileGoods } from "./goods";
import { euro } from "./prices";
import { BEGUN, CASHIER, SHIFT } from "./state";

/** Situations that a page can be looked at in, each by its name. */
export type Scene = (till: FakeTill) => void | Promise<void>;

function fill(till: FakeTill): void {
  const put = (name: string, quantity = "1"): void => {
    const product = till.state.products.find((each) => each.description === name);
    if (product !== undefined) {
      till.selling.put(product, quantity);
    }
  };
  put("Wheat roll", "6");
  put("Milk 3.5 % 1 l", "2");
  put("Apples, red", "0.482");
  put("Orange juice 1 l");
  put("Dark chocolate 100 g");
  put("Mug, blue");
  put("Butter croissant", "2");
  till.actions.basket.discountLine(8, { kind: "percent", rate: "0.1", reason: "damaged" });
  till.actions.basket.voidLine(7, "not wanted after all");
  till.actions.basket.noteLine(2, "the coldest ones");
  till.actions.basket.select(3);
}

async function pay(till: FakeTill): Promise<void> {
  fill(till);
  await till.actions.payment.begin();
}

async function card(till: FakeTill, standing: DeviceStanding, step: DeviceStep | null, can: readonly ("abort" | "resolve" | "give_back")[] = [], code = "card"): Promise<void> {
  await pay(till);
  const payment = till.state.payment.peek();
  if (payment !== null) {
    till.paying.put({ id: "d1", code, name: code === "card" ? "Card" : "QR wallet", class: "electronic", amount: payment.open, reference: null, counts: standing.kind === "approved", device: { attempt: "a1", device: code === "card" ? "Terminal front" : "Wallet gateway", step, standing, can } });
  }
}

function row(receipt: string, total: string, more: Partial<TransactionRow> = {}): TransactionRow {
  return { transaction: `t-${receipt}`, order: null, kind: "sale", receipt, alias: null, at: BEGUN, total: euro(total), change: euro("0"), tenders: [], standing: "at_hq", unconfirmed: false, training: false, ...more };
}

function history(till: FakeTill): void {
  till.state.transactions.value = [
    row("3-000047", "12.40", { standing: "here", unconfirmed: true, transaction: null, receipt: null }),
    row("3-000046", "31.80", { standing: "at_hub" }),
    row("3-000045", "4.20", { kind: "return", standing: "at_hub" }),
    row("3-I000007", "18.90", { alias: "3-000044", standing: "at_hq" }),
    row("3-000043", "9.32"),
    row("3-000042", "150.00", { kind: "cash_loan" }),
    ...Array.from({ length: 14 }, (_each, at) => row(`3-0000${28 - at}`, `${7 + at}.${10 + at}`)),
  ];
}

function order(at: number, more: Partial<OpenOrder>): OpenOrder {
  return { order: `o${at}`, state: "placed", channel: "counter", mode: "live", placedAt: BEGUN, label: null, lines: 2 + at, gross: euro(`${12 * at + 8}.40`), paid: euro("0"), customer: null, custody: { kind: "parked" }, onlyHere: false, ...more };
}

function parked(till: FakeTill): void {
  till.state.orders.value = [
    order(1, { label: "Table 4" }),
    order(2, { label: "Red scarf", onlyHere: true }),
    order(3, { label: "Flowers, fetched on Saturday", state: "partly_paid", paid: euro("20"), channel: "not_in_hand", custody: { kind: "free" } }),
    order(4, { custody: { kind: "other_till", till: 2, staff: 102, since: BEGUN } }),
  ];
}

function alone(till: FakeTill): void {
  till.state.hub.value = { kind: "gone", since: BEGUN, why: "the hub does not answer" };
  till.state.headquarters.value = { state: "unknown", waiting: 0, asOf: null };
  till.state.outbox.value = { waitingForHub: 1, keptForHq: 4, islandSales: 12 };
  till.state.island.value = { since: BEGUN, sales: 12, gross: euro("184.60"), nextReceipt: "3-I000013", merging: null };
  till.state.signOn.value = { kind: "operator", operator: { ...CASHIER, offline: true } };
}

function troubled(till: FakeTill): void {
  till.state.headquarters.value = { state: "behind", waiting: 23, asOf: BEGUN };
  till.state.outbox.value = { waitingForHub: 2, keptForHq: 5, islandSales: 0 };
  till.state.unconfirmed.value = [{ command: "c1", action: "pay", since: BEGUN, attempts: 4, order: null }];
  till.state.storage.value = "may_be_cleared";
  till.state.differences.value = [
    { kind: "oversold", sku: "100801", description: "Roses, bunch", onHand: "-2", receipt: "3-I000008" },
    { kind: "price_changed", receipt: "3-I000009", till: euro("1.29"), hub: euro("1.39") },
    { kind: "rule", receipt: "3-I000010", rule: "beyond_rights", what: "discount" },
    { kind: "alias", receipt: "3-I000007", hubNumber: "3-000044" },
  ];
  till.state.waitingReceipts.value = [{ number: "3-I000008", at: BEGUN, total: euro("25.80"), shownOrPrintedHere: true }, { number: "3-I000009", at: BEGUN, total: euro("1.29"), shownOrPrintedHere: false }];
}

function hostile(till: FakeTill): void {
  till.state.products.unshift(...hostileGoods());
  till.state.categories.value = categoriesOf(till.state.products);
  for (const product of hostileGoods()) {
    till.selling.put(product, "1");
  }
  till.actions.basket.noteLine(1, '<svg onload="document.title=1">');
  till.state.orders.value = [order(1, { label: `<img src=x onerror=1>${"w".repeat(300)}` })];
}

function withSheet(shown: Sheet): Scene {
  return (till) => {
    fill(till);
    sheet.value = shown;
  };
}

function ask(name: string): Scene {
  return (till) => {
    const product = till.state.products.find((each) => each.description === name);
    if (product !== undefined) {
      till.actions.basket.add(product.sku);
    }
  };
}

const CARD = { scheme: "Visa", lastFour: "4242", wallet: "Phone wallet", authCode: "123456" };

export const SCENES: Readonly<Record<string, Scene>> = {
  "sell-empty": () => undefined,
  "sell-full": fill,
  "sell-long": (till) => till.state.products.slice(0, 45).forEach((product) => till.selling.put(product, "1")),
  "sell-basket": (till) => { fill(till); basketUp.value = true; },
  "sell-search": (till) => { fill(till); searched.value = "3*roll"; },
  "sell-nothing-found": () => { searched.value = "unobtainium"; },
  "sell-no-shift": (till) => { till.state.shift.value = null; },
  "sell-no-catalog": (till) => { till.state.products.length = 0; till.state.categories.value = []; till.state.catalog.value = { version: null, products: 0, loading: { have: 1200, of: 50000 } }; },
  "sell-change": async (till) => { fill(till); await till.actions.payment.begin(); await till.actions.payment.payCash(euro("50")); },
  "sell-training": (till) => { till.state.shift.value = { ...SHIFT, mode: "training" }; fill(till); },
  "sell-island": (till) => { fill(till); alone(till); },
  "sell-merging": (till) => { alone(till); till.state.island.value = { since: BEGUN, sales: 12, gross: euro("184.60"), nextReceipt: "3-I000013", merging: { done: 5, of: 12 } }; },
  "sell-alert": (till) => { fill(till); till.actions.basket.scan("5901234123457", "keyboard"); till.actions.basket.scan("123", "keyboard"); },
  "sell-weight": (till) => { till.state.scales.value = [{ scale: "Counter scale", state: "stable", net: { amount: "0.482", unit: "kg" }, tare: { amount: "0.012", unit: "kg" }, text: null, simulated: true }]; return ask("Bananas")(till); },
  "sell-weight-by-hand": ask("Bananas"),
  "sell-price": ask("Sundry goods 20 %"),
  "sell-age": ask("Gin 0.7 l"),
  "sell-hostile": hostile,
  "sell-refusal": (till) => { fill(till); const basket = till.state.basket.peek(); if (basket !== null) { till.state.basket.value = { ...basket, refusal: { code: "HF-CMD-104", text: "A discount of 30 % is more than this operator may give.", advice: "Give less, or let somebody else approve it." } }; } },
  "sheet-quantity": withSheet({ kind: "quantity", line: 3 }),
  "sheet-price": withSheet({ kind: "price", line: 2 }),
  "sheet-discount": withSheet({ kind: "discount", line: 2 }),
  "sheet-void": withSheet({ kind: "void", line: 2 }),
  "sheet-note": withSheet({ kind: "note", line: 2 }),
  "sheet-terms": withSheet({ kind: "terms" }),
  "sheet-customer": withSheet({ kind: "customer" }),
  "sheet-park": withSheet({ kind: "park" }),
  "sheet-abandon": withSheet({ kind: "abandon" }),
  "sheet-promotions": withSheet({ kind: "promotions" }),
  "sheet-price-check": withSheet({ kind: "price-check" }),
  "sheet-family": withSheet({ kind: "family", family: "Cotton shirt" }),
  "pay": pay,
  "pay-split": async (till) => { await pay(till); await till.actions.payment.addTender({ kind: "cash", amount: euro("10") }); },
  "pay-island": async (till) => { alone(till); await pay(till); },
  "pay-card-insert": (till) => card(till, { kind: "under_way" }, { kind: "present_card" }, ["abort"]),
  "pay-card-pin": (till) => card(till, { kind: "under_way" }, { kind: "enter_pin" }, ["abort"]),
  "pay-card-declined": (till) => card(till, { kind: "declined", reason: "insufficient_funds", text: "The bank says no: not enough on the account." }, null),
  "pay-card-doubt": (till) => card(till, { kind: "in_doubt", text: "The terminal's line broke while the bank was asked. Its journal is read as soon as it answers." }, null, ["resolve"]),
  "pay-card-approved": (till) => card(till, { kind: "approved", amount: euro("20.99"), tip: euro("0"), card: CARD, signature: false }, null),
  "pay-qr": (till) => card(till, { kind: "under_way" }, { kind: "show_qr", text: "https://pay.example/q/7HK2M9" }, ["abort"], "wallet_qr"),
  "pay-unconfirmed": async (till) => { await pay(till); const payment = till.state.payment.peek(); if (payment !== null) { till.state.payment.value = { ...payment, state: "unconfirmed" }; } },
  "orders": (till) => { parked(till); go("orders"); },
  "orders-empty": () => go("orders"),
  "receipts": (till) => { history(till); go("receipts"); },
  "receipts-refund": (till) => { history(till); go("receipts"); till.state.refund.value = { sale: "s1", amount: euro("4.53"), payment: { attempt: "a1", device: "Terminal front", step: { kind: "present_card" }, standing: { kind: "under_way" }, can: ["abort"] } }; },
  "receipts-empty": () => go("receipts"),
  "stock": () => go("stock"),
  "drawer": () => go("drawer"),
  "drawer-open": (till) => { till.state.shift.value = null; go("drawer"); },
  "reports": () => go("reports"),
  "status": () => go("status"),
  "status-trouble": (till) => { troubled(till); go("status"); },
  "status-alone": (till) => { alone(till); go("status"); },
  "settings": (till) => { till.state.storage.value = "may_be_cleared"; go("settings"); },
  "help": () => { helpShown.value = true; },
  "operator": () => { operatorShown.value = true; },
  "override": (till) => { parked(till); go("orders"); },
  "sign-on": (till) => { till.state.signOn.value = { kind: "nobody" }; },
  "locked": (till) => { fill(till); till.state.signOn.value = { kind: "locked", operator: CASHIER }; },
  "sign-on-alone": (till) => { alone(till); till.state.signOn.value = { kind: "nobody" }; till.state.storage.value = "may_be_cleared"; },
  "starting": (till) => { till.state.stage.value = { kind: "starting" }; },
  "pairing": (till) => { till.state.stage.value = { kind: "not_paired" }; till.state.signOn.value = { kind: "nobody" }; },
  "owned": (till) => { till.state.stage.value = { kind: "owned_elsewhere" }; },
  "stopped": (till) => { till.state.stage.value = { kind: "stopped", problem: { code: "HF-WEB-010", text: "This browser gives the till no storage.", advice: "Leave the private window, or allow this page to keep data." } }; },
};
