import { useEffect } from "preact/hooks";
import { lockMinutes } from "../settings";

const STIRRINGS = ["pointerdown", "keydown", "wheel", "touchstart"] as const;

/** Calls when nobody touched the till for as long as the settings say. */
export function useIdle(watching: boolean, onIdle: () => void): void {
  const minutes = lockMinutes.value;
  useEffect(() => {
    if (!watching || minutes === 0) {
      return;
    }
    let timer = setTimeout(onIdle, minutes * 60_000);
    const stirred = (): void => {
      clearTimeout(timer);
      timer = setTimeout(onIdle, minutes * 60_000);
    };
    for (const name of STIRRINGS) {
      window.addEventListener(name, stirred, { capture: true, passive: true });
    }
    return () => {
      clearTimeout(timer);
      for (const name of STIRRINGS) {
        window.removeEventListener(name, stirred, { capture: true });
      }
    };
  }, [watching, minutes, onIdle]);
}
