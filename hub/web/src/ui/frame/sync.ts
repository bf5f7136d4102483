import { computed, type ReadonlySignal } from "@preact/signals";
import type { TillView } from "../../core/contract";
import { t } from "../../i18n/locale";
import type { IconName } from "../parts/icon";

/** The till's connection in one word. Good only while nothing waits anywhere. */
export interface Sync {
  readonly tone: "good" | "wait" | "calm" | "bad";
  readonly icon: IconName;
  readonly text: string;
}

export function syncOf(view: TillView): ReadonlySignal<Sync> {
  return computed(() => {
    const island = view.island.value;
    const hub = view.hub.value;
    const outbox = view.outbox.value;
    const unconfirmed = view.unconfirmed.value.length;
    const hq = view.headquarters.value;
    if (island !== null) {
      return island.merging === null
        ? { tone: "calm", icon: "here", text: t("sync.island", { count: island.sales }) }
        : { tone: "calm", icon: "repeat", text: t("sync.merging", { done: island.merging.done, of: island.merging.of }) };
    }
    if (hub.kind === "connecting") {
      return { tone: "wait", icon: "wait", text: t("sync.connecting") };
    }
    if (hub.kind === "gone") {
      return { tone: "bad", icon: "hub", text: t("sync.gone") };
    }
    if (unconfirmed > 0) {
      return { tone: "wait", icon: "wait", text: t("sync.unconfirmed", { count: unconfirmed }) };
    }
    const here = outbox.waitingForHub + outbox.islandSales;
    if (here > 0) {
      return { tone: "wait", icon: "wait", text: t("sync.forHub", { count: here }) };
    }
    switch (hq.state) {
      case "current":
        return outbox.keptForHq === 0 && hq.waiting === 0
          ? { tone: "good", icon: "check", text: t("sync.current") }
          : { tone: "wait", icon: "wait", text: t("sync.forHq", { count: Math.max(hq.waiting, outbox.keptForHq) }) };
      case "behind":
        return { tone: "wait", icon: "wait", text: t("sync.forHq", { count: Math.max(hq.waiting, outbox.keptForHq) }) };
      case "alone":
        return { tone: "wait", icon: "headquarters", text: t("sync.noLine", { count: Math.max(hq.waiting, outbox.keptForHq) }) };
      case "unknown":
        return { tone: "wait", icon: "headquarters", text: t("sync.unknown") };
    }
  });
}
