import type { ComponentChildren } from "preact";
import { useContext, useId, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { t } from "../../i18n/locale";
import { Layer, LayerContext, raise } from "../keys/layers";
import { IconButton } from "./button";
import { Spoken } from "./spoken";

/** Where typing begins: with a keypad the digits are its own, and nothing else has them. */
function firstOf(dialog: HTMLDialogElement): HTMLElement {
  const named = dialog.querySelector<HTMLElement>("[data-autofocus]");
  if (named !== null || dialog.querySelector(".keypad") !== null) {
    return named ?? dialog;
  }
  return dialog.querySelector<HTMLElement>(".dialog-body input:not([type=radio], [type=checkbox])") ?? dialog;
}

/**
 * A dialog above the page. The browser's own holds the focus inside, covers the page for screen readers and gives the focus
 * back; keys go to the dialog alone. Without `onClose` only an answer closes it.
 */
export function Dialog({ title, onClose, tone = "plain", size = "normal", reading = false, lead, children, actions }: {
  readonly title: string;
  readonly onClose?: () => void;
  readonly tone?: "plain" | "danger" | "warn";
  readonly size?: "small" | "normal" | "large";
  /** Nothing in it takes the focus: it takes it itself, so that the keyboard can scroll it. */
  readonly reading?: boolean;
  readonly lead?: ComponentChildren;
  readonly children?: ComponentChildren;
  readonly actions?: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const layer = useMemo(() => new Layer(), []);
  const below = useContext(LayerContext);
  useLayoutEffect(() => {
    const dialog = element.current;
    if (dialog === null) {
      return;
    }
    const lower = raise(layer);
    dialog.showModal();
    firstOf(dialog).focus();
    return () => {
      lower();
      dialog.close();
    };
  }, [layer, below]);
  return (
    <LayerContext.Provider value={layer}>
      <dialog
        ref={element}
        class={`dialog dialog-${size} dialog-${tone}`}
        aria-labelledby={heading}
        tabIndex={-1}
        onCancel={(event) => {
          event.preventDefault();
          onClose?.();
        }}
      >
        <div class="dialog-frame">
          <header class="dialog-head">
            <h2 id={heading}>{title}</h2>
            {onClose !== undefined && <IconButton icon="close" label={t("action.close")} onPress={onClose} />}
          </header>
          {lead !== undefined && <div class="dialog-lead">{lead}</div>}
          <div class="dialog-body" tabIndex={reading ? 0 : undefined}>{children}</div>
          {actions !== undefined && <footer class="dialog-actions">{actions}</footer>}
        </div>
        <Spoken />
      </dialog>
    </LayerContext.Provider>
  );
}
