import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Money } from "../../core/contract";
import { money } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { useKeys } from "../keys/layers";
import { Amount } from "../parts/amount";
import { Entry } from "../parts/entry";
import { Keypad } from "../parts/keypad";
import { times } from "../sums";
import { piecesOf, worthOf, type Counts } from "./counted";

/** Counting by pieces: one keypad for all, Enter goes to the next coin. */
export function PieceCount({ faces, counts, exponent }: { readonly faces: readonly Money[]; readonly counts: Counts; readonly exponent: number }) {
  const [at, setAt] = useState(0);
  const face = faces[at];
  const currency = faces[0]?.currency ?? "EUR";
  const entry = useMemo(() => {
    const fresh = new Entry({ kind: "quantity", places: 0 });
    const known = face === undefined ? undefined : counts.peek().get(face.amount);
    if (known !== undefined && known > 0) {
      fresh.set(String(known));
    }
    return fresh;
  }, [face?.amount, counts]);
  const typed = entry.value.value;
  useEffect(() => {
    if (face !== undefined) {
      counts.value = new Map(counts.peek()).set(face.amount, typed === null ? 0 : Number(typed));
    }
  }, [typed, face?.amount, counts]);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-current='true']")?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const next = (): void => setAt(Math.min(at + 1, faces.length - 1));
  useKeys(({ key, inField }) => {
    if (inField || (key !== "ArrowDown" && key !== "ArrowUp")) {
      return false;
    }
    setAt(Math.max(0, Math.min(faces.length - 1, at + (key === "ArrowDown" ? 1 : -1))));
    return true;
  });
  const total = worthOf(piecesOf(faces, counts.value), currency, exponent);
  return (
    <div class="count">
      <div class="count-list">
        <ul class="count-faces" ref={list} aria-label={t("count.pieces")}>
          {faces.map((each, index) => {
            const count = counts.value.get(each.amount) ?? 0;
            return (
              <li key={each.amount}>
                <button type="button" class="count-face" aria-current={index === at ? "true" : undefined} onClick={() => setAt(index)}>
                  <span class="count-name"><Amount of={each} /></span>
                  <span class="count-number">{count === 0 ? "–" : `× ${count}`}</span>
                  <span class="count-sum">{count === 0 ? "" : money(times(each.amount, count), each.currency)}</span>
                </button>
              </li>
            );
          })}
        </ul>
        <p class="count-total" role="status"><span>{t("count.total")}</span><strong><Amount of={total} /></strong></p>
      </div>
      <div class="count-pad">
        <p class="count-now">{face !== undefined && t("count.howMany", { face: money(face.amount, face.currency) })}</p>
        <output class="entry-value count-entry">{typed ?? "0"}</output>
        <Keypad entry={entry} label={t("count.pieces")} onEnter={next} />
        <button type="button" class="button button-plain button-large button-wide" disabled={at >= faces.length - 1} onClick={next}><span class="button-text">{t("count.next")}</span></button>
      </div>
    </div>
  );
}
