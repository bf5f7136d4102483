import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n/locale";
import { dismiss, notices } from "../notices";
import { IconButton } from "./button";
import { Icon } from "./icon";

/** Short words above everything, dialogs too: the browser's top layer holds them, the newest of it on top. */
export function Toasts() {
  const element = useRef<HTMLDivElement>(null);
  const shown = notices.value;
  useEffect(() => {
    const popover = element.current;
    if (popover === null || typeof popover.showPopover !== "function") {
      return;
    }
    if (popover.matches(":popover-open")) {
      popover.hidePopover();
    }
    if (shown.length > 0) {
      popover.showPopover();
    }
  }, [shown]);
  return (
    <div class="toasts" popover="manual" ref={element}>
      {shown.map((notice) => (
        <div key={notice.id} class={`toast toast-${notice.tone}`} role={notice.tone === "bad" ? "alert" : undefined}>
          <Icon name={notice.tone === "good" ? "check" : notice.tone === "warn" ? "warn" : "stop"} />
          <div class="toast-words">
            <p>{notice.text}</p>
            {notice.advice !== null && <p class="toast-advice">{notice.advice}</p>}
            {notice.code !== null && <p class="toast-code">{notice.code}</p>}
          </div>
          <IconButton icon="close" label={t("action.dismiss")} onPress={() => dismiss(notice.id)} />
        </div>
      ))}
    </div>
  );
}
