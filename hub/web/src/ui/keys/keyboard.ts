import { Burst, isModifier, PAUSE_MS_MAX, type Typed } from "./burst";
import { deliver } from "./layers";

/** A text field as it was before a burst of keys went into it. */
interface Before {
  readonly field: HTMLInputElement | HTMLTextAreaElement;
  readonly value: string;
  readonly start: number | null;
  readonly end: number | null;
}

/** Fields whose selection can be read and set; the till has no native number fields. */
const TEXT_TYPES = new Set(["text", "search", "tel", "url", "password", "email"]);

/**
 * Listens to the keyboard of the whole page, before any field does. A scan goes to `onScan`, wherever the focus is: keys
 * outside of fields are held until it is clear whose they are; a text field gets them at once, so that input methods work,
 * and is put back as it was when they turn out to be a scan.
 */
export function listen(target: Window, onScan: (code: string) => void): () => void {
  const burst = new Burst();
  let before: Before | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const settle = (typed: readonly Typed[], inField: boolean): void => {
    for (const { key } of typed) {
      deliver({ key, shift: false, control: false, alt: false, inField });
    }
  };

  const wait = (inField: boolean): void => {
    if (timer !== null) {
      clearTimeout(timer);
      timer = null;
    }
    if (burst.until !== null) {
      // From when the key was handled, not from when it was struck: a page that was busy has the next ones waiting already.
      timer = setTimeout(() => {
        timer = null;
        before = null;
        settle(burst.release(), inField);
      }, PAUSE_MS_MAX + 1);
    }
  };

  const pressed = (event: KeyboardEvent): void => {
    if (event.isComposing || event.key === "Dead" || event.key === "Process" || event.key === "Unidentified") {
      return;
    }
    const field = textField(event.target);
    if (event.ctrlKey || event.altKey || event.metaKey) {
      if (!isModifier(event.key) && deliver({ key: event.key, shift: event.shiftKey, control: event.ctrlKey, alt: event.altKey, inField: field !== null })) {
        event.preventDefault();
      }
      return;
    }
    if (event.repeat && event.key.length === 1) {
      // A key that is held down is a person's; a scanner strikes each one anew.
      settle(burst.release(), field !== null);
      if (field === null && deliver({ key: event.key, shift: event.shiftKey, control: false, alt: false, inField: false })) {
        event.preventDefault();
      }
      return;
    }
    if (event.key === " " && field === null && burst.until === null) {
      // No code begins with a space, and a focused button is pressed with it.
      if (deliver({ key: event.key, shift: event.shiftKey, control: false, alt: false, inField: false })) {
        event.preventDefault();
      }
      return;
    }
    const fresh = burst.until === null || event.timeStamp > burst.until;
    if (fresh) {
      before = field === null ? null : { field, value: field.value, start: selection(field, "start"), end: selection(field, "end") };
    }
    const decision = burst.press(event.key, event.timeStamp);
    const printable = [...event.key].length === 1;
    if (decision.kind === "scanned") {
      event.preventDefault();
      event.stopPropagation();
      settle(decision.typed, field !== null);
      restore(before);
      before = null;
      wait(false);
      onScan(decision.code);
      return;
    }
    if (decision.kind === "held") {
      settle(decision.typed, field !== null);
      if (printable && field === null) {
        event.preventDefault();
      }
      wait(field !== null);
      return;
    }
    // The last key of what was typed is the one of this event: its own effect stands unless somebody takes it.
    settle(decision.typed.slice(0, -1), field !== null);
    if (deliver({ key: event.key, shift: event.shiftKey, control: false, alt: false, inField: field !== null })) {
      event.preventDefault();
      event.stopPropagation();
    }
    before = null;
    wait(false);
  };

  target.addEventListener("keydown", pressed, true);
  return () => {
    target.removeEventListener("keydown", pressed, true);
    if (timer !== null) {
      clearTimeout(timer);
    }
  };
}

function textField(target: EventTarget | null): HTMLInputElement | HTMLTextAreaElement | null {
  if (target instanceof HTMLTextAreaElement) {
    return target;
  }
  return target instanceof HTMLInputElement && TEXT_TYPES.has(target.type) ? target : null;
}

function selection(field: HTMLInputElement | HTMLTextAreaElement, which: "start" | "end"): number | null {
  // Fields for e-mail addresses do not say where their cursor is.
  return which === "start" ? field.selectionStart : field.selectionEnd;
}

function restore(before: Before | null): void {
  if (before === null) {
    return;
  }
  const { field, value, start, end } = before;
  if (field.value !== value) {
    field.value = value;
    if (start !== null && end !== null) {
      field.setSelectionRange(start, end);
    }
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
