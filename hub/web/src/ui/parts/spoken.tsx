import { spoken } from "../notices";

/** What screen readers say. Each dialog has one of its own, since everything below a dialog is silent. */
export function Spoken() {
  const { text, turn } = spoken.value;
  return (
    <div class="unseen" role="status" aria-live="polite">
      <span key={turn}>{text}</span>
    </div>
  );
}
