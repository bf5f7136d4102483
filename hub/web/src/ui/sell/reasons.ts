import { t } from "../../i18n/locale";

/** Reasons that one touch gives, in the language of the till; the journal keeps the words. */
export function voidReasons(): readonly string[] {
  return [t("reason.scannedByMistake"), t("reason.notWanted"), t("reason.damaged")];
}

export function priceReasons(): readonly string[] {
  return [t("reason.shelfPrice"), t("reason.damaged"), t("reason.priceMatch")];
}

export function discountReasons(): readonly string[] {
  return [t("reason.damaged"), t("reason.shortDated"), t("reason.goodwill"), t("reason.staff")];
}

export function abandonReasons(): readonly string[] {
  return [t("reason.customerLeft"), t("reason.noMoney"), t("reason.practice")];
}

export function returnReasons(): readonly string[] {
  return [t("reason.notSuitable"), t("reason.faulty"), t("reason.wrongItem")];
}

export function drawerReasons(): readonly string[] {
  return [t("reason.change"), t("reason.check")];
}

export function cancelReasons(): readonly string[] {
  return [t("reason.notWanted"), t("reason.customerLeft"), t("reason.keyedTwice")];
}
