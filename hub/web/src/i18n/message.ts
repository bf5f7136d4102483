/**
 * The form of the message catalogue. A message is a text with `{places}` or, where a number decides the words, one text for
 * each plural category of its language. The compiler knows every key and every place of it: a translation that forgets one,
 * or a caller that fills in too little, does not build. That, and fourteen kilobytes, is what a parser of message syntax at
 * run time would cost, and the till needs neither selects nor nesting.
 */
export type Plural = { readonly zero?: string; readonly one?: string; readonly two?: string; readonly few?: string; readonly many?: string; readonly other: string };
export type Message = string | Plural;

type TextOf<M> = M extends string ? M : M extends { other: infer T extends string } ? T : never;
type PlacesOf<T extends string> = T extends `${string}{${infer Place}}${infer Rest}` ? Place | PlacesOf<Rest> : never;

/** What has to be filled in: every place of the text, and the `count` that chooses between plural forms. */
export type Places<M> = PlacesOf<TextOf<M>> | (M extends string ? never : "count");
export type Values<M> = { readonly [P in Places<M>]: string | number };
export type Arguments<M> = [Places<M>] extends [never] ? [] : [values: Values<M>];

/** Marks where a filled-in value begins and ends, so that its direction changes nothing of the sentence around it. */
const ISOLATE = "\u2068";
const POP = "\u2069";

/** The text of a message with its places filled in; a number stands as its language writes it. */
export function fill(message: Message, values: Readonly<Record<string, string | number>>, rules: Intl.PluralRules, numbers: Intl.NumberFormat): string {
  const text = typeof message === "string" ? message : chosen(message, values["count"], rules);
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    if (value === undefined) {
      return place;
    }
    return typeof value === "number" ? numbers.format(value) : `${ISOLATE}${value}${POP}`;
  });
}

function chosen(message: Plural, count: string | number | undefined, rules: Intl.PluralRules): string {
  const category = rules.select(typeof count === "number" ? count : Number(count ?? 0));
  return message[category] ?? message.other;
}
