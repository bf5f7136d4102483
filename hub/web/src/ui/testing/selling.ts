import Big from "big.js";
import type { Accepted, Basket, BasketActions, BasketLine, Local, Product, Refused, ScanQuestion } from "../../core/contract";
import { DEPOSIT } from "./goods";
import { euro, priced } from "./prices";
import { BEGUN, type FakeState } from "./state";

export function accepted<T>(value: T): Accepted<T> {
  return { kind: "accepted", value, warnings: [], standing: "at_hub" };
}

export function refused(code: string, text: string, more: Partial<Refused> = {}): Refused {
  return { kind: "refused", problem: { code, text, advice: null }, approvable: null, ...more };
}

/** The basket of a till that a page can be tried with: a queue of scans that stops at alerts and questions, as the real one does. */
export class FakeSelling {
  private readonly queue: string[] = [];
  private turn = 0;

  constructor(private readonly state: FakeState) {}

  readonly actions: BasketActions = {
    scan: (code) => {
      this.queue.push(code);
      this.next();
    },
    routeScans: () => () => undefined,
    clearAlert: (id) => {
      this.state.alerts.value = this.state.alerts.value.filter((alert) => alert.id !== id);
      this.next();
    },
    answer: async (id, answer): Promise<Local> => {
      const question = this.state.question.peek();
      if (question === null || question.id !== id) {
        return refused("HF-WEB-001", "That was answered already.");
      }
      const weighed = this.state.scales.peek()[0]?.net?.amount ?? "0.482";
      this.state.question.value = null;
      switch (answer.kind) {
        case "quantity":
          this.put(question.product, answer.quantity);
          break;
        case "weigh":
          this.put(question.product, weighed);
          break;
        case "price":
          this.put({ ...question.product, unitPrice: answer.unitPrice }, "1");
          break;
        case "old_enough":
          this.change((basket) => ({ ...basket, ageChecked: question.kind === "age" ? question.years : basket.ageChecked }));
          this.put(question.product, "1");
          break;
        case "dismiss":
          break;
      }
      this.next();
      return accepted(null);
    },
    add: (sku, quantity) => {
      const product = this.state.products.find((each) => each.sku === sku);
      if (product !== undefined) {
        this.offer(product, quantity ?? "1");
      }
    },
    repeat: () => {
      const line = this.state.basket.peek()?.lines.findLast((each) => each.fate.kind === "kept" && each.depositOf === null);
      if (line !== undefined) {
        this.edit(line.number, (each) => ({ ...each, quantity: new Big(each.quantity).plus(1).toString() }));
      }
      return accepted(null);
    },
    setQuantity: (line, quantity) => this.edit(line, (each) => ({ ...each, quantity })),
    voidLine: (line, reason) => {
      this.edit(line, (each) => ({ ...each, fate: { kind: "voided", reason } }));
      for (const each of this.state.basket.peek()?.lines.filter((other) => other.depositOf === line) ?? []) {
        this.edit(each.number, (other) => ({ ...other, fate: { kind: "voided", reason } }));
      }
      return accepted(null);
    },
    overridePrice: (line, unitPrice, reason) => this.edit(line, (each) => ({ ...each, unitPrice, price: { kind: "override", listPrice: each.unitPrice, reason } })),
    discountLine: (line, given) => this.edit(line, (each) => ({ ...each, given })),
    select: (line) => this.change((basket) => ({ ...basket, current: line })),
    noteLine: (line, note) => this.edit(line, (each) => ({ ...each, note })),
    noteBasket: (note) => this.change((basket) => ({ ...basket, note })),
    setTerms: (terms) => this.change((basket) => ({ ...basket, terms: { ...basket.terms, ...terms } })),
    setCustomer: (customer) => this.change((basket) => ({ ...basket, customer: customer === null ? null : { subject: customer.subject, name: customer.name } })),
    abandon: async () => {
      this.state.basket.value = null;
      return accepted(null);
    },
    priceCheck: async (code) => {
      const product = this.find(code);
      return product === undefined
        ? refused("HF-CMD-123", `${code} is not in the catalog.`)
        : { kind: "answered", value: { product, price: euro(product.unitPrice), promotions: product.description.endsWith("roll") ? ["3 rolls for 2"] : [], stock: { sku: product.sku, description: product.description, onHand: "24", reserved: "2", available: "22" } } };
    },
  };

  find(code: string): Product | undefined {
    return this.state.products.find((each) => each.sku === code || each.barcodes.includes(code));
  }

  private next(): void {
    while (this.queue.length > 0 && this.state.alerts.peek().length === 0 && this.state.question.peek() === null) {
      const code = this.queue.shift() ?? "";
      const product = this.find(code);
      if (product === undefined) {
        this.state.alerts.value = [{ id: this.id(), kind: "unknown", code, text: "Nobody has told the till what this is. Put it aside or sell it by its name.", at: BEGUN }];
      } else {
        this.offer(product, "1");
      }
    }
    this.state.scansQueued.value = this.queue.length;
  }

  private offer(product: Product, quantity: string): void {
    const question = this.questionOf(product);
    if (question !== null && quantity === "1") {
      this.state.question.value = question;
    } else {
      this.put(product, quantity);
    }
  }

  private questionOf(product: Product): ScanQuestion | null {
    if (product.openPrice) {
      return { id: this.id(), kind: "price", product };
    }
    if (product.unit === "kilogram") {
      return { id: this.id(), kind: "weight", product, scale: this.state.scales.peek()[0]?.scale ?? null };
    }
    const checked = this.state.basket.peek()?.ageChecked ?? 0;
    return product.minimumAge !== null && product.minimumAge > checked ? { id: this.id(), kind: "age", product, years: product.minimumAge, bornBefore: "2008-11-28" } : null;
  }

  put(product: Product, quantity: string): void {
    const basket = this.state.basket.peek() ?? this.fresh();
    const same = basket.lines.find((line) => line.sku === product.sku && line.fate.kind === "kept" && line.unit === "piece" && line.price.kind === "list" && line.given.kind === "none" && line.note === null);
    if (same !== undefined && !product.openPrice) {
      this.state.basket.value = priced({
        ...basket,
        current: same.number,
        lines: basket.lines.map((line) => (line === same || line.depositOf === same.number ? { ...line, quantity: new Big(line.quantity).plus(quantity).toString() } : line)),
      });
      return;
    }
    const number = basket.lines.length + 1;
    const lines = [...basket.lines, lineOf(number, product, quantity, null)];
    const deposit = product.deposit === null ? undefined : this.state.products.find((each) => each.sku === DEPOSIT);
    if (deposit !== undefined) {
      lines.push(lineOf(number + 1, deposit, quantity, number));
    }
    this.state.basket.value = priced({ ...basket, lines, current: number });
  }

  private edit(number: number, edit: (line: BasketLine) => BasketLine): Local {
    return this.change((basket) => ({ ...basket, current: number, lines: basket.lines.map((line) => (line.number === number ? edit(line) : line)) }));
  }

  private change(change: (basket: Basket) => Basket): Local {
    this.state.basket.value = priced(change(this.state.basket.peek() ?? this.fresh()));
    return accepted(null);
  }

  private fresh(): Basket {
    const nothing = euro("0");
    return {
      order: this.id(), begun: BEGUN, state: "draft", revision: 0, mode: this.state.shift.peek()?.mode ?? "live", lines: [], current: null,
      totals: { net: nothing, tax: nothing, gross: nothing, discount: nothing },
      terms: { tag: null, coupons: [], exemption: null, discount: { kind: "none" } },
      customer: null, explanations: [], pricedBy: "till", quoting: false, refusal: null, note: null, ageChecked: null, paid: nothing,
    };
  }

  id(): string {
    this.turn += 1;
    return `018f0000-0000-7000-8000-${String(this.turn).padStart(12, "0")}`;
  }
}

function lineOf(number: number, product: Product, quantity: string, depositOf: number | null): BasketLine {
  const nothing = euro("0");
  return {
    number, sku: product.sku, description: product.description, scanned: product.barcodes[0] ?? null, unit: product.unit, quantity,
    unitPrice: product.unitPrice, price: product.openPrice ? { kind: "open" } : { kind: "list", list: "standard" }, extended: nothing,
    discounts: [], given: { kind: "none" }, taxes: [], net: nothing, gross: nothing, fate: { kind: "kept" }, note: null,
    minimumAge: product.minimumAge, depositOf,
  };
}
