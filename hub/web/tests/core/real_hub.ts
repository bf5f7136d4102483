/**
 * A store with a cloud and a hub of its own, set up with the commands that an installer types. Folders and ports are its own,
 * and only processes that were started here are ended.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BINARIES = process.env["HOLDFAST_BIN"] ?? fileURLToPath(new URL("../../../../target/debug", import.meta.url));
const SOON_MS = 30_000;

export const CATALOG = `sku,description,barcode,unit,tax_class,unit_price,stock,category,open_price,minimum_age
MILK,Whole milk 1 l,4006381333931,piece,reduced,1.19,counter,Dairy,,
SOAP,Olive soap,5000112637922,piece,standard,2.49,counter,Home,,
PEARS,Pears,4012345678901,kilogram,reduced,3.29,counter,Fruit,,
RADIO,Radio,9780201379624,piece,standard,49.00,strict,Home,,
BAG,Carrier bag,,piece,standard,0.20,none,Home,,
`;

/** Whether the programs were built. */
export function programsAreThere(): boolean {
  return ["holdfast-hub", "holdfast-cloud"].every((name) => {
    try {
      accessSync(join(BINARIES, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

export async function until<T>(what: string, look: () => T | null | undefined | false | Promise<T | null | undefined | false>): Promise<T> {
  const end = Date.now() + SOON_MS;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`${what} did not come true within ${SOON_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface Addresses {
  readonly mqtt: string;
  readonly https: string;
}

export class RealStore {
  private readonly processes: ChildProcess[] = [];
  private hub: ChildProcess | null = null;
  private cloud: ChildProcess | null = null;
  private starts = 0;
  /** As it was printed at provisioning; kept nowhere else. */
  private recoveryCode = "";
  private id = "";
  private known: string | null = null;

  private constructor(
    readonly folder: string,
    private readonly ports: { readonly mqtt: number; readonly http: number; readonly https: number; readonly cloud: number },
  ) {}

  /** `furnish` puts more into its folder before the hub starts. */
  static async open(catalog = CATALOG, furnish: (folder: string) => void = () => undefined): Promise<RealStore> {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-till-"));
    const ports = { mqtt: await freePort(), http: await freePort(), https: await freePort(), cloud: await freePort() };
    const store = new RealStore(folder, ports);
    mkdirSync(join(folder, "bin"));
    // The programs may be built anew at any moment; a store keeps the ones that it began with.
    for (const name of ["holdfast-hub", "holdfast-cloud"]) copyFileSync(join(BINARIES, name), join(folder, "bin", name));
    furnish(folder);
    const cloud = join(folder, "cloud");
    await store.run("holdfast-cloud", ["user", "add", "--data", cloud, "--name", "hq", "--stores", "all", "--password-stdin"], "correct horse battery staple");
    await store.startCloud();
    const added = await store.run("holdfast-cloud", [
      "store", "add", "--data", cloud, "--name", "Corner", "--currency", "EUR", "--timezone", "Europe/Vienna", "--cutover", "04:00",
      "--prices-include-tax", "true", "--legal-name", "Corner Ltd", "--address", "1 High Street", "--tax-id", "ATU00000000",
    ]);
    store.id = value(added, "store");
    store.recoveryCode = value(await store.provision(value(added, "claim"), []), "recovery-code");
    await store.serve();
    for (const [number, name, role] of [["201", "Manager", "manager"], ["101", "Cashier", "cashier"], ["102", "Second", "cashier"]] as const) {
      await store.run("holdfast-hub", ["staff", "add", "--data", store.data, "--number", number, "--name", name, "--role", role, "--pin-stdin"], "8642");
    }
    const file = join(folder, "catalog.csv");
    writeFileSync(file, catalog);
    await store.run("holdfast-hub", ["import", "catalog", "--data", store.data, file]);
    return store;
  }

  private provision(claim: string, more: readonly string[]): Promise<string> {
    return this.run("holdfast-hub", [
      "provision", "--data", this.data, "--cloud", `http://127.0.0.1:${this.ports.cloud}`, "--claim", claim, "--name", "Corner", ...more,
    ]);
  }

  async startCloud(): Promise<void> {
    const { cloud } = this.ports;
    const args = ["serve", "--data", join(this.folder, "cloud"), "--listen", `127.0.0.1:${cloud}`];
    this.cloud = this.start("holdfast-cloud", args, `cloud-${this.processes.length}`);
    await until("the cloud", async () => (await fetch(`http://127.0.0.1:${cloud}/healthz`).catch(() => null))?.ok);
  }

  /** HQ is gone, or the line to it. */
  async stopCloud(): Promise<void> {
    await ended(this.cloud);
  }

  /** The hub's disk is gone for good. */
  async destroyHub(): Promise<void> {
    await this.kill();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** A new machine in its place, from a new claim and the recovery code alone. */
  async replaceHub(): Promise<void> {
    const claimed = await this.run("holdfast-cloud", ["store", "claim", "--data", join(this.folder, "cloud"), "--store", this.id]);
    await this.provision(value(claimed, "claim"), ["--recovery-code", this.recoveryCode]);
    await this.serve();
  }

  get data(): string {
    return join(this.folder, "hub");
  }

  /** Plain, on this machine alone: a secure context for a browser. */
  get http(): string {
    return `127.0.0.1:${this.ports.http}`;
  }

  get https(): string {
    return `127.0.0.1:${this.ports.https}`;
  }

  /** The store's authority, which a browser trusts after the steps of its page. The hub that comes after has the same. */
  get authority(): string {
    this.known ??= readFileSync(join(this.data, "tls", "ca.pem"), "utf8");
    return this.known;
  }

  async pairingCode(name: string): Promise<string> {
    return value(await this.run("holdfast-hub", ["pair", "--data", this.data, "--name", name]), "pairing-code");
  }

  async import(kind: "catalog" | "book" | "taxes", text: string): Promise<void> {
    const file = join(this.folder, `import-${kind}`);
    writeFileSync(file, text);
    await this.run("holdfast-hub", ["import", kind, "--data", this.data, file]);
  }

  /** The hub is there again, at the addresses that its tills know. */
  async serve(): Promise<void> {
    this.starts += 1;
    const ready = join(this.folder, `ready-${this.starts}.json`);
    const at = (port: number) => `127.0.0.1:${port}`;
    this.hub = this.start("holdfast-hub", [
      "serve", "--data", this.data, "--mqtt", at(this.ports.mqtt), "--http", at(this.ports.http), "--https", at(this.ports.https),
      "--ready-file", ready,
    ], `hub-${this.starts}`);
    await until("the hub", () => existsSync(ready) && readFileSync(ready, "utf8").trim().endsWith("}"));
  }

  /** Pulls the plug. */
  async kill(): Promise<void> {
    await ended(this.hub);
    this.hub = null;
  }

  /** Stands still without a word, as behind a cable that was pulled. */
  freeze(): void {
    this.hub?.kill("SIGSTOP");
  }

  thaw(): void {
    this.hub?.kill("SIGCONT");
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((process) => ended(process)));
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What a program of the machine itself is told. */
  async read(path: string): Promise<unknown> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.http}${path}`);
    if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  run(program: string, args: readonly string[], input = ""): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(join(this.folder, "bin", program), args, { stdio: ["pipe", "pipe", "pipe"] });
      let [out, error] = ["", ""];
      child.stdout.on("data", (data: Buffer) => (out += data.toString()));
      child.stderr.on("data", (data: Buffer) => (error += data.toString()));
      child.on("error", reject);
      child.on("close", (code) => (code === 0 ? resolve(out) : reject(new Error(`${program} ${args.join(" ")}: ${error}${out}`))));
      // A command that ends before it read its empty input has said all that it had to say.
      child.stdin.on("error", () => undefined);
      child.stdin.end(input);
    });
  }

  private start(program: string, args: readonly string[], name: string): ChildProcess {
    const child = spawn(join(this.folder, "bin", program), args, { stdio: ["ignore", "pipe", "pipe"] });
    const log: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => log.push(data.toString()));
    child.on("exit", () => writeFileSync(join(this.folder, `${name}.log`), log.join("")));
    this.processes.push(child);
    return child;
  }
}

function ended(process: ChildProcess | null): Promise<void> {
  return new Promise((resolve) => {
    if (process === null || process.exitCode !== null || process.signalCode !== null) return resolve();
    process.once("exit", () => resolve());
    process.kill("SIGKILL");
  });
}

/** `name value` or `name: value` of what a command printed. */
function value(printed: string, name: string): string {
  const found = new RegExp(`^\\s*${name}[:=\\s]+(\\S+)`, "m").exec(printed);
  if (found?.[1] === undefined) throw new Error(`no ${name} in: ${printed}`);
  return found[1];
}
