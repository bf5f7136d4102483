import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon";

/** What stands where there is nothing yet: what would be here, and what to do about it. */
export function Empty({ icon, title, children }: { readonly icon: IconName; readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <p class="empty-title">{title}</p>
      {children !== undefined && <div class="soft">{children}</div>}
    </div>
  );
}
