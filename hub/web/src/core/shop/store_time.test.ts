import { describe, expect, it } from "vitest";
import { StoreTime } from "./store_time";

const at = (instant: string, zone: string, cutOver: number) =>
  new StoreTime({ now: () => Date.parse(instant), after: () => () => undefined }, zone, cutOver);

describe("the store's clock", () => {
  it.each([
    ["2026-11-28T23:30:00Z", "Europe/Vienna", { date: "2026-11-29", minute: 30 }],
    ["2026-11-28T23:00:00Z", "Europe/Vienna", { date: "2026-11-29", minute: 0 }],
    ["2026-03-29T01:30:00Z", "Europe/Vienna", { date: "2026-03-29", minute: 210 }],
    ["2026-11-28T12:00:00Z", "America/New_York", { date: "2026-11-28", minute: 420 }],
  ])("is at %s in %s", (instant, zone, expected) => {
    expect(at(instant, zone, 240).now()).toEqual(expected);
  });

  it.each([
    ["2026-11-29T02:59:00Z", "2026-11-28"], ["2026-11-29T03:00:00Z", "2026-11-29"], ["2026-12-31T23:30:00Z", "2026-12-31"],
    ["2027-01-01T02:59:00Z", "2026-12-31"],
  ])("counts %s to the business day %s until the cut-over at four", (instant, day) => {
    expect(at(instant, "Europe/Vienna", 240).businessDate()).toBe(day);
  });

  it.each([["2026-11-28T12:00:00Z", 18, "2008-11-28"], ["2028-02-29T12:00:00Z", 18, "2010-02-28"], ["2028-02-29T12:00:00Z", 16, "2012-02-29"]])(
    "says who is old enough on %s for %d years", (instant, years, born) => {
      expect(at(instant, "UTC", 0).bornBefore(years)).toBe(born);
    },
  );
});
