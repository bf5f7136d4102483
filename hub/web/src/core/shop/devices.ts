/** How the devices of this till are, in plain words: what takes money, prints, scans and weighs. */
import { PATHS, counterPage, devicesPage, tendersPage, type TendersPage } from "../../protocol/hub";
import type { ScaleView, ScannerView } from "../../protocol/messages";
import type { DeviceHealth, ScaleReading } from "../contract/hub";
import type { Desk } from "../desk";
import { takesMoney } from "../pay/choices";

type Printers = ReturnType<typeof devicesPage>["devices"];

export class Devices {
  private tenders: TendersPage | null = null;
  private printers: Printers = [];
  private readonly scanners = new Map<string, ScannerView>();
  private readonly scales = new Map<string, ScaleView>();

  constructor(private readonly desk: Desk, private readonly tendersRead: (page: TendersPage | null) => void) {}

  /** How everything is now: after a connection, and before somebody pays. */
  async refresh(): Promise<void> {
    const { api } = this.desk;
    if (api === null) return;
    const [tenders, counter, printers] = await Promise.all([
      api.get(tendersPage, PATHS.tenders).catch(() => null),
      api.get(counterPage, PATHS.counter).catch(() => null),
      api.get(devicesPage, PATHS.devices).catch(() => null),
    ]);
    this.tenders = tenders;
    this.tendersRead(tenders);
    if (counter !== null) {
      this.scanners.clear();
      this.scales.clear();
      for (const scanner of counter.scanners) this.scanners.set(scanner.scanner, scanner);
      for (const scale of counter.scales) this.scales.set(scale.scale, scale);
    }
    if (printers !== null) this.printers = printers.devices;
    this.publish();
  }

  scanner(view: ScannerView): void {
    this.scanners.set(view.scanner, view);
    this.publish();
  }

  scale(view: ScaleView): void {
    this.scales.set(view.scale, view);
    this.publish();
  }

  private publish(): void {
    const { state } = this.desk;
    state.scales.value = [...this.scales.values()].map(reading);
    state.devices.value = [
      ...(this.tenders?.devices ?? []).map((of): DeviceHealth => ({
        name: of.device, kind: "payment", text: of.text, simulated: false,
        state: takesMoney(of) ? "ready" : of.state.kind === "not_reachable" || of.state.kind === "no_wan" ? "gone" : "attention",
      })),
      ...this.printers.map(({ device, kind, ready, text, waiting }): DeviceHealth => ({
        name: device, kind, state: ready ? "ready" : "attention", text: waiting > 0 ? `${text} (${waiting} waiting)` : text, simulated: false,
      })),
      ...[...this.scanners.values()].map(({ scanner, connected, simulated, text }): DeviceHealth => ({
        name: scanner, kind: "scanner", state: connected ? "ready" : "gone", text: text ?? (connected ? "ready" : "not connected"), simulated,
      })),
      ...[...this.scales.values()].map(({ scale, state: of, simulated, text }): DeviceHealth => ({
        name: scale, kind: "scale", simulated, text: text ?? of.replaceAll("_", " "),
        state: of === "not_connected" ? "gone" : of === "not_ready" || of === "over_capacity" ? "attention" : "ready",
      })),
    ];
  }
}

function reading({ scale, state, net, tare, text, simulated }: ScaleView): ScaleReading {
  return { scale, state, net, tare: tare?.weight ?? null, text, simulated };
}
