import { useState } from "preact/hooks";
import type { DevicePayment, DeviceStanding, DeviceStep, TenderLine } from "../../core/contract";
import { plain } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { busy, perform, performLocal } from "../perform";
import { Amount, Name } from "../parts/amount";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Choice, Field } from "../parts/field";
import { Icon, type IconName } from "../parts/icon";
import { QrCode } from "../parts/qr";
import { useTill } from "../till";

/** Whether a device's tender is what the cashier has to look at. */
export function needsAttention(tender: TenderLine): boolean {
  switch (tender.device?.standing.kind) {
    case "asking":
    case "started":
    case "under_way":
    case "in_doubt":
    case "disowned":
    case "declined":
    case "unclaimed":
    case "goes_back":
      return true;
    default:
      return false;
  }
}

/** What happens at the device while the customer pays, and what to do when it goes another way. */
export function DeviceStage({ tender, onAside }: { readonly tender: TenderLine; readonly onAside: () => void }) {
  const { actions } = useTill();
  const [resolving, setResolving] = useState(false);
  const [giving, setGiving] = useState(false);
  const device = tender.device;
  if (device === null) {
    return null;
  }
  const { standing } = device;
  const abort = (): void => {
    void perform(() => actions.payment.abortDevice(device.attempt));
  };
  return (
    <div class={`stage ${toneOf(standing)}`}>
      <p class="stage-device"><Icon name="device" /><Name of={device.device} /> · <Amount of={tender.amount} /></p>
      <StageWords device={device} />
      <div class="stage-actions">
        {device.can.includes("abort") && <Button size="large" disabled={busy.value > 0} onPress={abort}>{t("device.abort")}</Button>}
        {standing.kind === "declined" && <Button look="primary" size="large" onPress={() => performLocal(actions.payment.removeTender(tender.id))}>{t("device.again")}</Button>}
        {standing.kind !== "declined" && standing.kind !== "under_way" && standing.kind !== "started" && standing.kind !== "asking" && (
          <Button look="primary" size="large" onPress={onAside}>{t("device.other")}</Button>
        )}
        {device.can.includes("resolve") && <Button size="large" onPress={() => setResolving(true)}>{t("device.resolve")}</Button>}
        {device.can.includes("give_back") && <Button size="large" onPress={() => setGiving(true)}>{t("device.giveBack")}</Button>}
      </div>
      {resolving && <ResolveDialog device={device} onClose={() => setResolving(false)} />}
      {giving && <GiveBackDialog device={device} onClose={() => setGiving(false)} />}
    </div>
  );
}

export function toneOf(standing: DeviceStanding): string {
  switch (standing.kind) {
    case "declined":
      return "stage-bad";
    case "in_doubt":
    case "disowned":
    case "unclaimed":
    case "goes_back":
      return "stage-warn";
    default:
      return "stage-live";
  }
}

export function StageWords({ device }: { readonly device: DevicePayment }) {
  const { standing, step } = device;
  switch (standing.kind) {
    case "declined":
      return (
        <div role="alert" class="stage-words">
          <Icon name="stop" />
          <h2>{t("device.declined")}</h2>
          <p>{plain(standing.text)}</p>
          <p class="soft">{t("device.declined.text")}</p>
        </div>
      );
    case "in_doubt":
      return (
        <div role="alert" class="stage-words">
          <Icon name="warn" />
          <h2>{t("device.inDoubt")}</h2>
          <p>{plain(standing.text)}</p>
          <ul class="todo">
            <li>{t("device.inDoubt.notAgain")}</li>
            <li>{t("device.inDoubt.asked")}</li>
            <li>{t("device.inDoubt.other")}</li>
          </ul>
        </div>
      );
    case "disowned":
      return <Words icon="warn" title={t("device.disowned")} text={t("device.disowned.text")} />;
    case "unclaimed":
      return <Words icon="warn" title={t("device.unclaimed")} text={plain(standing.text)} />;
    case "goes_back":
      return <Words icon="returned" title={t("device.goesBack")} text={t("device.goesBack.text")} />;
    default:
      return <Steps step={step} asking={standing.kind === "asking"} />;
  }
}

function Words({ icon, title, text }: { readonly icon: IconName; readonly title: string; readonly text: string }) {
  return (
    <div role="alert" class="stage-words">
      <Icon name={icon} />
      <h2>{title}</h2>
      <p>{text}</p>
    </div>
  );
}

const PATH = ["present_card", "enter_pin", "authorising", "remove_card"] as const;

function Steps({ step, asking }: { readonly step: DeviceStep | null; readonly asking: boolean }) {
  if (step?.kind === "show_qr") {
    return (
      <div class="stage-words">
        <h2>{t("device.qr")}</h2>
        <QrCode text={step.text} label={t("device.qr.label")} />
        <p class="soft">{t("device.qr.text")}</p>
      </div>
    );
  }
  const at = PATH.findIndex((each) => each === step?.kind);
  return (
    <div class="stage-words">
      <div class="terminal" aria-hidden="true">
        <Icon name={step?.kind === "enter_pin" ? "lock" : step?.kind === "authorising" ? "wait" : "card"} />
      </div>
      <h2 aria-live="assertive">{asking ? t("device.step.asking") : stepText(step)}</h2>
      <ol class="path" aria-label={t("device.steps")}>
        {PATH.map((each, index) => (
          <li key={each} class={at < 0 || index > at ? "path-step" : index === at ? "path-step path-now" : "path-step path-done"} aria-current={index === at ? "step" : undefined}>
            {t(`device.path.${each}`)}
          </li>
        ))}
      </ol>
    </div>
  );
}

export function stepText(step: DeviceStep | null): string {
  switch (step?.kind) {
    case undefined:
    case "connecting":
      return t("device.step.connecting");
    case "present_card":
      return t("device.step.present");
    case "enter_pin":
      return t("device.step.pin");
    case "customer_chooses":
      return t("device.step.chooses");
    case "authorising":
      return t("device.step.authorising");
    case "remove_card":
      return t("device.step.remove");
    case "show_qr":
      return t("device.qr");
    case "says":
      return plain(step.text);
  }
}

type Verdict = "charged" | "not_charged" | "given_back";

/** A person looked at the terminal's own slip and says what happened. It needs a second person's word mostly. */
function ResolveDialog({ device, onClose }: { readonly device: DevicePayment; readonly onClose: () => void }) {
  const { actions } = useTill();
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [reason, setReason] = useState("");
  const done = (): void => {
    if (verdict !== null && reason.trim() !== "") {
      onClose();
      void perform((approval) => actions.payment.resolveDevice(device.attempt, verdict, reason.trim(), approval));
    }
  };
  return (
    <Dialog
      title={t("device.resolve")}
      tone="warn"
      onClose={onClose}
      lead={<p>{t("device.resolve.text")}</p>}
      actions={<Button look="primary" size="large" wide disabled={verdict === null || reason.trim() === ""} onPress={done}>{t("device.resolve.say")}</Button>}
    >
      <div class="stack">
        <Choice
          label={t("device.resolve.what")}
          value={verdict}
          options={[
            { value: "charged", text: t("device.verdict.charged") },
            { value: "not_charged", text: t("device.verdict.notCharged") },
            { value: "given_back", text: t("device.verdict.givenBack") },
          ]}
          onChoose={setVerdict}
        />
        <Field label={t("device.resolve.reason")} value={reason} onInput={setReason} onEnter={done} most={120} hint={t("device.resolve.hint")} />
      </div>
    </Dialog>
  );
}

function GiveBackDialog({ device, onClose }: { readonly device: DevicePayment; readonly onClose: () => void }) {
  const { actions } = useTill();
  const [reason, setReason] = useState("");
  const done = (): void => {
    if (reason.trim() !== "") {
      onClose();
      void perform(() => actions.payment.giveBack(device.attempt, reason.trim()));
    }
  };
  return (
    <Dialog title={t("device.giveBack")} size="small" onClose={onClose} actions={<Button look="primary" size="large" wide disabled={reason.trim() === ""} onPress={done}>{t("device.giveBack")}</Button>}>
      <Field label={t("reason.label")} value={reason} onInput={setReason} onEnter={done} most={120} autoFocus />
    </Dialog>
  );
}
