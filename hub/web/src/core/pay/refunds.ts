/**
 * What a card or wallet paid goes back to it first: the device is asked, and only when it has given the money back are the
 * goods taken. Whatever happens in between, the hub knows what went back and counts it.
 */
import { PATHS, tenderPage, transactionPage, type TransactionPage } from "../../protocol/hub";
import type { TillEvent } from "../../protocol/messages";
import { read } from "../../pricing/exact";
import type { Refused } from "../contract/outcome";
import type { DeviceStanding } from "../contract/payment";
import type { Desk } from "../desk";
import { failed, no, refused } from "../outcomes";
import { isOpen, possible, standingOf, stepOf } from "./device_tender";

/** The hub's word that money goes back at a device first. */
export const REFUND_FIRST = "HF-CMD-299";

export interface ReturnedPart {
  readonly line: number;
  readonly quantity: string;
}

export class Refunds {
  private waiting: { readonly attempt: string; readonly over: (standing: DeviceStanding) => void } | null = null;

  constructor(private readonly desk: Desk) {}

  /** What happens at the device that gives money back. */
  event({ attempt, news }: TillEvent): void {
    const { refund } = this.desk.state;
    const known = refund.value;
    if (known === null || news === null || known.payment.attempt !== attempt) return;
    if (news.kind === "step") {
      refund.value = { ...known, payment: { ...known.payment, step: stepOf(news.value) } };
      return;
    }
    const standing = standingOf(news.value.tender);
    const { device } = news.value.tender;
    refund.value = { ...known, payment: { attempt, device, step: null, standing, can: possible(standing) } };
    if (isOpen(standing) && standing.kind !== "approved" && standing.kind !== "in_doubt") return;
    this.waiting?.over(standing);
  }

  /** Asks about a refund that this till may have missed something of. */
  async ask(): Promise<void> {
    const attempt = this.waiting?.attempt;
    if (attempt === undefined) return;
    const page = await this.desk.api?.get(tenderPage, PATHS.tender, { attempt }).catch(() => null);
    if (page === null || page === undefined) return;
    const news = { kind: "standing" as const, value: { seq: BigInt(page.as_of_seq), tender: page.tender } };
    this.event({ number: null, attempt, counter: null, news });
  }

  /** Gives back at devices what they took for these goods, or for the whole sale. None when it is done. */
  async give(sale: string, parts: readonly ReturnedPart[] | null): Promise<Refused | null> {
    let page: TransactionPage;
    try {
      if (this.desk.api === null) return no("HF-WEB-010");
      page = await this.desk.api.get(transactionPage, `${PATHS.transactions}/${sale}`);
    } catch (error) {
      return failed(error);
    }
    for (const { attempt, amount } of this.due(page, parts)) {
      const refusal = await this.one(sale, attempt, amount);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  /** How much of it each device took and has to give back: cards come before cash. */
  private due({ transaction, lines, sale }: TransactionPage, parts: readonly ReturnedPart[] | null) {
    const { amounts } = this.desk;
    const before = new Map(sale?.returned.map(({ line, quantity }) => [line, quantity]));
    const worth = (number: number, quantity: bigint): bigint => {
      const of = lines.find((line) => line.number === number);
      const all = of === undefined ? 0n : read(of.quantity, 3);
      return of === undefined || all === 0n ? 0n : (2n * amounts.minor(of.gross) * quantity + all) / (2n * all);
    };
    const had = [...before].reduce((sum, [line, quantity]) => sum + worth(line, read(quantity, 3)), 0n);
    const wanted = parts === null
      ? amounts.minor(transaction.totals?.gross ?? amounts.zero) - had
      : parts.reduce((sum, { line, quantity }) => {
        const already = read(before.get(line) ?? "0", 3);
        return sum + worth(line, already + read(quantity, 3)) - worth(line, already);
      }, 0n);
    let [passed, left] = [had, wanted];
    return (transaction.payment?.tenders ?? []).flatMap(({ kind, amount }) => {
      if (kind.kind !== "electronic") return [];
      const took = amounts.minor(amount);
      const gone = passed < took ? passed : took;
      passed -= gone;
      const back = left < took - gone ? left : took - gone;
      left -= back;
      return back <= 0n ? [] : [{ attempt: kind.value.attempt, amount: back }];
    });
  }

  private async one(sale: string, original: string, minor: bigint): Promise<Refused | null> {
    const { desk } = this;
    const { refund } = desk.state;
    const attempt = desk.mint();
    const amount = desk.amounts.money(minor);
    const asking: DeviceStanding = { kind: "asking" };
    refund.value = { sale, amount, payment: { attempt, device: "", step: null, standing: asking, can: [] } };
    const over = new Promise<DeviceStanding>((resolve) => {
      this.waiting = { attempt, over: resolve };
    });
    const outcome = await desk.send<null>({
      action: { start_tender: { epoch: desk.epoch, asked: { refund: { sale, original } }, amount, tip: null, device: null } },
      name: "start_tender", id: attempt, accepted: () => null,
    });
    const begun = outcome.kind === "unconfirmed" ? await outcome.settled : outcome;
    const standing = begun.kind === "refused" ? null : await over;
    this.waiting = null;
    refund.value = null;
    if (begun.kind === "refused") return begun;
    if (standing?.kind === "approved") return null;
    const text = standing !== null && "text" in standing ? standing.text : "the money did not go back";
    return refused({ code: "HF-WEB-049", text, advice: "look at the terminal, then take the goods back again" });
  }
}
