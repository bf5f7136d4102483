import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** What the pages' sources never hold, whoever writes them. */
function files(folder: string, ends: RegExp): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path, ends) : ends.test(name) ? [path] : [];
  });
}

const PAGES = files("src/ui", /(?<!\.test)\.tsx?$/);
const STYLES = files("src/styles", /\.css$/);

function holding(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths.filter((path) => pattern.test(readFileSync(path, "utf8")));
}

describe("the pages", () => {
  it("have no inline styles, which the policy of the hub forbids", () => {
    expect(holding(PAGES, /\sstyle=|setAttribute\(["']style/)).toEqual([]);
  });

  it("never take text for markup", () => {
    expect(holding(PAGES, /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write/)).toEqual([]);
  });

  it("know of the core what it promises and nothing else", () => {
    const known = PAGES.filter((path) => [...readFileSync(path, "utf8").matchAll(/from "((?:\.\.\/)+[^"]+)"/g)].some((match) => /\/(core|pricing|protocol)\//.test(match[1] ?? "") && !/\/core\/contract$/.test(match[1] ?? "")));
    expect(known).toEqual([]);
  });

  it("never ask again and again for what they are told", () => {
    expect(holding(PAGES, /setInterval\(/)).toEqual([]);
  });

  it("have files of one idea", () => {
    expect([...PAGES, ...STYLES, ...files("src/i18n", /\.ts$/)].filter((path) => readFileSync(path, "utf8").split("\n").length > 500)).toEqual([]);
  });
});

describe("the styles", () => {
  it("name the beginning and the end of a line, never left and right", () => {
    expect(holding(STYLES, /(?:^|[\s{;])(?:margin|padding|border|inset)-(?:left|right|top|bottom)|(?:^|[\s{;])(?:left|right|top|bottom):|text-align: (?:left|right)|float:/m)).toEqual([]);
  });

  it("come from nowhere else", () => {
    expect(holding(STYLES, /https?:/)).toEqual([]);
  });
});
