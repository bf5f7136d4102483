/** Who is at the till: with the hub's word while it is there, by the till's own copy while it is not. */
import { PATHS, peoplePage, snapshot as snapshotDecoder, type PeoplePage, type Snapshot } from "../../protocol/hub";
import { flag, nullable, object, text } from "../../protocol/decode";
import type { PeopleActions } from "../contract/actions";
import type { Outcome } from "../contract/outcome";
import type { Authority, Operator, Role } from "../contract/people";
import type { Desk } from "../desk";
import { recall, remember } from "../kept/facts";
import { DONE, accepted, no, refusedBy } from "../outcomes";
import { builtIn } from "./authority";
import { Verifiers, isPermission } from "./verifiers";

type WireStaff = NonNullable<Snapshot["till"]["operator"]>;

const PAGE = "people";
const SESSION = "session";
const sessionDecoder = object({ staff: text, number: (value) => Number(value), isLocked: flag, since: text, name: nullable(text) });

export class People {
  private page: PeoplePage | null = null;
  private readonly verifiers: Verifiers;
  /** A sign-on that was made without the hub, which hears of it later. */
  private signedOnAlone = false;

  constructor(private readonly desk: Desk) {
    this.verifiers = new Verifiers(desk);
  }

  async open(): Promise<void> {
    this.page = await recall(this.desk.kept.facts, PAGE, peoplePage);
    const session = await recall(this.desk.kept.facts, SESSION, sessionDecoder);
    if (session === null) return;
    const row = await this.desk.kept.verifiers.get(session.number);
    if (row === undefined || row.staff !== session.staff) return;
    const known = this.operator({ id: session.staff, number: session.number, role: this.roleOf(session.staff) }, session.since, false);
    this.desk.state.signOn.value = session.isLocked ? { kind: "locked", operator: known } : { kind: "operator", operator: known };
  }

  private roleOf(staff: string): WireStaff["role"] {
    return this.page?.people.find((person) => person.staff === staff)?.role ?? { kind: "cashier", value: null };
  }

  /** Reads names and rights; a hub that does not tell them leaves the built-in ones. */
  async refresh(): Promise<void> {
    const { desk } = this;
    if (desk.api === null) return;
    let raw: unknown;
    try {
      raw = await desk.api.get((value) => value, PATHS.people);
      this.page = peoplePage(raw, "");
    } catch {
      return;
    }
    await remember(desk.kept.facts, PAGE, raw);
    const { signOn } = desk.state;
    if (signOn.value.kind !== "nobody" && !signOn.value.operator.offline) {
      const { operator } = signOn.value;
      const next = this.operator({ id: operator.staff, number: operator.number, role: this.roleOf(operator.staff) }, operator.since, false);
      signOn.value = { ...signOn.value, operator: next };
    }
  }

  name(staff: string): string | null {
    return this.page?.people.find((person) => person.staff === staff)?.name ?? null;
  }

  number(staff: string): number | null {
    return this.page?.people.find((person) => person.staff === staff)?.number ?? null;
  }

  /** What the hub says of who is here. */
  snapshot({ till }: Snapshot): void {
    const { signOn } = this.desk.state;
    if (this.signedOnAlone && signOn.value.kind !== "nobody") {
      // The hub would take what is done now for somebody else's: whoever signed on without it does so again.
      if (till.operator?.id !== signOn.value.operator.staff) {
        this.desk.inBackground(this.show(signOn.value.operator, true));
        return;
      }
    }
    this.signedOnAlone = false;
    if (till.operator === null) {
      this.desk.inBackground(this.show(null, false));
      return;
    }
    const now = signOn.value;
    const isSame = now.kind !== "nobody" && now.operator.staff === till.operator.id;
    const since = isSame ? now.operator.since : this.desk.now();
    const isLocked = till.locked || (isSame && now.kind === "locked");
    this.desk.inBackground(this.show(this.operator(till.operator, since, false), isLocked));
  }

  actions(): PeopleActions {
    return {
      signOn: (number, pin) => this.signOn(number, pin),
      signOff: () => this.signOff(),
      lock: () => this.lock(),
    };
  }

  private async signOn(number: number, pin: string): Promise<Outcome<Operator>> {
    const { desk } = this;
    const { engine } = desk;
    if (engine === null || !desk.isOnline) return this.signOnAlone(number, pin);
    const id = desk.mint();
    // It carries a PIN: it is sent and kept nowhere.
    const request = JSON.stringify({ sign_on: { id, occurred_at: desk.now(), number, pin } });
    const settled = engine.submit(id, request).then(async ({ answer }) => {
      if (answer.kind !== "accepted") return refusedBy(answer, "sign_on");
      const { summary } = answer.value;
      const operator = await this.signedOn(summary.kind === "signed_on" ? summary.value.staff : "", number, pin);
      return accepted(operator, "at_hub");
    });
    const outcome = await desk.within(settled, id);
    if (outcome.kind !== "unconfirmed") return outcome;
    // Nothing waits for a sign-on: without an answer the till's own copy decides.
    engine.forget(id);
    return this.signOnAlone(number, pin);
  }

  private async signedOn(staff: string, number: number, pin: string): Promise<Operator> {
    const { desk } = this;
    this.signedOnAlone = false;
    const read = await desk.api?.get(snapshotDecoder, PATHS.snapshot).catch(() => null);
    const known = read?.till.operator ?? null;
    const role = known !== null && known.id === staff ? known.role : this.roleOf(staff);
    if (this.page?.people.some((person) => person.staff === staff) !== true) await this.refresh();
    const operator = this.operator({ id: staff, number, role }, desk.now(), false);
    await this.verifiers.learn(operator, pin);
    await this.show(operator, false);
    return operator;
  }

  private async signOnAlone(number: number, pin: string): Promise<Outcome<Operator>> {
    const { desk } = this;
    const checked = await this.verifiers.check(number, pin);
    if (checked.kind === "locked") return no("HF-WEB-014");
    if (checked.kind === "wrong") return no("HF-WEB-013");
    const now = desk.state.signOn.value;
    const isSame = now.kind !== "nobody" && now.operator.staff === checked.operator.staff;
    this.signedOnAlone = !isSame || now.operator.offline;
    const operator = { ...checked.operator, offline: this.signedOnAlone || !desk.isOnline };
    await this.report(number, checked.failed);
    await this.show(operator, false);
    return accepted(operator, "here");
  }

  /** The hub hears of every sign-on that was made without it. */
  private async report(number: number, failed: number): Promise<void> {
    const { desk } = this;
    const { engine } = desk;
    if (engine === null) return;
    const [id, at] = [desk.mint(), desk.now()];
    const action = { signed_on_alone: { number, at, failed_attempts: failed } };
    const request = JSON.stringify({ command: { id, occurred_at: at, action } });
    await desk.outbox.ask([{ id, text: request, action: "signed_on_alone", at, order: null }]);
    void engine.submit(id, request);
  }

  private async signOff(): Promise<Outcome<null>> {
    const { desk } = this;
    if (desk.state.signOn.value.kind === "nobody") return DONE;
    if (!desk.isOnline || this.signedOnAlone) {
      this.signedOnAlone = false;
      await this.show(null, false);
      return DONE;
    }
    return desk.send<null>({
      action: "sign_off", name: "sign_off",
      accepted: async () => {
        await this.show(null, false);
        return null;
      },
    });
  }

  private async lock(): Promise<Outcome<null>> {
    const { desk } = this;
    const { value } = desk.state.signOn;
    if (value.kind !== "operator") return DONE;
    // The screen is locked at once, whatever the hub says when.
    await this.show(value.operator, true);
    if (!desk.isOnline || this.signedOnAlone) return DONE;
    return desk.send<null>({ action: "lock_till", name: "lock_till", accepted: () => null });
  }

  private async show(operator: Operator | null, isLocked: boolean): Promise<void> {
    const { desk } = this;
    desk.state.signOn.value = operator === null
      ? { kind: "nobody" }
      : isLocked ? { kind: "locked", operator } : { kind: "operator", operator };
    if (operator === null) await desk.kept.facts.delete(SESSION);
    else {
      const { staff, number, since, name } = operator;
      await remember(desk.kept.facts, SESSION, { staff, number, since, name, isLocked });
    }
  }

  private operator(staff: WireStaff, since: string, offline: boolean): Operator {
    const role: Role = staff.role.kind === "own" ? { own: staff.role.value } : staff.role.kind;
    const told = this.page?.people.find((person) => person.staff === staff.id);
    return {
      staff: staff.id, number: staff.number, name: told?.name ?? null, role, since, offline,
      authority: told === undefined ? builtIn(role, this.desk.amounts) : authorityOf(told.authority),
    };
  }
}

function authorityOf({ permissions, limits }: PeoplePage["people"][number]["authority"]): Authority {
  const { line_discount: lineDiscount, basket_discount: basketDiscount, cash_refund: refund } = limits;
  return {
    permissions: permissions.filter(isPermission), lineDiscount, basketDiscount,
    cashRefund: refund.kind === "unlimited" ? null : refund.value,
  };
}
