/** The store's own clock: its time zone and the minute at which its business day begins. */
import type { Clock } from "../ports";

const MINUTE_MS = 60_000;

export class StoreTime {
  private readonly parts: Intl.DateTimeFormat;

  constructor(private readonly clock: Clock, timeZone: string, private readonly cutOverMinutes: number) {
    this.parts = new Intl.DateTimeFormat("en-CA", {
      timeZone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    });
  }

  /** Date and minute of the day in the store. */
  now(): { readonly date: string; readonly minute: number } {
    return this.at(this.clock.now());
  }

  /** The business day that begins at the cut-over. */
  businessDate(): string {
    const { date, minute } = this.now();
    return minute >= this.cutOverMinutes ? date : this.at(this.clock.now() - (minute + 1) * MINUTE_MS).date;
  }

  /** The latest day on which somebody was born who is so many years old today. */
  bornBefore(years: number): string {
    const { date } = this.now();
    const year = Number(date.slice(0, 4)) - years;
    const day = date.slice(4) === "-02-29" && new Date(Date.UTC(year, 1, 29)).getUTCMonth() !== 1 ? "-02-28" : date.slice(4);
    return `${String(year).padStart(4, "0")}${day}`;
  }

  private at(ms: number): { readonly date: string; readonly minute: number } {
    const of = new Map(this.parts.formatToParts(new Date(ms)).map(({ type, value }) => [type, value]));
    const get = (name: Intl.DateTimeFormatPartTypes) => of.get(name) ?? "";
    return { date: `${get("year")}-${get("month")}-${get("day")}`, minute: Number(get("hour")) * 60 + Number(get("minute")) };
  }
}
