import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon";

export type ButtonLook = "primary" | "plain" | "quiet" | "danger";

interface ButtonProps {
  readonly look?: ButtonLook;
  readonly size?: "normal" | "large" | "small";
  readonly icon?: IconName;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly expanded?: boolean;
  readonly shortcut?: string;
  readonly wide?: boolean;
  readonly submit?: boolean;
  readonly autoFocus?: boolean;
  readonly label?: string;
  readonly onPress?: () => void;
  readonly children?: ComponentChildren;
}

/** A button that says what it does. A key that does the same is shown on it. */
export function Button({ look = "plain", size = "normal", icon, disabled = false, pressed, expanded, shortcut, wide = false, submit = false, autoFocus = false, label, onPress, children }: ButtonProps) {
  return (
    <button
      type={submit ? "submit" : "button"}
      class={`button button-${look} button-${size}${wide ? " button-wide" : ""}`}
      disabled={disabled}
      aria-pressed={pressed}
      aria-expanded={expanded}
      aria-label={label}
      aria-keyshortcuts={shortcut}
      data-autofocus={autoFocus ? "" : undefined}
      onClick={onPress}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children !== undefined && <span class="button-text">{children}</span>}
      {shortcut !== undefined && <kbd class="shortcut" aria-hidden="true">{shortcut}</kbd>}
    </button>
  );
}

/** A small tool: a picture with its word below it, since nobody should have to guess. */
export function Tool({ icon, text, label, disabled = false, danger = false, shortcut, onPress }: {
  readonly icon: IconName;
  readonly text: string;
  /** In full, where the word alone says too little. */
  readonly label?: string;
  readonly disabled?: boolean;
  readonly danger?: boolean;
  readonly shortcut?: string;
  readonly onPress: () => void;
}) {
  return (
    <button type="button" class={danger ? "tool tool-danger" : "tool"} aria-label={label === undefined ? undefined : `${text}: ${label}`} title={label} aria-keyshortcuts={shortcut} disabled={disabled} onClick={onPress}>
      <Icon name={icon} />
      <span>{text}</span>
    </button>
  );
}

/** A button of a picture alone; its label is for whoever cannot see it, and for the pointer that rests on it. */
export function IconButton({ icon, label, disabled = false, pressed, tone = "quiet", shortcut, onPress }: {
  readonly icon: IconName;
  readonly label: string;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly tone?: "quiet" | "plain" | "danger";
  readonly shortcut?: string;
  readonly onPress: () => void;
}) {
  return (
    <button type="button" class={`icon-button icon-button-${tone}`} aria-label={label} title={label} aria-pressed={pressed} aria-keyshortcuts={shortcut} disabled={disabled} onClick={onPress}>
      <Icon name={icon} />
    </button>
  );
}
