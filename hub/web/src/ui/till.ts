import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Till } from "../core/contract";

const TillContext = createContext<Till | null>(null);

export const TillProvider = TillContext.Provider;

export function useTill(): Till {
  const till = useContext(TillContext);
  if (till === null) {
    throw new Error("a page of the till was shown without its till");
  }
  return till;
}
