/** Local dates and minutes, and from when until when something holds. */

import { Malformed } from "./refusal";
import type { Hours, Moment, Weekday } from "./store";

const WEEKDAYS: readonly Weekday[] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
export const MINUTES_OF_DAY = 1_440;

/** The day's midnight in UTC, which has no summer time that could move a date. */
function midnight(date: string): Date {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  const day = parts === null ? null : new Date(`${date}T00:00:00Z`);
  if (day === null || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) {
    throw new Malformed(`"${date.slice(0, 20)}" is not a date; write it as 2026-11-30`);
  }
  return day;
}

export function weekday(date: string): Weekday {
  const day = WEEKDAYS[midnight(date).getUTCDay()];
  if (day === undefined) {
    throw new Malformed(`"${date}" has no day of the week`);
  }
  return day;
}

/** The moment itself, when it is one. */
export function checkedMoment(moment: Moment): Moment {
  midnight(moment.date);
  const { minute } = moment;
  if (!Number.isInteger(minute) || minute < 0 || minute >= MINUTES_OF_DAY) {
    throw new Malformed(`${minute} is no minute of a day`);
  }
  return moment;
}

export interface Period {
  readonly from: Moment | null;
  /** The moment itself is outside. */
  readonly until: Moment | null;
}

/** The period itself, when it begins and ends at moments that there are. */
export function checkedPeriod<P extends Period>(period: P): P {
  for (const moment of [period.from, period.until]) {
    if (moment !== null) {
      checkedMoment(moment);
    }
  }
  return period;
}

function isBefore(a: Moment, b: Moment): boolean {
  return a.date < b.date || (a.date === b.date && a.minute < b.minute);
}

/** `from` ≤ now, and now < `until` where there is one. */
export function isInForce(period: Period, now: Moment): boolean {
  const hasBegun = period.from === null || !isBefore(now, period.from);
  return hasBegun && (period.until === null || isBefore(now, period.until));
}

/** One that ends before it begins spans midnight; one that ends in the minute in which it begins is empty. */
export function isWithinHours(hours: Hours, minute: number): boolean {
  const { from_minute: from, until_minute: until } = hours;
  return from <= until ? from <= minute && minute < until : minute >= from || minute < until;
}
