/**
 * Random baskets that another engine has priced, as many as anybody likes: `HOLDFAST_PRICE_CASES` names a file with one case
 * on each line, in the form of the vectors, as the program `price-cases` of `tests/reference` writes it. Zero differences.
 */

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { answer, checkedCase, differences } from "./case";

const FILE = process.env["HOLDFAST_PRICE_CASES"];
/** More would be read by nobody. */
const SHOWN_MAX = 20;

it.skipIf(FILE === undefined)(
  "random baskets cost what the other engine says",
  async () => {
    const found: string[] = [];
    let cases = 0;
    let differing = 0;
    for await (const line of createInterface({ input: createReadStream(FILE ?? "") })) {
      const of = checkedCase(JSON.parse(line), `line ${cases + 1}`);
      const wrong = differences(of.expected, answer(of));
      cases += 1;
      if (wrong.length > 0) {
        differing += 1;
        found.push(...wrong.slice(0, SHOWN_MAX - found.length).map((text) => `${of.name}${text}`));
      }
    }
    console.log(`${cases} random baskets: ${differing} differ`);
    expect(found).toEqual([]);
    expect(cases).toBeGreaterThan(0);
  },
  1_800_000,
);
