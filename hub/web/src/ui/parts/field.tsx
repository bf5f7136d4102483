import { useId } from "preact/hooks";
import type { ComponentChildren } from "preact";

/** A text field with its label above it. */
export function Field({ label, value, onInput, onEnter, kind = "text", hint, most = 200, autoFocus = false }: {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly onEnter?: () => void;
  readonly kind?: "text" | "email" | "tel" | "search" | "date";
  readonly hint?: string;
  readonly most?: number;
  readonly autoFocus?: boolean;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        {...inputKind(kind)}
        value={value}
        maxLength={most}
        autoComplete="off"
        autoCapitalize="off"
        spellcheck={false}
        dir={kind === "email" || kind === "tel" ? "ltr" : "auto"}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        data-autofocus={autoFocus ? "" : undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && onEnter !== undefined) {
            event.preventDefault();
            onEnter();
          }
        }}
      />
      {hint !== undefined && <p id={`${id}-hint`} class="soft small">{hint}</p>}
    </div>
  );
}

/** The kinds of fields one by one, since each has attributes of its own. */
function inputKind(kind: "text" | "email" | "tel" | "search" | "date") {
  switch (kind) {
    case "text":
      return { type: "text" } as const;
    case "email":
      return { type: "email" } as const;
    case "tel":
      return { type: "tel" } as const;
    case "search":
      return { type: "search" } as const;
    case "date":
      return { type: "date" } as const;
  }
}

/** One of a few, as buttons that stand in a row; the arrow keys go from one to the next. */
export function Choice<V extends string>({ label, value, options, onChoose, plain = false }: {
  readonly label: string;
  readonly value: V | null;
  readonly options: readonly { readonly value: V; readonly text: ComponentChildren }[];
  readonly onChoose: (value: V) => void;
  /** The label is for screen readers alone, where the place says it already. */
  readonly plain?: boolean;
}) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend class={plain ? "unseen" : undefined}>{label}</legend>
      <div class="choice-options">
        {options.map((option) => (
          <label key={option.value} class="choice-option">
            <input type="radio" name={name} value={option.value} checked={option.value === value} onChange={() => onChoose(option.value)} />
            <span>{option.text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Yes or no. */
export function Switch({ label, hint, on, onChange }: { readonly label: string; readonly hint?: string; readonly on: boolean; readonly onChange: (on: boolean) => void }) {
  const id = useId();
  return (
    <div class="switch">
      <div class="switch-words">
        <label for={id}>{label}</label>
        {hint !== undefined && <p class="soft small">{hint}</p>}
      </div>
      <input id={id} type="checkbox" role="switch" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} />
    </div>
  );
}
