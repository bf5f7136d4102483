/** Which tenders can be chosen now, and why others cannot: said before the customer is asked. */
import type { TendersPage } from "../../protocol/hub";
import type { WireTenderType } from "../../protocol/sales";
import type { TenderChoice, TenderDevice, TenderType } from "../contract/payment";
import { problem } from "../problems";

export function tenderType(wire: WireTenderType): TenderType {
  return {
    code: wire.code,
    name: wire.name,
    class: wire.class,
    opensDrawer: wire.opens_drawer,
    countedAtClose: wire.counted_at_close,
    change: wire.change.kind === "up_to" ? { kind: "up_to", max: wire.change.value.max } : { kind: wire.change.kind },
    needsReference: wire.needs_reference,
    allowedOffline: wire.allowed_offline,
    cashRounded: wire.rounding === "cash_step",
  };
}

type WireDevice = TendersPage["devices"][number];

export function takesMoney(device: WireDevice): boolean {
  return device.state.kind === "ready" || device.state.kind === "without_bank";
}

function shownDevice(device: WireDevice): TenderDevice {
  return { name: device.device, of: device.of, available: takesMoney(device), text: device.text, instead: device.instead };
}

export function choices(types: readonly TenderType[], page: TendersPage | null, isAlone: boolean): readonly TenderChoice[] {
  return types.map((type): TenderChoice => {
    if (isAlone && !type.allowedOffline) {
      return { type, available: false, text: problem("HF-WEB-038").text, devices: [] };
    }
    if (type.class !== "electronic") return { type, available: true, text: null, devices: [] };
    const devices = (page?.devices ?? []).filter((device) => device.tender === type.code && device.of !== "other_tills");
    const others = (page?.devices ?? []).filter((device) => device.tender === type.code && device.of === "other_tills");
    const shown = [...devices, ...others].map(shownDevice);
    const available = shown.some((device) => device.available);
    const first = shown[0];
    const text = first === undefined ? "no device of this store takes it" : first.available ? null : `${first.name}: ${first.text}`;
    return { type, available, text, devices: shown };
  });
}
