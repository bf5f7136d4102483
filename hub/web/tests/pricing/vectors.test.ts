/** The golden vectors, which the hub's engine and its reference pass too. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { answer, checkedCase, differences, type Case } from "./case";

const FOLDER = join(import.meta.dirname, "../../../../tests/vectors");

function casesOf(file: string): readonly Case[] {
  const parsed: unknown = JSON.parse(readFileSync(join(FOLDER, file), "utf8"));
  if (!Array.isArray(parsed)) {
    throw new Error(`${file} is no array of cases`);
  }
  return parsed.map((value) => checkedCase(value, file));
}

const files = readdirSync(FOLDER).filter((file) => file.endsWith(".json"));

describe.each(files)("%s", (file) => {
  it.each(casesOf(file).map((of) => [of.name, of] as const))("%s", (_, of) => {
    expect(differences(of.expected, answer(of))).toEqual([]);
  });
});

it("all vectors are there", () => {
  expect(files.flatMap(casesOf).length).toBeGreaterThanOrEqual(300);
});
