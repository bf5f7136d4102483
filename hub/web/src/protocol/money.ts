import { decimal, object, text } from "./decode";

export const money = object({ amount: decimal, currency: text });
