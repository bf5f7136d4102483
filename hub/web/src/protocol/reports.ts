/** The store's reports, whose figures are whole minor units. */
import { integer, list, nullable, object, text } from "./decode";

const figures = {
  sales: integer, returns: integer, post_voids: integer, gross_minor: integer, net_minor: integer, tax_minor: integer,
  discount_minor: integer, returned_minor: integer,
};
const turnoverRow = object({ key: text, name: text, ...figures });

export const salesReport = object({
  from: text,
  to: text,
  all: object(figures),
  by_day: list(turnoverRow),
  by_hour: list(turnoverRow),
  by_staff: list(turnoverRow),
  by_till: list(turnoverRow),
  by_product: list(
    object({
      sku: text, description: text, sold_thousandths: integer, returned_thousandths: integer, gross_minor: integer,
      discount_minor: integer,
    }),
  ),
  by_tender: list(object({ kind: text, transactions: integer, taken_minor: integer, given_back_minor: integer })),
  by_tax: list(object({ code: text, rate_percent: text, net_minor: integer, tax_minor: integer })),
});

export const lossList = object({
  losses: list(
    object({
      seq: integer, recorded_at_ms: integer, business_date: text, kind: text, what: text, reason: text,
      amount_minor: nullable(integer), staff_name: nullable(text), staff_number: nullable(text), approved_by: nullable(text),
      till: nullable(text), receipt: nullable(text),
    }),
  ),
  next_after_seq: nullable(integer),
});

/** A customer's details: nothing of them is ever written to the till's disk. */
export const subject = object({
  subject: text,
  details: object({ name: nullable(text), email: nullable(text), phone: nullable(text), notes: nullable(text), card: nullable(text) }),
});
export const subjectsFound = object({ subjects: list(subject) });
