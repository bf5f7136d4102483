/**
 * The till's engine against a hub that runs: what one says a basket costs, the other says too, with everything that a hub
 * does before its engine is asked (deposits, open prices, labels, refusals, the store's own time).
 *
 * `HOLDFAST_QUOTES` says how many baskets.
 */

import { request as send } from "node:https";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bookFromHub, labelValue, pricing, productFromHub, Refused, scan, spelling, storeFromHub } from "../../src/pricing";
import type { Basket, BasketLine, BasketOff, Layout, Moment, Priced, Pricing, Product } from "../../src/pricing";
import { decode, type Decoded } from "../../src/protocol/decode";
import { catalogPage, priceBook, taxTable } from "../../src/protocol/goods";
import { pairResponse, PATHS, problem, quotePage, snapshot, type QuotePage } from "../../src/protocol/hub";
import type { WireLine } from "../../src/protocol/sales";
import { programsAreThere, RealStore } from "../core/real_hub";
import { differences } from "./case";
import { basketOf, shopOf, type Asked, type AskedDiscount, type AskedLine, type Shop } from "./shop";
import { Source } from "./source";

const QUOTES = Number(process.env["HOLDFAST_QUOTES"] ?? "300");
const BASKETS_PER_SHOP = 100;
const ZONE = "Europe/Vienna";
const ORDER = "00000000-0000-4000-8000-000000000001";

describe.skipIf(!programsAreThere())("the till and a hub that runs", () => {
  let store: RealStore;
  let till: Till;

  beforeAll(async () => {
    store = await RealStore.open();
    till = await Till.pair(store);
  }, 120_000);

  afterAll(async () => {
    await store.close();
  });

  it(
    "say the same of random baskets",
    async () => {
      const told = new Map<string, number>();
      const count = (what: string): void => void told.set(what, (told.get(what) ?? 0) + 1);
      for (let seed = 0; seed * BASKETS_PER_SHOP < QUOTES; seed += 1) {
        const source = new Source(seed);
        const shop = shopOf(source);
        for (const [kind, text] of [["catalog", shop.sheet], ["book", shop.book], ["taxes", shop.taxes]] as const) {
          await store.import(kind, text);
        }
        const own = await till.read(shop);
        for (let at = 0; at < BASKETS_PER_SHOP; at += 1) {
          const asked = basketOf(source, shop);
          const [quoted, now] = await till.quote(asked);
          const priced = own.price(asked, now);
          expect(differences(quoted, priced), `shop ${seed}, basket ${at}: ${JSON.stringify(asked)}`).toEqual([]);
          count("refused" in quoted ? quoted.refused : "priced");
        }
      }
      console.log(Object.fromEntries(told));
      expect(told.get("priced")).toBeGreaterThan(QUOTES / 2);
      expect(told.size).toBeGreaterThan(4);
    },
    60_000 + QUOTES * 100,
  );
});

/** What either says to a basket, in the words of the vectors. */
type Answer = { readonly refused: string } | Pick<Priced, "totals" | "promotions"> & { readonly lines: readonly unknown[] };

function localNow(): Moment {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone: ZONE,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).formatToParts(new Date());
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
  const date = `${part("year")}-${part("month")}-${part("day")}`;
  return { date, minute: Number(part("hour")) * 60 + Number(part("minute")) };
}

/** A till as its hub knows it. */
class Till {
  private constructor(
    private readonly store: RealStore,
    private readonly headers: Record<string, string>,
  ) {}

  static async pair(store: RealStore): Promise<Till> {
    const body = JSON.stringify({ code: await store.pairingCode("Till 1"), known_as: null });
    const json = { "content-type": "application/json" };
    const paired = decode(pairResponse, read(await ask(store, PATHS.pair, json, body)));
    const basic = Buffer.from(`${paired.terminal}:${paired.secret}`).toString("base64");
    return new Till(store, { ...json, authorization: `Basic ${basic}` });
  }

  /** Everything that it prices by when it is alone, read from the hub where the hub serves it. */
  async read({ book, taxes }: Shop): Promise<Alone> {
    const get = async (path: string): Promise<string> => read(await ask(this.store, path, this.headers));
    const { profile } = decode(snapshot, await get(PATHS.snapshot));
    const { products } = decode(catalogPage, await get(PATHS.catalog));
    const own = decode(priceBook, book);
    const found = new Map(products.map((product) => [product.sku, productFromHub(product)]));
    const barcodes = new Map(products.flatMap(({ sku, barcodes }) => barcodes.map((code) => [spelling(code), found.get(sku)])));
    const rules = pricing(storeFromHub(profile, decode(taxTable, taxes)), bookFromHub(own, profile.currency), (sku) => found.get(sku));
    return new Alone(rules, own.layouts, (code) => barcodes.get(code));
  }

  /** The hub's answer, and the minute of the store in which it was given. */
  async quote({ lines, terms }: Asked): Promise<readonly [Answer, Moment]> {
    const place = { order: ORDER, customer: null, lines, expected_total: null, terms };
    for (;;) {
      const now = localNow();
      const response = await ask(this.store, PATHS.quote, this.headers, JSON.stringify({ place }));
      if (localNow().minute !== now.minute) {
        continue;
      }
      if (response.status === 200) {
        return [answerOf(decode(quotePage, response.text)), now];
      }
      const { code, text } = decode(problem, response.text);
      return [{ refused: code === "HF-HUB-026" ? (/HF-CMD-\d+/.exec(text)?.[0] ?? text) : code }, now];
    }
  }
}

interface Response {
  readonly status: number;
  readonly text: string;
}

/** Asks as a till does, trusting the store's own authority alone. */
function ask(store: RealStore, path: string, headers: Record<string, string>, body?: string): Promise<Response> {
  return new Promise((resolve, reject) => {
    const options = { method: body === undefined ? "GET" : "POST", headers, ca: store.authority };
    const request = send(`https://${store.https}${path}`, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on("error", reject).end(body);
  });
}

function read({ status, text }: Response): string {
  if (status !== 200) {
    throw new Error(`HTTP ${status} ${text}`);
  }
  return text;
}

function answerOf({ lines, totals, promotions }: QuotePage): Answer {
  const kept = (amounts: Decoded<typeof quotePage>["totals"]): Priced["totals"] => ({
    net: amounts.net.amount,
    tax: amounts.tax.amount,
    gross: amounts.gross.amount,
    discount: amounts.discount.amount,
  });
  return {
    lines: lines.map(lineOf),
    totals: kept(totals),
    promotions: promotions.map(({ code, name, outcome }) => {
      const shown = (number: number | { readonly amount: string }): string =>
        typeof number === "number" ? String(number) : number.amount;
      const far = outcome.kind === "too_few" || outcome.kind === "below_threshold" ? outcome.value : null;
      return {
        code,
        name,
        outcome: outcome.kind,
        amount: outcome.kind === "applied" ? outcome.value.amount.amount : null,
        missing: far === null ? null : { have: shown(far.have), need: shown(far.need) },
      };
    }),
  };
}

function lineOf(line: WireLine): unknown {
  const parts = line.discount.kind === "parts" ? line.discount.value.parts : [];
  const sum = (kind: "line" | "basket"): string => {
    const cents = parts.filter(({ source }) => source.kind === kind).map(({ amount }) => BigInt(amount.amount.replace(".", "")));
    const total = String(cents.reduce((sum, one) => sum + one, 0n)).padStart(3, "0");
    return `${total.slice(0, -2)}.${total.slice(-2)}`;
  };
  const given = line.discount.kind === "percent" || line.discount.kind === "amount" ? line.discount.value.amount.amount : sum("line");
  return {
    number: line.number,
    sku: line.sku,
    unit: line.unit,
    quantity: line.quantity,
    voided: line.fate.kind === "voided",
    priced_by: line.price.kind,
    price_list: line.price.kind === "list" ? line.price_list : null,
    listed: {
      list: line.price_list,
      // Only beside a price that somebody set the hub says what the list's is.
      ...(line.price.kind === "override" ? { unit_price: line.price.value.list_price } : {}),
    },
    unit_price: line.price.value.unit_price,
    extended: line.extended.amount,
    manual: given,
    promotions: parts.flatMap(({ source, amount }) =>
      source.kind === "promotion" ? [{ ...source.value, amount: amount.amount }] : [],
    ),
    basket_discount: sum("basket"),
    taxes: line.taxes.map(({ code, rate, tax }) => ({ code, rate, tax: tax.amount })),
    net: line.net.amount,
    gross: line.gross.amount,
  };
}

/** A till whose hub is gone. */
class Alone {
  constructor(
    private readonly rules: Pricing,
    private readonly layouts: readonly Layout[],
    private readonly byBarcode: (spelling: string) => Product | undefined,
  ) {}

  price({ lines, terms }: Asked, now: Moment): Answer {
    const basket: Basket = {
      now,
      tag: terms.tag,
      group: null,
      coupons: terms.coupons,
      exempt: terms.exemption !== null,
      discount: offOf(terms.discount),
      lines: lines.map((line) => this.line(line)),
    };
    try {
      const priced = this.rules.price(basket);
      return priced.lines.every(({ voided }) => voided) ? { refused: "HF-CMD-120" } : priced;
    } catch (error) {
      if (error instanceof Refused) {
        return { refused: error.code };
      }
      throw error;
    }
  }

  private line({ number, item, quantity, price, discount, fate }: AskedLine): BasketLine {
    const scanned = "sku" in item ? null : scan(item.barcode, this.layouts, this.byBarcode);
    const embedded = scanned?.embedded ?? null;
    return {
      number,
      sku: "sku" in item ? item.sku : (scanned?.product.sku ?? item.barcode),
      quantity,
      override: typeof price === "object" && "override" in price ? price.override.unit_price : null,
      open: typeof price === "object" && "open" in price ? price.open.unit_price : null,
      label: embedded === null ? null : labelValue(embedded, "EUR"),
      discount: offOf(discount),
      voided: fate !== "kept",
    };
  }
}

function offOf(discount: AskedDiscount): BasketOff | null {
  if (discount === "none") {
    return null;
  }
  return "percent" in discount
    ? { percent: { rate: discount.percent.rate } }
    : { amount: { amount: discount.amount.amount.amount } };
}
