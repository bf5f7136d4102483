/** A shop to walk through: a cloud and a hub that run, the till as it is built, and a browser before it. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { isObject } from "../../src/protocol/decode";
import { RealStore, programsAreThere, until } from "../core/real_hub";
import { TillPage } from "./till_page";

const CHROMIUM = process.env["HOLDFAST_CHROMIUM"] ?? "/usr/bin/chromium";
/** The app as it was built last, or another build of it. */
export const APP = process.env["HOLDFAST_APP"] ?? fileURLToPath(new URL("../../dist", import.meta.url));
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const MISSING = [
  programsAreThere() ? null : "the built programs",
  existsSync(CHROMIUM) ? null : "a browser at /usr/bin/chromium",
  existsSync(join(APP, "sw.js")) ? null : "the built app (npm run build)",
].filter((what) => what !== null);

/** Whether journeys can be made here; what is missing is said. */
export const SHOP_THERE = MISSING.length === 0;
if (!SHOP_THERE) console.warn(`no journeys without ${MISSING.join(", ")}`);

/** Debian's package libnss3-tools: with it a browser is taught to trust the store, as its page says for Linux. */
const CERTUTIL = process.env["HOLDFAST_CERTUTIL"] ?? "certutil";
export const TRUST_THERE = SHOP_THERE && spawnSync(CERTUTIL, ["-H"]).error === undefined;
if (SHOP_THERE && !TRUST_THERE) console.warn("no journey over HTTPS without certutil (Debian's libnss3-tools); the others go over HTTP on this machine");

/** What the hub must have afterwards, in minor units; training left out. */
export interface Books {
  readonly sales: number;
  readonly returns: number;
  readonly gross: number;
  /** On hand by product number, in whole pieces. */
  readonly stock: Readonly<Record<string, number>>;
}

export interface Booked {
  readonly kind: string;
  readonly receipt: string;
  readonly gross: string | null;
  /** `code amount` of each tender. */
  readonly tenders: readonly string[];
}

export interface Loss {
  readonly kind: string;
  readonly what: string;
  readonly reason: string;
  readonly staff: string | null;
  readonly approvedBy: string | null;
}

export class Shop {
  private readonly tills: TillPage[] = [];

  private constructor(
    readonly store: RealStore,
    readonly browser: Browser,
    /** Over HTTPS, as a tablet reaches it; otherwise as on the hub's own machine. */
    private readonly secure: boolean,
  ) {}

  static async open(catalog?: string): Promise<Shop> {
    const [store, browser] = await Promise.all([
      Shop.storeOf(catalog),
      chromium.launch({ executablePath: CHROMIUM, args: FLAGS }),
    ]);
    return new Shop(store, browser, false);
  }

  /** The same over HTTPS, with a browser that trusts the store's authority, or with one that does not. */
  static async openSecure(trusting: boolean, store: RealStore): Promise<Shop> {
    const home = join(store.folder, trusting ? "home" : "home-of-a-stranger");
    const database = join(home, ".pki", "nssdb");
    mkdirSync(database, { recursive: true });
    const authority = join(home, "authority.pem");
    writeFileSync(authority, store.authority);
    certutil(["-N", "-d", `sql:${database}`, "--empty-password"]);
    if (trusting) certutil(["-A", "-d", `sql:${database}`, "-n", "store", "-t", "C,,", "-i", authority]);
    const env = Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
    return new Shop(store, await chromium.launch({ executablePath: CHROMIUM, args: FLAGS, env: { ...env, HOME: home } }), true);
  }

  static storeOf(catalog?: string): Promise<RealStore> {
    return RealStore.open(catalog, (folder) => cpSync(APP, join(folder, "bin", "till-app"), { recursive: true }));
  }

  get url(): string {
    return this.secure ? `https://${this.store.https}/till/` : `http://${this.store.http}/till/`;
  }

  /** A device of its own that the installer makes a till, by the address that the hub prints. */
  async till(name: string): Promise<TillPage> {
    const code = await this.store.pairingCode(name);
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", timezoneId: "Europe/Vienna" });
    const till = new TillPage(context, await context.newPage());
    this.tills.push(till);
    await till.page.goto(`${this.url}#pair=${code}`);
    await till.page.getByText("Your number").waitFor();
    return till;
  }

  /** A till at which somebody may sell at once. */
  async sellingTill(name: string, number = "101", float = "10000"): Promise<TillPage> {
    const till = await this.till(name);
    await till.signOn(number);
    await till.openShift(float);
    await till.goodsAreThere();
    return till;
  }

  /** The page of the simulated devices, in a browser of its own. */
  async counter(): Promise<Page> {
    const page = await this.browser.newPage();
    await page.goto(`http://${this.store.http}/counter`);
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.store.close();
  }

  /** The books once they have every record that is durable: a till is answered before they are written up. */
  private settled(): Promise<Readonly<Record<string, unknown>>> {
    return until("the books are written up", async () => {
      const read = await this.store.read("/api/v1/reconciliation");
      if (!isObject(read)) throw new Error("no reconciliation");
      return read.as_of_seq === read.head_seq ? read : null;
    });
  }

  async books(): Promise<Books> {
    const read = await this.settled();
    if (!isObject(read.stock)) throw new Error("no stock");
    const stock = Object.fromEntries(Object.entries(read.stock).map(([sku, thousandths]) => [sku, Number(thousandths) / 1_000]));
    return { sales: Number(read.sales), returns: Number(read.returns), gross: Number(read.gross_minor), stock };
  }

  /** Every transaction of the store, the oldest first. */
  async transactions(): Promise<readonly Booked[]> {
    await this.settled();
    const page = await this.store.read("/api/v1/transactions?limit=200");
    if (!isObject(page) || !Array.isArray(page.transactions)) throw new Error("no transactions");
    return page.transactions.map((row: unknown): Booked => {
      const of = isObject(row) ? row.view : null;
      if (!isObject(of)) throw new Error(`no transaction: ${JSON.stringify(row)}`);
      const paid = isObject(of.payment) && Array.isArray(of.payment.tenders) ? of.payment.tenders : [];
      return {
        kind: String(of.kind),
        receipt: String(of.receipt),
        gross: isObject(of.totals) && isObject(of.totals.gross) ? String(of.totals.gross.amount) : null,
        tenders: paid.map(tenderText),
      };
    }).reverse();
  }

  async sales(): Promise<readonly Booked[]> {
    return (await this.transactions()).filter(({ kind }) => kind === "sale");
  }

  async losses(): Promise<readonly Loss[]> {
    await this.settled();
    const read = await this.store.read("/api/v1/reports/losses");
    if (!isObject(read) || !Array.isArray(read.losses)) throw new Error("no losses");
    return read.losses.filter(isObject).map((row) => ({
      kind: String(row.kind),
      what: String(row.what),
      reason: String(row.reason),
      staff: row.staff_number === null ? null : String(row.staff_number),
      approvedBy: row.approved_by === null ? null : String(row.approved_by),
    }));
  }
}

function certutil(args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(CERTUTIL, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`certutil ${args.join(" ")}: ${stderr ?? String(error)}`);
}

function tenderText(tender: unknown): string {
  if (!isObject(tender) || !isObject(tender.amount)) throw new Error(`no tender: ${JSON.stringify(tender)}`);
  const { kind } = tender;
  const of = isObject(kind) ? Object.values(kind)[0] : null;
  return `${isObject(of) ? String(of.code) : String(kind)} ${String(tender.amount.amount)}`;
}

export { until };
