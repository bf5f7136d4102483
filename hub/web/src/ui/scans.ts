import { useContext, useEffect, useRef } from "preact/hooks";
import { LayerContext, type Layer } from "./keys/layers";

/**
 * Where a scan goes. Mostly into the basket, from whatever page it comes; a page or dialog that is about something else, such
 * as a price check or a count, takes it for itself as long as it is shown.
 */
type Claim = { readonly layer: Layer; readonly take: (code: string) => void };

const claims: Claim[] = [];

/** Takes scans for as long as the component is shown; of several the last one does. */
export function useScan(take: (code: string) => void): void {
  const layer = useContext(LayerContext);
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const claim: Claim = { layer, take: (code) => latest.current(code) };
    claims.push(claim);
    return () => {
      claims.splice(claims.indexOf(claim), 1);
    };
  }, [layer]);
}

/** Whether somebody took it. */
export function claimed(code: string): boolean {
  const claim = claims.at(-1);
  claim?.take(code);
  return claim !== undefined;
}
