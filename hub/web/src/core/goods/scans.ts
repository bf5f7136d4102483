/**
 * Scans, one after the other in the order in which they came. What has to be known first (a weight, a price, an age) is asked,
 * and the scans behind it wait; what is unknown or may not be sold stays to be seen.
 */
import { addLine, checkAge, type NewLine } from "../basket/draft";
import type { BasketDesk } from "../basket/basket_desk";
import { holdsCardNumber, masked } from "../card_numbers";
import type { ScanAlert, ScanAnswer, ScanQuestion, ScanSource } from "../contract/goods";
import type { Local } from "../contract/actions";
import type { Desk } from "../desk";
import { DONE, no, refused } from "../outcomes";
import { labelValue, type Embedded } from "../../pricing";
import type { Scanned as HubScan } from "../../protocol/messages";
import type { WireProduct } from "../../protocol/goods";
import { problem } from "../problems";
import { shown, type Found } from "./catalog";
import { kilogramsOf } from "./weights";

const QUEUE_MAX = 200;
const ALERTS_MAX = 50;

interface Wanted {
  readonly code: string;
  readonly source: ScanSource;
  /** Chosen on the grid, or found by the hub's scanner. */
  readonly sku: string | null;
  readonly quantity: string | null;
  readonly embedded: Embedded | null;
}

interface Asked {
  readonly wanted: Wanted;
  readonly found: Found;
  readonly quantity: string | null;
  readonly unitPrice: string | null;
  readonly question: ScanQuestion;
}

export class Scans {
  private queue: Wanted[] = [];
  private asked: Asked | null = null;
  /** A page that is about something else, such as a price check, takes scans for itself. */
  private router: ((code: string) => boolean) | null = null;

  constructor(
    private readonly desk: Desk,
    private readonly basket: BasketDesk,
    private readonly weigh: (scale: string | null) => Promise<{ readonly kilograms: string | null } | Local>,
  ) {
    basket.onBack(() => {
      if (this.asked === null) this.next();
    });
  }

  route(take: (code: string) => boolean): () => void {
    this.router = take;
    return () => {
      if (this.router === take) this.router = null;
    };
  }

  scan(code: string, source: ScanSource): void {
    const text = code.trim();
    if (text !== "") this.put({ code: text, source, sku: null, quantity: null, embedded: null });
  }

  add(sku: string, quantity: string | null): void {
    this.put({ code: sku, source: "typed", sku, quantity, embedded: null });
  }

  /** What the hub's scanner beside this till read. */
  fromHub({ code }: HubScan): void {
    switch (code.kind) {
      case "malformed":
        return this.alert("malformed", code.value.ai ?? "", `the code cannot be used: ${code.value.why}`);
      case "looks_like_card":
        return this.alert("looks_like_card", code.value.masked, problem("HF-WEB-017").text);
      case "plain":
      case "elements": {
        const { text, item } = code.value;
        if (this.router?.(text) === true) return;
        const weight = code.kind === "elements" ? code.value.net_weight : null;
        const quantity = weight === null ? null : kilogramsOf(weight);
        const known = item !== null && this.desk.catalog.get(item.sku) !== null && item.label === null;
        this.put({ code: text, source: "scanner", sku: known ? item.sku : null, quantity, embedded: null });
      }
    }
  }

  clear(id: string): void {
    const { alerts } = this.desk.state;
    alerts.value = alerts.value.filter((alert) => alert.id !== id);
  }

  async answer(id: string, answer: ScanAnswer): Promise<Local> {
    const { asked } = this;
    if (asked === null || asked.question.id !== id) return DONE;
    if (answer.kind === "dismiss") {
      this.next();
      return DONE;
    }
    if (answer.kind === "weigh") {
      const weighed = await this.weigh(asked.question.kind === "weight" ? asked.question.scale : null);
      if ("kind" in weighed) return weighed.kind === "refused" ? weighed : DONE;
      if (weighed.kilograms === null) return no("HF-WEB-021");
      return this.go(asked, { ...asked, quantity: weighed.kilograms });
    }
    if (answer.kind === "old_enough") {
      const draft = this.basket.begin();
      const years = asked.question.kind === "age" ? asked.question.years : 0;
      this.basket.set(checkAge(draft, years, answer.how));
      return this.go(asked, asked);
    }
    if (answer.kind === "price") {
      if (!/^\d{1,9}(\.\d{1,4})?$/.test(answer.unitPrice)) return no("HF-WEB-026");
      return this.go(asked, { ...asked, unitPrice: answer.unitPrice });
    }
    return this.go(asked, { ...asked, quantity: answer.quantity });
  }

  /** The till is another's, or its basket was given up: nothing waits any more. */
  reset(): void {
    this.queue = [];
    this.asked = null;
    this.publish(null);
  }

  private go(asked: Asked, now: Pick<Asked, "quantity" | "unitPrice">): Local {
    const left = this.tryAdd(asked.wanted, asked.found, now.quantity, now.unitPrice);
    if (left !== null && left.kind === "refused") return left;
    if (left === null) this.next();
    return DONE;
  }

  private put(wanted: Wanted): void {
    if (this.queue.length >= QUEUE_MAX) return this.alert("blocked", wanted.code, "too many scans wait; answer the question first");
    this.queue.push(wanted);
    if (this.asked === null) this.next();
    else this.publish(this.asked.question);
  }

  private next(): void {
    this.asked = null;
    this.publish(null);
    if (this.basket.isLeaving) return;
    for (let wanted = this.queue.shift(); wanted !== undefined; wanted = this.queue.shift()) {
      if (this.take(wanted) === "asked") return;
    }
    this.publish(null);
  }

  private take(wanted: Wanted): "done" | "asked" {
    const { desk } = this;
    const obstacle = desk.obstacle("shift");
    if (obstacle !== null) {
      this.alert("blocked", wanted.code, obstacle.problem.text);
      return "done";
    }
    if (desk.state.payment.value !== null) {
      this.alert("blocked", wanted.code, problem("HF-WEB-032").text);
      return "done";
    }
    if (wanted.sku === null && this.takeCoupon(wanted.code)) return "done";
    const found = wanted.sku === null ? desk.catalog.scan(wanted.code) : byNumber(desk.catalog.get(wanted.sku));
    if (found === null) {
      const isCard = holdsCardNumber(wanted.code);
      this.alert(isCard ? "looks_like_card" : "unknown", masked(wanted.code), problem(isCard ? "HF-WEB-017" : "HF-WEB-030").text);
      return "done";
    }
    const left = this.tryAdd(wanted, found, wanted.quantity, null);
    if (left === null) return "done";
    if (left.kind === "asked") return "asked";
    this.alert("blocked", wanted.code, left.kind === "refused" ? left.problem.text : "");
    return "done";
  }

  private takeCoupon(code: string): boolean {
    const { desk, basket } = this;
    if (desk.book?.book.promotions.some(({ coupon }) => coupon?.code === code) !== true) return false;
    const draft = basket.begin();
    if (!draft.terms.coupons.includes(code)) {
      const edits = draft.state === "order" ? [...draft.edits, { set_coupons: { coupons: [...draft.terms.coupons, code] } }] : draft.edits;
      basket.set({ ...draft, edits, terms: { ...draft.terms, coupons: [...draft.terms.coupons, code] } });
    }
    return true;
  }

  /** None when it is in the basket; else what is asked, or why it is not. */
  private tryAdd(wanted: Wanted, found: Found, quantity: string | null, unitPrice: string | null): { readonly kind: "asked" } | Local | null {
    const { product, embedded } = found;
    const draft = this.basket.begin();
    const years = product.details.minimum_age;
    if (years !== null && (draft.age?.years ?? 0) < years) {
      const bornBefore = this.desk.facts?.time.bornBefore(years) ?? "";
      return this.ask(wanted, found, quantity, unitPrice, { id: this.desk.mint(), kind: "age", product: shown(product), years, bornBefore });
    }
    if (product.details.price_rule === "open" && unitPrice === null) {
      return this.ask(wanted, found, quantity, unitPrice, { id: this.desk.mint(), kind: "price", product: shown(product) });
    }
    if (product.unit !== "piece" && quantity === null && embedded === null) {
      const scale = this.desk.state.scales.value.find(({ state }) => state !== "not_connected")?.scale ?? null;
      return this.ask(wanted, found, quantity, unitPrice, { id: this.desk.mint(), kind: "weight", product: shown(product), scale });
    }
    const fault = this.basket.apply(addLine(draft, this.line(wanted, product, embedded, quantity ?? "1", unitPrice)));
    if (fault !== null) return refused(fault);
    this.desk.state.last.value = null;
    return null;
  }

  private line(wanted: Wanted, product: WireProduct, embedded: Embedded | null, quantity: string, unitPrice: string | null): NewLine {
    const label = embedded === null ? null : labelValue(embedded, this.desk.amounts.currency);
    return {
      sku: product.sku,
      description: product.description,
      unit: product.unit,
      scanned: wanted.sku === null || wanted.source === "scanner" ? wanted.code : null,
      label,
      quantity: label !== null && "quantity" in label ? label.quantity : label === null ? quantity : "1",
      price: unitPrice === null ? { kind: "list" } : { kind: "open", unitPrice },
      minimumAge: product.details.minimum_age,
    };
  }

  private ask(
    wanted: Wanted, found: Found, quantity: string | null, unitPrice: string | null, question: ScanQuestion,
  ): { readonly kind: "asked" } {
    this.asked = { wanted, found, quantity, unitPrice, question };
    this.publish(question);
    return { kind: "asked" };
  }

  private publish(question: ScanQuestion | null): void {
    this.desk.state.question.value = question;
    this.desk.state.scansQueued.value = this.queue.length;
  }

  /** Something that has to be seen before the cashier goes on. */
  tell(kind: ScanAlert["kind"], code: string, text: string): void {
    this.alert(kind, code, text);
  }

  private alert(kind: ScanAlert["kind"], code: string, text: string): void {
    const { alerts } = this.desk.state;
    const alert: ScanAlert = { id: this.desk.mint(), kind, code: masked(code), text, at: this.desk.now() };
    alerts.value = [...alerts.value, alert].slice(-ALERTS_MAX);
  }
}

function byNumber(product: WireProduct | null): Found | null {
  return product === null ? null : { product, embedded: null };
}

