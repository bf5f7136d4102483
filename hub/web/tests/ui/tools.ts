import { existsSync } from "node:fs";
import type { Page } from "playwright-core";
import { fakePage, type FakePage } from "./fake-page";

/** Journeys need a browser; without one they are left out and say so. */
export const BROWSER_THERE = existsSync("/usr/bin/chromium");

export const SIZES = {
  tablet: { width: 1280, height: 800 },
  upright: { width: 800, height: 1280 },
  desktop: { width: 1920, height: 1080 },
  phone: { width: 390, height: 844 },
} as const;

export interface Look {
  readonly size?: keyof typeof SIZES;
  readonly theme?: "light" | "dark";
  readonly locale?: string;
}

/** One page in one situation. Whatever the browser complains about is in `complaints`. */
export interface Opened {
  readonly page: Page;
  readonly complaints: string[];
  close(): Promise<void>;
}

export async function open(fake: FakePage, scene: string, look: Look = {}): Promise<Opened> {
  const context = await fake.browser.newContext({ viewport: SIZES[look.size ?? "tablet"], colorScheme: look.theme ?? "light", locale: look.locale ?? "en-GB", timezoneId: "Europe/Vienna" });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${fake.url}?scene=${scene}`);
  await page.waitForSelector(`html[data-shown="${scene}"]`);
  return { page, complaints, close: () => context.close() };
}

/** Strikes keys as a scanner does: within the same few milliseconds, at whatever has the focus. */
export async function scan(page: Page, code: string): Promise<void> {
  await page.evaluate((keys) => {
    // All are struck before the first is handled: a page that is slow to handle one does not make the scanner slower.
    const strokes = [...keys, "Enter"].map((key) => new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true }));
    for (const struck of strokes) {
      const { key } = struck;
      const target = document.activeElement ?? document.body;
      // What nobody takes goes into a field, as the browser does it for real keys.
      if (target.dispatchEvent(struck) && target instanceof HTMLInputElement && key.length === 1) {
        target.setRangeText(key, target.selectionStart ?? target.value.length, target.selectionEnd ?? target.value.length, "end");
        target.dispatchEvent(new Event("input", { bubbles: true }));
      }
      target.dispatchEvent(new KeyboardEvent("keyup", { key, bubbles: true, composed: true }));
    }
  }, code);
}

/**
 * The same through the browser's own keyboard, whose Enter presses the button that has the focus. Each stroke says when it
 * was, as a real keyboard's does: three milliseconds after the one before.
 */
export async function scanWithKeys(page: Page, code: string): Promise<void> {
  const keyboard = await page.context().newCDPSession(page);
  const begun = Date.now() / 1000;
  await Promise.all([...code, "Enter"].flatMap((key, at) => {
    const timestamp = begun + at * 0.003;
    const text = key === "Enter" ? "\r" : key;
    const windowsVirtualKeyCode = key === "Enter" ? 13 : key.toUpperCase().charCodeAt(0);
    return [
      keyboard.send("Input.dispatchKeyEvent", { type: "keyDown", key, text, windowsVirtualKeyCode, timestamp }),
      keyboard.send("Input.dispatchKeyEvent", { type: "keyUp", key, windowsVirtualKeyCode, timestamp }),
    ];
  }));
  await keyboard.detach();
}

/** Barcodes of the goods by their names. */
export async function barcode(page: Page, name: string): Promise<string> {
  return page.evaluate((wanted) => window.fake?.state.products.find((product) => product.description === wanted)?.barcodes[0] ?? "", name);
}

export { fakePage, type FakePage };
