import type { BasketDesk } from "../basket/basket_desk";
import * as draft from "../basket/draft";
import type { BasketActions, Local } from "../contract/actions";
import type { PriceCheck } from "../contract/goods";
import type { Answer } from "../contract/outcome";
import type { Desk } from "../desk";
import { shown } from "../goods/catalog";
import type { Scans } from "../goods/scans";
import { DONE, answered, no, refused } from "../outcomes";
import type { Selling } from "../pay/selling";
import type { StockBook } from "../shop/stock_book";
import { problem } from "../problems";

export function basketActions(desk: Desk, basket: BasketDesk, scans: Scans, stock: StockBook, selling: Selling): BasketActions {
  /** A change of the basket, which stands still while it is paid. */
  const change = (work: (of: draft.Draft) => draft.Changed): Local => {
    const obstacle = desk.obstacle("shift");
    if (obstacle !== null) return obstacle;
    if (desk.state.payment.value !== null) return no("HF-WEB-032");
    if (basket.isLeaving) return no("HF-WEB-051");
    const fault = basket.apply(work(basket.begin()));
    return fault === null ? DONE : refused(fault);
  };
  return {
    scan: (code, source) => scans.scan(code, source),
    routeScans: (take) => scans.route(take),
    clearAlert: (id) => scans.clear(id),
    answer: (id, answer) => scans.answer(id, answer),
    add: (sku, quantity) => scans.add(sku, quantity ?? null),
    repeat() {
      const current = basket.current;
      const line = current?.lines.find(({ number, voided }) => number === current.current && voided === null);
      if (line === undefined) return no("HF-WEB-028");
      scans.add(line.sku, line.unit === "piece" ? "1" : null);
      return DONE;
    },
    setQuantity: (line, quantity, reason) => change((of) => draft.setQuantity(of, line, quantity, reason ?? null)),
    voidLine: (line, reason) => change((of) => draft.voidLine(of, line, reason)),
    overridePrice: (line, price, reason) => change((of) => draft.overridePrice(of, line, price, reason)),
    discountLine: (line, discount) => change((of) => draft.discountLine(of, line, discount)),
    select(line) {
      const of = basket.current;
      if (of?.lines.some(({ number, voided }) => number === line && voided === null) === true) basket.select(line);
    },
    noteLine: (line, note) => change((of) => draft.noteLine(of, line, note)),
    noteBasket: (note) => change((of) => draft.noteBasket(of, note)),
    setTerms: (terms) => change((of) => draft.setTerms(of, terms)),
    setCustomer: (customer) => change((of) => draft.setCustomer(
      of, customer === null ? null : { subject: customer.subject, name: customer.name, priceGroup: customer.priceGroup },
    )),
    abandon: (reason) => selling.abandon(reason),
    async priceCheck(code): Promise<Answer<PriceCheck>> {
      const found = desk.catalog.scan(code.trim());
      if (found === null) return no("HF-WEB-030");
      const { product } = found;
      const alone = draft.emptyDraft(desk.mint(), desk.now(), "live", desk.amounts.zero);
      const line: draft.NewLine = {
        sku: product.sku, description: product.description, unit: product.unit, scanned: null, label: null, quantity: "1",
        price: product.details.price_rule === "open" ? { kind: "open", unitPrice: product.unit_price } : { kind: "list" },
        minimumAge: null,
      };
      const added = draft.addLine(alone, line);
      const priced = added.kind === "changed" ? desk.pricing?.price(added.draft) : undefined;
      if (priced === undefined) return refused(problem("HF-WEB-043"));
      if (priced.kind === "no") return refused(priced.problem);
      return answered({
        product: shown(product),
        price: priced.basket.totals.gross,
        promotions: priced.basket.explanations.flatMap(({ name, outcome }) =>
          (["applied", "too_few", "below_threshold", "coupon_missing"].includes(outcome.kind) ? [name] : [])),
        stock: await stock.level(product.sku),
      });
    },
  };
}
