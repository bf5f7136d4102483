import type { Message, Plural } from "./message";
import { after } from "./en/after";
import { frame } from "./en/frame";
import { pay } from "./en/pay";
import { sell } from "./en/sell";
import { state } from "./en/state";
import { store } from "./en/store";

/** The till in English: the catalogue that the others are held against. */
export const en = { ...frame, ...sell, ...pay, ...after, ...store, ...state } as const;

export type Key = keyof typeof en;

/** Every key, with a text where English has one and plural forms where English has them. */
export type Catalogue = { readonly [K in Key]: (typeof en)[K] extends string ? string : Plural } & Readonly<Record<Key, Message>>;
/** The part of a catalogue that stands in one file. */
export type Part<E> = { readonly [K in keyof E]: E[K] extends string ? string : Plural };
