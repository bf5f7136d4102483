// Generated from docs/mqtt/asyncapi.yaml by `npm run protocol`. Do not edit.

/**
 * A UUID, version 7, hyphenated. Who starts a thing mints its id.
 */
export type Id = string;
/**
 * A decimal number in a string: digits, at most one point, no exponent.
 */
export type Decimal = string;
/**
 * What a till asks for. Operator, shift and business date are what the hub knows of the till.
 */
export type Action =
  | "sign_off"
  | {
      open_shift: {
        shift: Id;
        float: Money1;
        day?:
          | "today"
          | {
              on: Date;
            };
        mode?: Mode;
      };
    }
  | {
      close_shift: {
        shift: Id;
        declared: Money1;
        count?: ShiftCount;
      };
    }
  | {
      place_order: {
        order: Id;
        channel?: "counter" | "not_in_hand";
        customer?: null | Id;
        lines: Lines;
        expected_total?: null | Money1;
        /**
         * For orders that are fetched later; the goods are held until then, and the order stays.
         */
        reserve_until?: null | Instant;
        terms?: Terms;
      };
    }
  | {
      /**
       * Sets a basket aside for any till. Its stock stays reserved, its prices are kept.
       */
      park_order: {
        /**
         * What people find the order by. No name of a customer.
         */
        label: string;
        basket:
          | {
              draft: PlaceOrder;
            }
          | {
              /**
               * An order that this till has in hand, at the revision that it has seen.
               */
              placed: {
                order: Id;
                revision: number;
              };
            };
      };
    }
  | {
      /**
       * Takes an order in hand. Whoever asks first has it. take_over takes it from another till: whoever has the permission may, and anybody when that till is revoked or its shift is over. The lines are at GET /api/v1/till/orders/{id}.
       */
      retrieve_order: {
        order: Id;
        claim?: "parked" | "take_over";
      };
    }
  | {
      cancel_order: {
        order: Id;
        reason: Reason;
      };
    }
  | {
      abandon_basket: {
        lines: Lines;
        reason: Reason;
      };
    }
  | {
      pay: {
        order: Id;
        tenders: TenderInput[];
        /**
         * What is given beside it for whoever serves, with the cash or card that it comes with.
         */
        tips?: TenderInput[];
        settlement?: "full" | "deposit";
        receipt?: ReceiptSource;
      };
    }
  | {
      fulfil_order: {
        order: Id;
      };
    }
  | {
      return: {
        reason: Reason;
        receipt?: ReceiptSource;
        goods:
          | {
              by_receipt: {
                original: Id;
                lines: {
                  line: number;
                  quantity: Quantity;
                }[];
              };
            }
          | {
              no_receipt: {
                lines: Lines;
              };
            };
        /**
         * The number of a new store credit, minted by the till, for what no tender takes back: instead of cash for a tender that takes nothing back, or without a receipt.
         */
        credit?: string;
      };
    }
  | {
      /**
       * Money for a gift card or store credit, new or known by its number: no turnover and no tax until it is redeemed as a tender with the number as its reference.
       */
      issue_value: {
        account: ValueNumber;
        kind: "gift_card" | "store_credit" | "customer_account";
        amount: Money1;
        tenders: TenderInput[];
        receipt?: ReceiptSource;
      };
    }
  | {
      /**
       * Blocks a gift card, store credit or account, or opens it again. Needs a supervisor.
       */
      set_value_standing: {
        account: ValueNumber;
        standing: "open" | "blocked";
        reason: Reason;
      };
    }
  | {
      /**
       * Opens a customer's account, or changes how much may be owed on it. Needs a manager.
       */
      set_account: {
        account: ValueNumber;
        terms: AccountTerms;
      };
    }
  | {
      /**
       * A device is to take money for an order, or to give back what it took for a sale. The answer says that the intent is durable; what became of it follows on the event topic. The command's id is the attempt's.
       */
      start_tender: {
        /**
         * A UUID, version 7, hyphenated. Who starts a thing mints its id.
         */
        epoch: string;
        asked:
          | {
              pay: {
                order: Id;
                code: TenderCode;
              };
            }
          | {
              refund: {
                sale: Id;
                /**
                 * A UUID, version 7, hyphenated. Who starts a thing mints its id.
                 */
                original: string;
              };
            };
        amount: Money2;
        /**
         * What of it is a tip.
         */
        tip?: null | Money1;
        /**
         * None for the till's own device of that tender, or the shared one.
         */
        device?: null | DeviceName;
      };
    }
  | {
      /**
       * The device is asked to stop. Whether it does follows on the event topic.
       */
      abort_tender: {
        attempt: Id;
      };
    }
  | {
      /**
       * A person says what became of a payment whose device cannot. Needs a second person, or a manager who did not begin it.
       */
      resolve_tender: {
        attempt: Id;
        verdict: TenderVerdict;
        reason: Reason;
      };
    }
  | {
      /**
       * What a device took and no sale needs goes back.
       */
      give_back_tender: {
        attempt: Id;
        reason: Reason;
      };
    }
  | {
      /**
       * A card terminal or wallet is to end its day and say what it counted. What becomes of it is read with `GET /api/v1/till/device-days`.
       */
      reconcile_device: {
        /**
         * A UUID, version 7, hyphenated. Who starts a thing mints its id.
         */
        epoch: string;
        device: DeviceName;
        /**
         * What the device's own paper says of the end of day before, where its answer was lost.
         */
        lost?: null | ("ended" | "goes_on");
      };
    }
  | {
      /**
       * Another paper for a completed sale, at the printer of the till that asks: marked and numbered over both forms. A gift receipt shows no prices.
       */
      print_copy: {
        original: Id;
        form: "copy" | "gift";
      };
    }
  | {
      post_void: {
        original: Id;
        reason: Reason;
      };
    }
  | {
      /**
       * Cash in or out of the drawer without goods. Paid in and paid out need a manager.
       */
      move_cash: {
        movement: "paid_in" | "paid_out" | "drop" | "loan";
        amount: Money1;
        reason: Reason;
        receipt?: ReceiptSource;
      };
    }
  | {
      /**
       * The drawer is opened and nothing is sold.
       */
      open_drawer: {
        reason: Reason;
      };
    }
  | {
      adjust_stock: {
        changes: {
          item: Item;
          quantity: Quantity;
        }[];
        reason:
          | ("received" | "counted" | "waste")
          | {
              other: Reason;
            }
          | {
              delivered: {
                /**
                 * The purchase order that the goods came in on.
                 */
                reference: string;
              };
            }
          | {
              wasted: {
                reason: Reason;
              };
            };
      };
    }
  | "lock_till"
  | {
      /**
       * A store has one count at a time; selling goes on.
       */
      start_count: {
        count: Id;
        scope:
          | "full"
          | {
              products: Sku[];
            };
      };
    }
  | {
      /**
       * What was found of one product. Counted again before the end, the last word counts.
       */
      count_product: {
        count: Id;
        item: Item;
        quantity: Quantity;
      };
    }
  | {
      /**
       * What differs is put right; what nobody counted is named and stays as it is.
       */
      finish_count: {
        count: Id;
      };
    }
  | {
      cancel_count: {
        count: Id;
        reason: Reason;
      };
    }
  | {
      /**
       * From how much available on the product is to be ordered again; zero for never.
       */
      set_reorder_level: {
        item: Item;
        level: Quantity;
      };
    }
  | {
      /**
       * What the till sold while no hub was there. It has happened: it is not refused for stock, price, sign-on, lock, age or permission, and what differs is among the warnings. It belongs to the till's open shift.
       */
      island_sale: {
        order: Id;
        /**
         * The member of staff who was signed on at the till.
         */
        operator: Id;
        customer?: null | Id;
        /**
         * As they were asked for.
         */
        lines: Lines;
        /**
         * As the till priced them, deposits included.
         */
        priced: PricedLine[];
        totals: Totals;
        terms?: Terms;
        tenders: TenderInput[];
        tips?: TenderInput[];
        /**
         * What cash rounding added, or took when negative.
         */
        rounding: Money1;
        /**
         * What was given back in cash. The tenders sum to the total, the rounding and this.
         */
        change: Money1;
        /**
         * The receipt's number in the till's own series.
         */
        number: number;
        /**
         * Of the catalog that the till priced by.
         */
        catalog_version: Sequence;
        opened?: null | {
          shift: Id;
          float: Money1;
          /**
           * The store's day when it began; without it the day on which the hub hears of it.
           */
          day?: null | Date;
        };
      };
    }
  | {
      /**
       * A sale whose reply was lost was given a number of the till's own series meanwhile: it bears both, and is found by either.
       */
      alias_receipt: {
        transaction: Id;
        number: number;
      };
    }
  | {
      /**
       * Somebody signed on at the till while no hub was there. It is written down and signs nobody on; failed attempts are among the losses.
       */
      signed_on_alone: {
        /**
         * The staff number.
         */
        number: number;
        at: Instant;
        failed_attempts: number;
      };
    };
/**
 * A business date.
 */
export type Date = string;
export type Mode = "live" | "training";
/**
 * What the store's list calls a way to pay.
 */
export type TenderCode = string;
export type Item =
  | {
      sku: Sku;
    }
  | {
      /**
       * What a scanner reads.
       */
      barcode: string;
    };
/**
 * A product number; letter case does not matter.
 */
export type Sku = string;
/**
 * Pieces, kilograms, litres or metres, to three places.
 */
export type Quantity = Decimal;
/**
 * The price of one unit, to four places, in the store's currency.
 */
export type UnitPrice = Decimal;
/**
 * Why somebody did something that leaves a trace.
 */
export type Reason = string;
export type Discount =
  | "none"
  | {
      percent: {
        rate: Rate;
        reason: Reason;
      };
    }
  | {
      amount: {
        amount: Money1;
        reason: Reason;
      };
    };
/**
 * A fraction to six places: 0.19 is 19 percent.
 */
export type Rate = Decimal;
export type Lines = Line[];
/**
 * RFC 3339. Read with any offset, written in UTC with milliseconds.
 */
export type Instant = string;
/**
 * What finds a tender again where it is settled, such as the authorisation code and the last four digits of a card. More digits than that are refused, because a card's number is never kept.
 */
export type TenderReference = null | string;
/**
 * hub: the next number of the hub's series. island: the till made the sale alone and printed this number.
 */
export type ReceiptSource =
  | "hub"
  | {
      island: {
        number: number;
      };
    };
/**
 * The number of a gift card or store credit, in capitals: minted at random by the till or read from the card, and nothing of a person. More than 13 digits are refused, because a payment card's number is never kept.
 */
export type ValueNumber = string;
/**
 * What the hub's settings call a device.
 */
export type DeviceName = string;
export type TenderVerdict = "charged" | "not_charged" | "given_back";
/**
 * A 64-bit number in a string: a browser's number cannot hold it.
 */
export type Sequence = string;
/**
 * SHA-256 in hex.
 */
export type Hash = string;
/**
 * Has a page in docs/errors.
 */
export type Code = string;
/**
 * What the catalog in force knows of the code.
 */
export type ScannedItem = null | {
  sku: string;
  description: string;
  unit: "piece" | "kilogram" | "litre" | "metre";
  /**
   * What a label of the store's own carries besides.
   */
  label:
    | null
    | {
        quantity: string;
      }
    | {
        price: Money1;
      };
};
export type Orders =
  | {
      seq: Sequence;
      previous: Sequence;
      transaction: {
        transaction: Id;
        kind: TransactionKind;
        receipt: ReceiptNumber;
        terminal: Id;
        operator: Id;
        business_date: Date;
        mode: Mode;
        occurred_at: Instant;
        order: null | Id;
        original: null | Id;
        totals: null | Totals;
        payment: null | Payment;
      };
    }
  | {
      seq: Sequence;
      previous: Sequence;
      /**
       * What happened to an order between placing and payment.
       */
      order: {
        order: Id;
        revision: number;
        change:
          | {
              parked: {
                label: string;
              };
            }
          | {
              retrieved: {
                from: null | Id;
              };
            }
          | {
              edited: {
                totals: Totals;
              };
            };
        terminal: Id;
        operator: Id;
        mode: Mode;
        occurred_at: Instant;
      };
    };
export type TransactionKind =
  | "sale"
  | "deposit"
  | "return"
  | "post_void"
  | "cancelled"
  | "abandoned"
  | "paid_in"
  | "paid_out"
  | "cash_drop"
  | "cash_loan"
  | "value_issued"
  | "value_issue_voided";
/**
 * As printed: till, then the number in its series. I marks the till's own series, T training.
 */
export type ReceiptNumber = string;
export type Summary =
  | {
      signed_on: {
        staff: Id;
      };
    }
  | {
      signed_off: {};
    }
  | {
      shift_opened: {
        shift: Id;
        business_date: Date;
      };
    }
  | {
      shift_closed: {
        shift: Id;
        z_number: number;
        expected: Money1;
        declared: Money1;
        over_short: Money1;
      };
    }
  | {
      order_placed: {
        order: Id;
        totals: Totals;
      };
    }
  | {
      order_parked: {
        order: Id;
        revision: number;
        totals: null | Totals;
      };
    }
  | {
      order_retrieved: {
        order: Id;
        revision: number;
        from: null | Id;
      };
    }
  | {
      account_set: {
        account: ValueNumber;
        terms: AccountTerms;
      };
    }
  | {
      tender_started: {
        attempt: Id;
        device: DeviceName;
        amount: Money1;
      };
    }
  | {
      tender_abort_asked: {
        attempt: Id;
      };
    }
  | {
      tender_resolved: {
        attempt: Id;
        verdict: TenderVerdict;
      };
    }
  | {
      tender_released: {
        attempt: Id;
      };
    }
  | {
      /**
       * That the device is to end its day is durable.
       */
      reconciliation_asked: {
        reconciliation: Id;
        device: DeviceName;
      };
    }
  | {
      value_standing_set: {
        account: ValueNumber;
        standing: "open" | "blocked";
      };
    }
  | {
      copy_printed: {
        original: Id;
        copy: number;
        form: "copy" | "gift";
      };
    }
  | {
      order_fulfilled: {
        order: Id;
      };
    }
  | {
      transaction: {
        transaction: Id;
        kind: TransactionKind;
        receipt: ReceiptNumber;
        business_date: Date;
        totals: null | Totals;
        payment: null | Payment;
      };
    }
  | {
      stock_adjusted: {
        products: number;
      };
    }
  | {
      drawer_opened: {};
    }
  | {
      till_locked: {};
    }
  | {
      count_started: {
        count: Id;
      };
    }
  | {
      /**
       * What was found, and what the books said at that moment.
       */
      product_counted: {
        sku: Sku;
        found: Quantity;
        book: Quantity;
      };
    }
  | {
      count_finished: {
        count: Id;
        counted: number;
        /**
         * Products that nobody counted and whose books stay as they are.
         */
        uncounted: number;
        /**
         * The first of them.
         */
        listed: Sku[];
        /**
         * How many products differed and were put right.
         */
        adjusted: number;
      };
    }
  | {
      count_cancelled: {
        count: Id;
      };
    }
  | {
      reorder_level_set: {
        sku: Sku;
        level: Quantity;
      };
    }
  | {
      /**
       * What the till sold alone is a sale of this shift, which may have begun with it.
       */
      sold_alone: {
        transaction: Id;
        receipt: ReceiptNumber;
        shift: Id;
        business_date: Date;
        totals: Totals;
        payment: Payment;
      };
    }
  | {
      /**
       * The sale bears both numbers.
       */
      receipt_aliased: {
        transaction: Id;
        receipt: ReceiptNumber;
        alias: ReceiptNumber;
      };
    }
  | {
      /**
       * Who it was; null where the number is nobody's.
       */
      signed_on_alone: {
        staff: null | Id;
      };
    };
export type Warning =
  | {
      stock_below_zero: {
        sku: Sku;
        on_hand: Quantity;
      };
    }
  | {
      /**
       * The goods of the order were no longer held for the customer when it was paid.
       */
      reservation_expired: {
        order: Id;
      };
    }
  | {
      /**
       * What the till charged while it was alone is not what the hub would charge now; null where it could not be priced now as it was asked for.
       */
      price_differs: {
        order: Id;
        charged: Money1;
        now: null | Money1;
      };
    }
  | {
      /**
       * Whoever sold alone needed somebody else for it.
       */
      beyond_rights: {
        permission:
          | "post_void"
          | "return_without_receipt"
          | "adjust_stock"
          | "dated_shift"
          | "read_subject"
          | "erase_subject"
          | "move_cash"
          | "override_price"
          | "discount"
          | "take_over"
          | "receive_stock"
          | "count_stock"
          | "read_x_report"
          | "manage_staff"
          | "manage_products"
          | "refund_cash"
          | "cash_for_tender"
          | "read_reports"
          | "close_day"
          | "block_value"
          | "set_account"
          | "resolve_tender";
      };
    }
  | {
      /**
       * More of a strict product was sold alone than there was.
       */
      strict_below_zero: {
        sku: Sku;
        /**
         * What is left, below zero.
         */
        available: Quantity;
      };
    }
  | {
      /**
       * The coupon had no use left when the hub heard of it.
       */
      coupon_used_up: {
        coupon: string;
      };
    }
  | {
      /**
       * The product is not in the hub's catalog any more.
       */
      item_gone: {
        sku: Sku;
      };
    }
  | {
      /**
       * Nobody made sure of the customer's age, in years.
       */
      age_not_checked: {
        sku: Sku;
        age: number;
      };
    }
  | {
      /**
       * The store's list does not let a till that is alone take this tender so.
       */
      tender_not_taken: {
        code: TenderCode;
      };
    }
  | {
      /**
       * No such customer is registered, or not any more: the sale stands without one.
       */
      customer_left_out: {
        customer: Id;
      };
    };
export type Request =
  | {
      /**
       * Persisted at the till before it is sent; resent with the same bytes until it is answered.
       */
      command: {
        id: Id;
        occurred_at: Instant;
        action: Action;
      };
    }
  | {
      /**
       * Never persisted at the till, because it carries a PIN.
       */
      sign_on: {
        id: Id;
        occurred_at: Instant;
        number: number;
        /**
         * Never persisted at the till.
         */
        pin: string;
      };
    }
  | {
      /**
       * A command with a second person's word for it. Persisted at the till without the PIN, and sent without it after the till's own restart.
       */
      approved: {
        id: Id;
        occurred_at: Instant;
        action: Action;
        /**
         * The staff number of who approves. It is not the operator's own.
         */
        approver: number;
        /**
         * Never persisted at the till, and no part of what the command is known by.
         */
        pin?: string;
      };
    }
  | {
      /**
       * Gives back what an earlier hub acknowledged, to a hub of a newer epoch. The id is that of the first command.
       */
      offer: {
        id: Id;
        record: OfferRecord;
      };
    };

export interface Everything {
  AccountTerms: AccountTerms;
  Action: Action;
  CardFacts: CardFacts;
  Catalog: Catalog;
  Code: Code;
  CounterEvent: CounterEvent;
  Date: Date;
  Decimal: Decimal;
  DeviceName: DeviceName;
  DeviceText: DeviceText;
  Discount: Discount;
  Hash: Hash;
  Id: Id;
  Instant: Instant;
  Item: Item;
  Line: Line;
  Lines: Lines;
  Mode: Mode;
  Money: Money1;
  OfferRecord: OfferRecord;
  Orders: Orders;
  Payment: Payment;
  Pieces: Pieces;
  Position: Position;
  PricedLine: PricedLine;
  Quantity: Quantity;
  Rate: Rate;
  Reason: Reason;
  ReceiptNumber: ReceiptNumber;
  ReceiptSource: ReceiptSource;
  Reply: Reply;
  Request: Request;
  ScaleView: ScaleView;
  Scanned: Scanned;
  ScannedElements: ScannedElements;
  ScannedItem: ScannedItem;
  ScannerView: ScannerView;
  Sequence: Sequence;
  ShiftCount: ShiftCount;
  Sku: Sku;
  Status: Status;
  Stock: Stock;
  Summary: Summary;
  Tender: Tender;
  TenderCode: TenderCode;
  TenderInput: TenderInput;
  TenderReference: TenderReference;
  TenderVerdict: TenderVerdict;
  TenderView: TenderView;
  Terms: Terms;
  TillEvent: TillEvent;
  Totals: Totals;
  TransactionKind: TransactionKind;
  UnitPrice: UnitPrice;
  ValueNumber: ValueNumber;
  Warning: Warning;
  Weight: Weight;
}
export interface AccountTerms {
  customer: Id;
  limit: Money;
}
/**
 * How much may be owed; zero where nothing more is to be bought.
 */
export interface Money {
  amount: Decimal;
  /**
   * ISO 4217.
   */
  currency: string;
}
/**
 * An amount to its currency's minor unit.
 */
export interface Money1 {
  amount: Decimal;
  /**
   * ISO 4217.
   */
  currency: string;
}
/**
 * What was counted beside the sum of the cash. Pieces sum to what was declared.
 */
export interface ShiftCount {
  pieces?: Pieces[];
  tenders?: {
    code: TenderCode;
    amount: Money1;
    pieces?: Pieces[];
  }[];
}
/**
 * So many notes, coins or slips of one face value.
 */
export interface Pieces {
  face: Money1;
  count: number;
}
/**
 * A line as the till asks for it; the hub prices it.
 */
export interface Line {
  /**
   * Unique within the order.
   */
  number: number;
  item: Item;
  quantity: Quantity;
  price?:
    | "list"
    | {
        override: {
          unit_price: UnitPrice;
          reason: Reason;
        };
      }
    | {
        open: {
          unit_price: UnitPrice;
        };
      };
  discount?: Discount;
  fate?:
    | "kept"
    | {
        voided: {
          reason: Reason;
        };
      };
}
/**
 * What is asked for the whole basket; see docs/pricing.md.
 */
export interface Terms {
  /**
   * Eat-in, delivery and the like, where these change the tax.
   */
  tag?: null | string;
  coupons?: string[];
  /**
   * The number of the certificate that frees the customer from tax.
   */
  exemption?: null | string;
  discount?: Discount;
  /**
   * What is to be done or known besides, about a line or about all of it. Never who the customer is.
   */
  notes?: {
    line: null | number;
    text: string;
  }[];
  /**
   * How somebody made sure of the customer's age, where the goods ask for one.
   */
  age_check?: null | ("by_look" | "by_document");
}
/**
 * As place_order; placed by this command.
 */
export interface PlaceOrder {
  order: Id;
  channel?: "counter" | "not_in_hand";
  customer?: null | Id;
  lines: Lines;
  expected_total?: null | Money1;
  /**
   * For orders that are fetched later; the goods are held until then, and the order stays.
   */
  reserve_until?: null | Instant;
  terms?: Terms;
}
export interface TenderInput {
  /**
   * Cash, or a type of the store's list by its code.
   */
  kind:
    | "cash"
    | {
        typed: {
          code: TenderCode;
          reference?: TenderReference;
        };
      };
  amount: Money1;
}
/**
 * An amount to its currency's minor unit.
 */
export interface Money2 {
  amount: Decimal;
  /**
   * ISO 4217.
   */
  currency: string;
}
/**
 * A line as it was priced: what a receipt, a return and an audit need of it, whatever the catalog says later.
 */
export interface PricedLine {
  number: number;
  sku: Sku;
  description: string;
  scanned: null | string;
  unit: "piece" | "kilogram" | "litre" | "metre";
  stock:
    | ("counter" | "strict" | "untracked")
    | {
        /**
         * Its parts leave stock in its place.
         */
        bundle: {
          components: {
            sku: Sku;
            quantity: Quantity;
            rule?: "counter" | "strict" | "untracked";
          }[];
        };
      };
  quantity: Quantity;
  price_list: string;
  price:
    | {
        list: {
          unit_price: UnitPrice;
        };
      }
    | {
        override: {
          unit_price: UnitPrice;
          list_price: UnitPrice;
          reason: Reason;
        };
      }
    | {
        open: {
          unit_price: UnitPrice;
        };
      }
    | {
        /**
         * The label of the piece states its price.
         */
        label: {
          unit_price: UnitPrice;
        };
      };
  /**
   * Unit price times quantity, rounded once.
   */
  extended: Money1;
  discount:
    | "none"
    | {
        percent: {
          rate: Rate;
          amount: Money1;
          reason: Reason;
        };
      }
    | {
        amount: {
          amount: Money1;
          reason: Reason;
        };
      }
    | {
        /**
         * More than one thing came off, or something that nobody gave by hand.
         */
        parts: {
          parts: {
            source:
              | {
                  line: {
                    reason: Reason;
                  };
                }
              | {
                  promotion: {
                    code: string;
                    name: string;
                    coupon: null | string;
                  };
                }
              | {
                  /**
                   * This line's share of what was given on the whole basket.
                   */
                  basket: {
                    reason: Reason;
                  };
                };
            amount: Money1;
          }[];
        };
      };
  tax_class: string;
  taxes: {
    code: string;
    rate: Rate;
    tax: Money1;
  }[];
  net: Money1;
  gross: Money1;
  fate:
    | "kept"
    | {
        voided: {
          reason: Reason;
        };
      };
}
/**
 * gross = net + tax. The discount is what came off, positive.
 */
export interface Totals {
  net: Money1;
  tax: Money1;
  gross: Money1;
  discount: Money1;
}
/**
 * What is kept of a card, never its number.
 */
export interface CardFacts {
  scheme: string | null;
  /**
   * The last four digits of its number.
   */
  last_four: string | null;
  entry: null | ("chip" | "contactless" | "magnetic_stripe" | "mobile" | "qr_code" | "by_reference");
  wallet: string | null;
  aid: string | null;
  auth_code: string | null;
  token: string | null;
}
export interface Catalog {
  version: Sequence;
  content_hash: null | Hash;
  products: number;
}
/**
 * For this moment only. Nothing of it is kept or sent again.
 */
export interface CounterEvent {
  counter:
    | {
        scanned: Scanned;
      }
    | {
        scanner: ScannerView;
      }
    | {
        scale: ScaleView;
      };
}
export interface Scanned {
  scanner: DeviceName;
  /**
   * The kind of code by AIM's three characters; none where the scanner does not say.
   */
  symbology: string | null;
  code:
    | {
        plain: {
          text: string;
          /**
           * In its form of fourteen digits, when the check digit is right.
           */
          gtin: string | null;
          add_on: string | null;
          item: ScannedItem;
        };
      }
    | {
        elements: ScannedElements;
      }
    | {
        malformed: {
          ai: string | null;
          why: string;
        };
      }
    | {
        looks_like_card: {
          masked: string;
        };
      };
}
/**
 * An element string of GS1, or its Digital Link.
 */
export interface ScannedElements {
  text: string;
  gtin: string | null;
  item: ScannedItem;
  batch: string | null;
  serial: string | null;
  /**
   * Year, month and day.
   */
  best_before: string | null;
  expiry: string | null;
  count: number | null;
  net_weight: null | Weight;
  price: null | {
    amount: string;
    /**
     * Its number in ISO 4217; the store's own without one.
     */
    currency: number | null;
    of: "payable" | "item" | "unit_of_measure";
  };
  /**
   * Each identifier with its value, in the order of the code.
   */
  elements: {
    ai: string;
    value: string;
  }[];
}
/**
 * Exactly as the scale or the label states it.
 */
export interface Weight {
  amount: string;
  unit: "mg" | "g" | "kg" | "t" | "lb" | "oz";
}
export interface ScannerView {
  scanner: DeviceName;
  /**
   * Made of software.
   */
  simulated: boolean;
  connected: boolean;
  /**
   * Why it is not there, for the cashier.
   */
  text: string | null;
}
export interface ScaleView {
  scale: DeviceName;
  /**
   * Made of software. Nothing lies on it.
   */
  simulated: boolean;
  state: "stable" | "zero" | "in_motion" | "below_zero" | "over_capacity" | "not_ready" | "not_connected";
  /**
   * For a display and nothing else. What is sold is weighed with POST /api/v1/till/scale.
   */
  net: null | Weight;
  /**
   * What the scale was told through the hub to take for the container. Some scales do not say how much it is. The hub knows of none that was set at the scale's own keys, and of none any more when the scale was away.
   */
  tare: null | {
    weight: null | Weight;
  };
  /**
   * Why it is not there, for the cashier.
   */
  text: string | null;
}
export interface DeviceText {
  text: string;
}
/**
 * The stored record. The till keeps it until the status stream says that HQ has its position.
 */
export interface OfferRecord {
  position: Position;
  /**
   * How the stored payload is packed before base64; zstd beyond 16 KiB.
   */
  encoding?: "plain" | "zstd";
  /**
   * Base64 (standard, padded).
   */
  payload: string;
}
/**
 * Where the outcome stands in the hub's journal.
 */
export interface Position {
  epoch: Id;
  seq: Sequence;
  hash: Hash;
}
/**
 * The tenders sum to due + rounding + change; negative where money goes back.
 */
export interface Payment {
  due: Money1;
  tenders: Tender[];
  rounding: Money1;
  change: Money1;
}
export interface Tender {
  /**
   * A snapshot of the type as it was when it was taken.
   */
  kind:
    | "cash"
    | {
        typed: {
          code: TenderCode;
          class: "cash" | "voucher" | "other" | "stored_value" | "on_account" | "electronic";
          reference: TenderReference;
        };
      }
    | {
        /**
         * What a device confirmed.
         */
        electronic: {
          code: TenderCode;
          attempt: Id;
          device: DeviceName;
          /**
           * By what the device finds it again.
           */
          transaction: string;
          card: CardFacts;
        };
      };
  amount: Money1;
}
export interface Reply {
  id: Id;
  answer:
    | {
        /**
         * Done, and durable at this hub.
         */
        accepted: {
          position: Position;
          summary: Summary;
          warnings: Warning[];
          record: OfferRecord;
        };
      }
    | {
        /**
         * The business said no. Kept for ever: a retry gets the same.
         */
        refused: {
          position: Position;
          code: Code;
          text: string;
          record: OfferRecord;
        };
      }
    | {
        /**
         * Not decided: send the same bytes again later.
         */
        retry: {
          code: Code;
          text: string;
          after_ms: number;
        };
      }
    | {
        /**
         * Not decided and never will be.
         */
        rejected: {
          code: Code;
          text: string;
        };
      };
}
export interface Status {
  epoch: Id;
  head_seq: Sequence;
  headquarters_seq: Sequence;
  waiting: Sequence;
  /**
   * current: everything is at HQ. behind: something waits. alone: HQ cannot be reached. The store sells in all three.
   */
  hub: "current" | "behind" | "alone";
  tills: {
    terminal: Id;
    number: number;
    name: string;
    connected: boolean;
  }[];
}
export interface Stock {
  seq: Sequence;
  previous: Sequence;
  levels: {
    sku: Sku;
    on_hand: Quantity;
    reserved: Quantity;
    available: Quantity;
  }[];
}
export interface TenderView {
  attempt: Id;
  /**
   * The order that it pays for; none for what goes back.
   */
  order: null | Id;
  code: TenderCode;
  device: DeviceName;
  amount: Money1;
  state:
    | ("started" | "under_way" | "disowned" | "goes_back" | "given_back")
    | {
        in_doubt: DeviceText;
      }
    | {
        approved: {
          amount: Money1;
          tip: Money1;
          card: CardFacts;
          signature: boolean;
        };
      }
    | {
        declined: {
          reason:
            | "aborted"
            | "busy"
            | "cancel"
            | "device_out"
            | "invalid_card"
            | "not_allowed"
            | "not_found"
            | "refusal"
            | "unreachable_host"
            | "wrong_pin"
            | "not_sent"
            | "given_back";
          text: string;
        };
      }
    | {
        unclaimed: DeviceText;
      }
    | {
        taken: {
          transaction: Id;
        };
      };
}
export interface TillEvent {
  /**
   * Of this till's events since the hub started, from 1.
   */
  number: string;
  attempt: Id;
  news:
    | {
        step:
          | ("connecting" | "present_card" | "enter_pin" | "customer_chooses" | "authorising" | "remove_card")
          | {
              show_qr: DeviceText;
            }
          | {
              says: DeviceText;
            };
      }
    | {
        standing: {
          /**
           * Where it is durable in the hub's journal.
           */
          seq: string;
          tender: TenderView;
        };
      };
}
