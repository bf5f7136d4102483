/** Prices a draft with the till's own engine, by the copy of what the hub sells by. */
import {
  Malformed, Refused, bookFromHub, pricing, productFromHub, storeFromHub,
  type Basket, type BasketLine as Asked, type Pricing, type Product,
} from "../../pricing";
import type { WireBookPage } from "../../protocol/goods";
import type { StoreProfile } from "../../protocol/hub";
import type { Catalog } from "../goods/catalog";
import { Amounts } from "../amounts";
import type { Problem } from "../contract/values";
import { hubProblem, problem } from "../problems";
import type { StoreTime } from "../shop/store_time";
import type { Draft, DraftLine } from "./draft";
import { byTill, type PricedBasket } from "./priced";

export type LocalPrice = { readonly kind: "priced"; readonly basket: PricedBasket } | { readonly kind: "no"; readonly problem: Problem };

export class LocalPricing {
  private readonly engine: Pricing;
  private readonly amounts: Amounts;
  /** Products in the engine's words, made when they are first asked for. */
  private readonly products = new Map<string, Product>();

  constructor(profile: StoreProfile, book: WireBookPage | null, private readonly catalog: Catalog, private readonly time: StoreTime) {
    this.amounts = new Amounts(profile.currency);
    const prices = book === null ? { price_lists: [], promotions: [] } : bookFromHub(book.book, profile.currency);
    this.engine = pricing(storeFromHub(profile, book?.taxes ?? null), prices, (sku) => this.product(sku));
  }

  /** A product changed: its words are made anew. */
  forget(): void {
    this.products.clear();
  }

  price(draft: Draft): LocalPrice {
    try {
      const priced = this.engine.price(this.asked(draft));
      const named = (sku: string) => {
        const wire = this.catalog.get(sku);
        return wire === null ? null : { description: wire.description, unit: wire.unit };
      };
      return { kind: "priced", basket: byTill(draft, priced, this.amounts, named) };
    } catch (error) {
      if (error instanceof Refused) return { kind: "no", problem: hubProblem(error.code, error.message) };
      if (error instanceof Malformed) return { kind: "no", problem: { ...problem("HF-WEB-043"), text: error.message } };
      throw error;
    }
  }

  private product(sku: string): Product | undefined {
    const known = this.products.get(sku);
    if (known !== undefined) return known;
    const wire = this.catalog.get(sku);
    if (wire === null) return undefined;
    const made = productFromHub(wire);
    this.products.set(sku, made);
    return made;
  }

  private asked(draft: Draft): Basket {
    const { tag, coupons, exemption, discount } = draft.terms;
    return {
      now: this.time.now(),
      tag,
      group: draft.customer?.priceGroup ?? null,
      coupons,
      exempt: exemption !== null,
      discount: off(discount),
      lines: draft.lines.map(askedLine),
    };
  }
}

function off(discount: DraftLine["discount"]): Asked["discount"] {
  if (discount.kind === "none") return null;
  return discount.kind === "percent" ? { percent: { rate: discount.rate } } : { amount: { amount: discount.amount.amount } };
}

function askedLine(line: DraftLine): Asked {
  return {
    number: line.number,
    sku: line.sku,
    quantity: line.label === null ? line.quantity : "1",
    override: line.price.kind === "override" ? line.price.unitPrice : null,
    open: line.price.kind === "open" ? line.price.unitPrice : null,
    discount: off(line.discount),
    voided: line.voided !== null,
    had: line.had === null ? null : { list: line.had.list, unit_price: line.had.unitPrice },
    label: line.label,
  };
}
