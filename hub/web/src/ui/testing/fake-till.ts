import type { Customer, Receipt, SalesReport, Till, TillActions, Turnover } from "../../core/contract";
import { CURRENCY, euro } from "./prices";
import { FakePaying } from "./paying";
import { accepted, FakeSelling, refused } from "./selling";
import { BEGUN, CASHIER, FakeState, SHIFT } from "./state";

/** A till that answers as the real one does, from memory and at once, so that pages can be looked at and tried. */
export interface FakeTill extends Till {
  readonly state: FakeState;
  readonly selling: FakeSelling;
  readonly paying: FakePaying;
}

export function fakeTill(): FakeTill {
  const state = new FakeState();
  const selling = new FakeSelling(state);
  const paying = new FakePaying(state, selling);
  const lookup: Till["lookup"] = {
    search: (text, most) => {
      const words = text.toLowerCase().split(/\s+/);
      return state.products.filter((product) => product.sku === text || product.barcodes.includes(text) || words.every((word) => product.description.toLowerCase().includes(word))).slice(0, most);
    },
    inCategory: (category) => state.products.filter((product) => product.category === category),
    product: (sku) => state.products.find((product) => product.sku === sku) ?? null,
    favourites: (most) => state.products.filter((product, at) => product.category !== null && at % 3 === 0).slice(0, most),
  };
  return { view: state, lookup, actions: actionsOf(state, selling, paying), state, selling, paying };
}

const CUSTOMER: Customer = { subject: "018f0000-0000-7000-8000-000000000301", name: "Customer 301", email: "customer301@example.com", phone: null, card: "770000301", note: null, priceGroup: "club" };

function actionsOf(state: FakeState, selling: FakeSelling, paying: FakePaying): TillActions {
  return {
    door: {
      pair: async (code) => {
        if (code !== "DEMO-0001") {
          return refused("HF-GATE-004", "This code is not known, or it was used already.", { problem: { code: "HF-GATE-004", text: "This code is not known, or it was used already.", advice: "Ask for a new one at the hub." } });
        }
        state.stage.value = { kind: "running" };
        return { kind: "answered", value: { till: 3 } };
      },
      takeOverTab: async () => {
        state.stage.value = { kind: "running" };
      },
      askPersistence: async () => {
        state.storage.value = "persistent";
      },
    },
    people: {
      signOn: async (number, pin) => {
        if (pin !== "1234") {
          return refused("HF-CMD-102", "Number and PIN do not match.");
        }
        const operator = { ...CASHIER, number, name: `Cashier ${number}` };
        state.signOn.value = { kind: "operator", operator };
        return accepted(operator);
      },
      signOff: async () => {
        state.signOn.value = { kind: "nobody" };
        return accepted(null);
      },
      lock: async () => {
        state.signOn.value = { kind: "locked", operator: CASHIER };
        return accepted(null);
      },
    },
    basket: selling.actions,
    orders: {
      park: async () => {
        state.basket.value = null;
        return accepted(null);
      },
      retrieve: async (_order, takeOver) => (takeOver === true ? refused("HF-CMD-104", "Another till has this order in hand.", { approvable: "take_over" }) : accepted(null)),
      cancel: async (order) => {
        state.orders.value = state.orders.value.filter((each) => each.order !== order);
        return accepted(null);
      },
    },
    payment: paying.actions,
    after: {
      find: async (number) => (number.startsWith("3-") ? { kind: "answered", value: receipt(number) } : refused("HF-CMD-160", "This receipt is not known.")),
      receipt: async (row) => ({ kind: "answered", value: { ...receipt(row.receipt ?? "3-000042"), kind: row.kind, transaction: row.transaction, island: row.receipt?.includes("I") ?? false, training: row.training } }),
      returnByReceipt: async () => paying.actions.payCash(null),
      returnWithoutReceipt: async () => refused("HF-CMD-104", "A cashier may not take goods back without a receipt.", { approvable: "return_without_receipt" }),
      exchange: async () => paying.actions.payCash(null),
      postVoid: async () => refused("HF-CMD-104", "A cashier may not reverse a sale.", { approvable: "post_void" }),
      printCopy: async () => accepted({ copy: 1 }),
      emailReceipt: async () => ({ kind: "answered", value: { state: "waiting" } }),
      settleWaitingReceipt: async (number) => {
        state.waitingReceipts.value = state.waitingReceipts.value.filter((each) => each.number !== number);
        return accepted(null);
      },
      dismissDifference: (index) => {
        state.differences.value = state.differences.value.filter((_each, at) => at !== index);
      },
    },
    drawer: {
      openDrawer: async () => accepted(null),
      moveCash: async () => refused("HF-CMD-104", "A cashier may not move cash.", { approvable: "move_cash" }),
      openShift: async (float, mode) => {
        state.shift.value = { ...SHIFT, float, mode };
        return accepted(state.shift.value);
      },
      closeShift: async (declaration) => {
        state.shift.value = null;
        return accepted({ shift: SHIFT.shift, zNumber: 118, expected: euro("412.35"), declared: declaration.cash, overShort: euro("-0.35") });
      },
      xReport: async () => ({
        kind: "answered",
        value: {
          shift: SHIFT.shift, openedAt: BEGUN, businessDate: "2026-11-28", mode: "live", sales: 41, returns: 2, postVoids: 0, cancelled: 1,
          gross: euro("612.40"), net: euro("510.33"), discount: euro("18.20"), returned: euro("14.90"), rounding: euro("0.00"), float: euro("150"), cashExpected: null,
          taxes: [{ code: "A", percent: "20", net: euro("310.33"), tax: euro("62.07") }, { code: "B", percent: "10", net: euro("218.18"), tax: euro("21.82") }],
          tenders: [{ code: "cash", name: "Cash", taken: euro("262.35"), givenBack: euro("0") }, { code: "card", name: "Card", taken: euro("350.05"), givenBack: euro("14.90") }], byTill: state.island.peek() !== null,
        },
      }),
      closeDay: async (day) => accepted({ day, number: 27, part: 1, gross: euro("2140.15"), openShifts: 1, openOrders: 2 }),
    },
    store: {
      stock: async (text, most) => ({
        kind: "answered",
        value: state.products.filter((product) => product.description.toLowerCase().includes(text.toLowerCase()) || product.sku === text || product.barcodes.includes(text)).slice(0, most)
          .map((product, at) => ({ sku: product.sku, description: product.description, onHand: String((at * 7) % 40 - 2), reserved: String(at % 3), available: String((at * 7) % 40 - 2 - (at % 3)) })),
      }),
      receive: async () => accepted(null),
      startCount: async (scope) => {
        state.count.value = { count: "c1", scope, counted: [] };
        return accepted(null);
      },
      countProduct: async (sku, quantity) => {
        const count = state.count.peek();
        const product = state.products.find((each) => each.sku === sku);
        if (count !== null) {
          state.count.value = { ...count, counted: [...count.counted, { sku, description: product?.description ?? sku, found: quantity }] };
        }
        return accepted({ book: "12" });
      },
      finishCount: async () => {
        state.count.value = null;
        return accepted({ counted: 3, uncounted: 96, adjusted: 1 });
      },
      cancelCount: async () => {
        state.count.value = null;
        return accepted(null);
      },
      salesReport: async (from, to) => ({ kind: "answered", value: report(from, to) }),
      losses: async () => ({
        kind: "answered",
        value: [
          { at: BEGUN, businessDate: "2026-11-28", kind: "Line taken off", what: "Gin 0.7 l", reason: "not wanted after all", amount: euro("24.90"), staff: "Cashier 101", approvedBy: null, till: "Till 3", receipt: "3-000017" },
          { at: BEGUN, businessDate: "2026-11-28", kind: "Discount", what: "Mug, blue", reason: "damaged", amount: euro("4.95"), staff: "Cashier 102", approvedBy: "Manager 1", till: "Till 3", receipt: "3-000021" },
        ],
      }),
      askScale: async () => ({ kind: "answered", value: { kilograms: "0.482" } }),
    },
    customers: {
      find: async (search) => ({ kind: "answered", value: "card" in search && search.card === "0" ? [] : [CUSTOMER] }),
      read: async () => ({ kind: "answered", value: CUSTOMER }),
      save: async (subject, details) => ({ kind: "answered", value: { ...details, subject: subject ?? selling.id(), priceGroup: null } }),
    },
  };
}

function receipt(number: string): Receipt {
  return {
    transaction: "018f0000-0000-7000-8000-000000000401", kind: "sale", number, alias: null, training: false, island: false, copy: false,
    store: { name: "Corner Shop", legalName: "Corner Shop Ltd", address: ["1 Market Square", "1010 Vienna"], taxId: "ATU00000000" },
    till: 3, operator: 101, at: BEGUN, timeZone: "Europe/Vienna",
    lines: [
      { number: 1, sku: "100100", description: "Wheat roll", quantity: "6", unit: "piece", unitPrice: "0.45", gross: euro("1.80"), discount: euro("0.90"), discountNames: ["3 rolls for 2"], returnable: "6" },
      { number: 2, sku: "100300", description: "Milk 3.5 % 1 l", quantity: "2", unit: "piece", unitPrice: "1.29", gross: euro("2.58"), discount: null, discountNames: [], returnable: "1" },
      { number: 3, sku: "100200", description: "Apples, red", quantity: "0.482", unit: "kilogram", unitPrice: "2.99", gross: euro("1.44"), discount: null, discountNames: [], returnable: "0.482" },
      { number: 4, sku: "100804", description: "Greeting card", quantity: "1", unit: "piece", unitPrice: "3.50", gross: euro("3.50"), discount: null, discountNames: [], returnable: "0" },
    ],
    totals: { net: euro("7.98"), tax: euro("1.34"), gross: euro("9.32"), discount: euro("0.90") },
    taxes: [{ code: "A", percent: "20", net: euro("2.92"), tax: euro("0.58") }, { code: "B", percent: "10", net: euro("5.06"), tax: euro("0.76") }],
    tenders: [{ code: "card", name: "Card", amount: euro("5.00"), reference: null, card: { scheme: "Visa", lastFour: "4242", wallet: null, authCode: "123456" } }, { code: "cash", name: "Cash", amount: euro("10.00"), reference: null, card: null }],
    rounding: null, change: euro("5.68"), standing: "at_hq",
  };
}

function turnover(sales: number, gross: string): Turnover {
  return { sales, returns: 1, postVoids: 0, gross: euro(gross), net: euro("0"), tax: euro("0"), discount: euro("12.40"), returned: euro("14.90") };
}

function report(from: string, to: string): SalesReport {
  const hours: readonly (readonly [string, number, string])[] = [["08", 12, "88.40"], ["09", 21, "164.10"], ["10", 28, "231.75"], ["11", 33, "290.20"], ["12", 46, "402.85"], ["13", 39, "351.30"], ["14", 22, "180.00"], ["15", 19, "143.10"], ["16", 27, "241.45"], ["17", 14, "47.00"]];
  return {
    from, to, all: { ...turnover(261, "2140.15"), net: euro("1820.40"), tax: euro("319.75") },
    byDay: [{ label: from, ...turnover(261, "2140.15") }],
    byHour: hours.map(([label, sales, gross]) => ({ label, ...turnover(sales, gross) })),
    byStaff: [{ label: "Cashier 101", ...turnover(150, "1240.15") }, { label: "Cashier 102", ...turnover(111, "900.00") }],
    byTill: [{ label: "Till 3", ...turnover(261, "2140.15") }],
    byProduct: [["Coffee, large", "88", "281.60"], ["Butter croissant", "74", "122.10"], ["Wheat roll", "240", "96.30"], ["Sourdough loaf 750 g", "17", "83.30"], ["Red wine, dry 0.75 l", "9", "80.10"]].map(([description = "", sold = "0", gross = "0"], at) => ({ sku: String(100100 + at), description, sold, returned: "0", gross: euro(gross), discount: euro("0") })),
    byTender: [{ kind: "Cash", transactions: 160, taken: { amount: "890.10", currency: CURRENCY }, givenBack: euro("0") }, { kind: "Card", transactions: 101, taken: euro("1250.05"), givenBack: euro("14.90") }],
    byTax: [{ code: "A", percent: "20", net: euro("900.20"), tax: euro("180.04") }, { code: "B", percent: "10", net: euro("920.20"), tax: euro("92.02") }],
  };
}
