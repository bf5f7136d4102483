/** What the hub serves its tills, in the words of the engine. */

import type { WirePriceBook, WirePriceList, WireProduct, WirePromotion, WireSelector, WireTaxTable } from "../protocol/goods";
import type { StoreProfile } from "../protocol/hub";
import type { PriceBook } from "./pricing";
import { Malformed } from "./refusal";
import type { BasketOff, ItemOff, Items, PriceList, Product, Promotion, PromotionKind, Store, TaxRule, Weekday } from "./store";

interface Money {
  readonly amount: string;
  readonly currency: string;
}

type Profile = Pick<StoreProfile, "currency" | "basis" | "tax_rounding" | "cash_step" | "taxes">;

/** The profile's plain rates hold where the store has no table of taxes. */
export function storeFromHub(profile: Profile, taxes: WireTaxTable | null): Store {
  const { currency, basis, tax_rounding, cash_step } = profile;
  const plain = profile.taxes.map(
    ({ class: of, rates }): TaxRule => ({
      class: of,
      tag: null,
      rates: rates.map(({ code, rate }) => ({ code, rate, base: "net" })),
    }),
  );
  const table = taxes?.entries.map(({ class: of, tag, charges }): TaxRule => ({ class: of, tag, rates: charges }));
  return { currency, basis, tax_rounding, cash_step, taxes: table ?? plain };
}

export function productFromHub({ sku, unit, tax_class, unit_price, details }: WireProduct): Product {
  const { category, deposit, price_rule } = details;
  return { sku, category, unit, tax_class, unit_price, deposit, open_price: price_rule === "open" };
}

export function bookFromHub(book: WirePriceBook, currency: string): PriceBook {
  return {
    price_lists: book.lists.map(priceListFromHub),
    promotions: book.promotions.map((promotion) => promotionFromHub(promotion, currency)),
  };
}

function priceListFromHub({ code, priority, group, period, prices }: WirePriceList): PriceList {
  return { code, priority, group, ...period, prices: prices.map(([sku, unit_price]) => ({ sku, unit_price })) };
}

const WEEKDAYS: Readonly<Record<WirePromotion["weekdays"][number], Weekday>> = {
  monday: "mon",
  tuesday: "tue",
  wednesday: "wed",
  thursday: "thu",
  friday: "fri",
  saturday: "sat",
  sunday: "sun",
};

function promotionFromHub(promotion: WirePromotion, currency: string): Promotion {
  const { code, name, priority, period, weekdays, hours, group, coupon, limit, combination, family } = promotion;
  return {
    code,
    name,
    priority,
    ...period,
    weekdays: weekdays.map((day) => WEEKDAYS[day]),
    hours,
    group,
    coupon,
    limit,
    combination,
    family,
    kind: kindFromHub(promotion.kind, currency),
  };
}

function kindFromHub(kind: WirePromotion["kind"], currency: string): PromotionKind {
  switch (kind.kind) {
    case "item_off": {
      const { items, off } = kind.value;
      return { item_off: { items: itemsFromHub(items), off: itemOffFromHub(off) } };
    }
    case "group_price": {
      const { items, count, price } = kind.value;
      return { group_price: { items: itemsFromHub(items), count, price: amountIn(currency, price) } };
    }
    case "group_off":
      return { group_off: { ...kind.value, items: itemsFromHub(kind.value.items) } };
    case "buy_get": {
      const { buy, get } = kind.value;
      return { buy_get: { ...kind.value, buy: itemsFromHub(buy), get: itemsFromHub(get) } };
    }
    case "basket_off": {
      const { items, threshold, off } = kind.value;
      return {
        basket_off: {
          items: itemsFromHub(items),
          threshold: amountIn(currency, threshold),
          off: basketOffFromHub(off, currency),
        },
      };
    }
  }
}

function itemsFromHub(selector: WireSelector): Items {
  switch (selector.kind) {
    case "all":
      return "all";
    case "skus":
      return { skus: selector.value };
    case "categories":
      return { categories: selector.value };
  }
}

type WireItemOff = Extract<WirePromotion["kind"], { kind: "item_off" }>["value"]["off"];
type WireBasketOff = Extract<WirePromotion["kind"], { kind: "basket_off" }>["value"]["off"];

function itemOffFromHub(off: WireItemOff): ItemOff {
  switch (off.kind) {
    case "percent":
      return { percent: off.value };
    case "amount":
      return { amount: off.value };
    case "price":
      return { price: off.value };
  }
}

function basketOffFromHub(off: WireBasketOff, currency: string): BasketOff {
  return off.kind === "percent" ? { percent: off.value } : { amount: { amount: amountIn(currency, off.value.amount) } };
}

function amountIn(currency: string, money: Money): string {
  if (money.currency !== currency) {
    throw new Malformed(`a promotion is in ${money.currency} and the store in ${currency}`);
  }
  return money.amount;
}
