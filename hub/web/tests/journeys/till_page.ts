/** A till as its cashier has it before them: touched, scanned at, read. Nothing here knows what is behind the page. */
import type { BrowserContext, Locator, Page } from "playwright-core";
import { scan } from "../ui/tools";

export const PIN = "8642";
/** What a page may take to show what was asked for, on a machine that builds something else meanwhile. */
const SHOWN_WITHIN_MS = 10_000;

export class TillPage {
  /** Whatever the browser complains about; a hub that is gone is left out where a journey takes it away. */
  readonly complaints: string[] = [];

  constructor(
    readonly context: BrowserContext,
    page: Page,
  ) {
    this.page = page;
    this.watch(page);
  }

  page: Page;

  private watch(page: Page): void {
    page.setDefaultTimeout(SHOWN_WITHIN_MS);
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      const { url } = message.location();
      // A hub that is gone, or that says no, is the till's to tell; the browser mentions each of it as well.
      if (message.type() === "error" && !url.includes("/api/") && !/ERR_CONNECTION_REFUSED|WebSocket connection to/.test(message.text())) {
        this.complaints.push(`${message.text()} (${url})`);
      }
    });
  }

  /** The browser keeps the app: it starts without the hub. */
  async worksOffline(): Promise<void> {
    await this.page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration("/till/"))?.active?.state === "activated");
  }

  /** A second tab of the same browser is opened, and looked at from now on. */
  async inAnotherTab(url: string): Promise<void> {
    this.page = await this.context.newPage();
    this.watch(this.page);
    await this.page.goto(url);
  }

  button(name: string | RegExp, within: Page | Locator = this.page): Locator {
    return within.getByRole("button", { name, exact: typeof name === "string" });
  }

  async press(name: string | RegExp, within?: Page | Locator): Promise<void> {
    await this.button(name, within).click();
  }

  /** What stands on the page, as a screen reader has it: for whoever looks into a journey that failed. */
  async snapshot(): Promise<string> {
    return this.page.locator("body").ariaSnapshot();
  }

  /** Waits until it is shown. */
  async sees(text: string | RegExp, within: Page | Locator = this.page): Promise<void> {
    await within.getByText(text).first().waitFor();
  }

  /** Touches the digits of a number pad. */
  async digits(pad: string, digits: string): Promise<void> {
    const keys = this.page.getByRole("group", { name: pad, exact: true });
    for (const digit of digits) await this.press(digit, keys);
  }

  async signOn(number: string, pin = PIN): Promise<void> {
    await this.digits("Your number", number);
    await this.press("Next");
    await this.digits("Your PIN", pin);
    await this.press("Sign on");
    await this.page.getByRole("navigation", { name: "Pages" }).waitFor();
  }

  async unlock(pin = PIN): Promise<void> {
    await this.digits("Your PIN", pin);
    await this.press("Unlock");
    await this.page.getByRole("navigation", { name: "Pages" }).waitFor();
  }

  /** The second person's word, in the dialog that asks for it. */
  async approve(number: string, pin = PIN): Promise<void> {
    const dialog = this.page.getByRole("dialog", { name: "A second person is needed" });
    await this.digits("Your number", number);
    await this.press("Next", dialog);
    await this.digits("Your PIN", pin);
    await this.press("Approve", dialog);
    await dialog.waitFor({ state: "detached" });
  }

  async go(place: "Sell" | "Parked" | "Receipts" | "Stock" | "Drawer" | "Reports" | "Status"): Promise<void> {
    await this.readNotices();
    await this.page.getByRole("navigation", { name: "Pages" }).getByRole("button", { name: new RegExp(`^${place}`) }).click();
  }

  /** Short words are read and put away, before they leave by themselves. */
  async readNotices(): Promise<void> {
    const dismiss = this.page.locator(".toast").getByRole("button", { name: "Dismiss" });
    while (await dismiss.count() > 0) {
      // It may have left by itself meanwhile.
      await dismiss.first().click({ timeout: 1_000 }).catch(() => undefined);
    }
  }

  async openShift(float: string): Promise<void> {
    await this.go("Drawer");
    await this.digits("Change in the drawer", float);
    await this.press("Open a shift");
    await this.sees("Ready for the next customer");
  }

  /** The catalog is there: its categories stand above the tiles. */
  async goodsAreThere(): Promise<void> {
    await this.page.getByRole("group", { name: "Categories" }).getByRole("button").nth(1).waitFor();
  }

  /** Strikes keys as a scanner does, at whatever has the focus. A machine that is busy does not make the scanner slower. */
  strike(code: string): Promise<void> {
    return scan(this.page, code);
  }

  /** Scans and waits for the line. */
  async scan(code: string, description: string): Promise<void> {
    await this.strike(code);
    await this.line(description).waitFor();
  }

  get basket(): Locator {
    return this.page.getByRole("complementary", { name: "Basket" });
  }

  line(description: string): Locator {
    return this.basket.locator(".line").filter({ hasText: description });
  }

  async total(): Promise<string> {
    return (await this.basket.locator(".totals-sum .amount").first().textContent() ?? "").trim();
  }

  async beginPayment(): Promise<void> {
    await this.basket.getByRole("button", { name: /^Pay/ }).click();
    await this.page.getByRole("region", { name: "Paid by" }).waitFor();
  }

  /** Takes cash that is touched in on the pad. */
  async cash(digits: string): Promise<void> {
    await this.digits("Amount", digits);
    await this.tender("Cash");
  }

  async tender(name: string): Promise<void> {
    await this.page.locator(".tender").filter({ has: this.page.getByText(name, { exact: true }) }).click();
  }

  /** Counts the drawer, coin by coin. */
  async count(pieces: Readonly<Record<string, number>>): Promise<void> {
    for (const [face, count] of Object.entries(pieces)) {
      await this.page.getByRole("list", { name: "Coins and notes" }).getByRole("button", { name: new RegExp(`^${face.replace(".", "\\.")}`) }).click();
      await this.digits("Coins and notes", String(count));
    }
  }

  /** What stands on the slip of a terminal of its own. */
  async slip(reference: string): Promise<void> {
    const dialog = this.page.getByRole("dialog");
    await dialog.getByLabel("Number on the slip").fill(reference);
    await this.press(/^Take /, dialog);
    await dialog.waitFor({ state: "detached" });
  }

  /** The sale is done: its change, or its total, stays on the page. */
  get last(): Locator {
    return this.page.locator(".last");
  }

  async receiptNumber(): Promise<string> {
    const text = await this.last.getByText(/Receipt \S+/).first().textContent() ?? "";
    // Numbers are isolated from the direction of the text around them.
    return text.replace(/[\u2066-\u2069]/gu, "").replace(/^Receipt\s+/u, "").trim();
  }

  /** What the customer gets back, as it stands on the page. */
  async change(): Promise<string> {
    return (await this.last.locator(".last-change strong").textContent() ?? "").trim();
  }

  /** How the sale stands: here, at the hub, at HQ. */
  async stands(where: "Here" | "At the hub" | "At HQ" | "Not confirmed"): Promise<void> {
    await this.last.getByText(where, { exact: true }).waitFor();
  }
}
