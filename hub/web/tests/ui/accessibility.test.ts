import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SCENES } from "../../src/ui/testing/scenes";
import { BROWSER_THERE, fakePage, open, type FakePage, type Look } from "./tools";

const LOOKS: readonly (readonly [string, Look])[] = [
  ["light, tablet", {}],
  ["dark, phone", { theme: "dark", size: "phone" }],
  ["Arabic, upright", { locale: "ar", size: "upright" }],
];

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

describe.skipIf(!BROWSER_THERE)("every page", { timeout: 30_000 }, () => {
  let fake: FakePage;
  let axe: string;
  beforeAll(async () => {
    fake = await fakePage();
    axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  }, 60_000);
  afterAll(() => fake.close());

  // Each scene in one of the looks, in turn; HOLDFAST_EVERY_LOOK=1 takes all of them, in three times as long.
  const every = process.env["HOLDFAST_EVERY_LOOK"] === "1";
  describe.each(LOOKS.map(([name, look], turn) => ({ name, look, turn })))("in $name", ({ look, turn }) => {
    it.each(Object.keys(SCENES).filter((_scene, at) => every || at % LOOKS.length === turn))("%s has no serious finding, nothing beside the screen, and no complaint of the browser", async (scene) => {
      const { page, complaints, close } = await open(fake, scene, look);
      // Transitions are over when the colours are looked at.
      await page.emulateMedia({ reducedMotion: "reduce" });
      await page.evaluate(axe);
      const findings = await page.evaluate(async (): Promise<readonly Finding[]> => {
        const { violations } = await (window as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } }).axe.run();
        return violations;
      });
      const serious = findings.filter((finding) => finding.impact === "serious" || finding.impact === "critical").map((finding) => `${finding.id}: ${finding.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${(node.failureSummary ?? "").slice(0, 240)}`).join(" | ")}`);
      const beside = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      // A page with one thing on it gives that thing the room there is.
      const narrow = await page.evaluate(() => [...document.querySelectorAll(".doorway-card, .door-pad")].filter((box) => box.getBoundingClientRect().width < Math.min(320, window.innerWidth * 0.9)).length);
      await close();
      expect(narrow).toBe(0);
      expect(serious).toEqual([]);
      expect(beside).toBeLessThanOrEqual(0);
      expect(complaints).toEqual([]);
    }, 30_000);
  });
});
