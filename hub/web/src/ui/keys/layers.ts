import { createContext } from "preact";
import { useContext, useEffect, useRef } from "preact/hooks";

/**
 * Who hears a key. Every dialog is a layer above the page; only the top one hears, the last to join it first. A handler says
 * whether it took the key.
 */
export interface Stroke {
  readonly key: string;
  readonly shift: boolean;
  readonly control: boolean;
  readonly alt: boolean;
  /** Whether the key went to a text field as well, which then has the first right to it. */
  readonly inField: boolean;
}

export type KeyHandler = (stroke: Stroke) => boolean;

export class Layer {
  readonly handlers: KeyHandler[] = [];
}

const page = new Layer();
const layers: Layer[] = [page];

export const LayerContext = createContext<Layer>(page);

/** Puts a layer above the others for as long as the returned function was not called. */
export function raise(layer: Layer): () => void {
  layers.push(layer);
  return () => {
    const at = layers.lastIndexOf(layer);
    if (at > 0) {
      layers.splice(at, 1);
    }
  };
}

/** Hands a key to the top layer. */
export function deliver(stroke: Stroke): boolean {
  const top = layers.at(-1) ?? page;
  for (let at = top.handlers.length - 1; at >= 0; at -= 1) {
    if (top.handlers[at]?.(stroke) === true) {
      return true;
    }
  }
  return false;
}

/** Whether a dialog is above the page. */
export function covered(): boolean {
  return layers.length > 1;
}

/** Hears keys without Alt or Control, for as long as the component is shown and its layer is the top one. */
export function useKeys(handler: KeyHandler): void {
  useStrokes((stroke) => !stroke.alt && !stroke.control && handler(stroke));
}

/** Hears keys with Alt or Control. */
export function useChords(handler: KeyHandler): void {
  useStrokes((stroke) => (stroke.alt || stroke.control) && handler(stroke));
}

function useStrokes(handler: KeyHandler): void {
  const layer = useContext(LayerContext);
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => {
    const hear: KeyHandler = (stroke) => latest.current(stroke);
    layer.handlers.push(hear);
    return () => {
      layer.handlers.splice(layer.handlers.indexOf(hear), 1);
    };
  }, [layer]);
}
