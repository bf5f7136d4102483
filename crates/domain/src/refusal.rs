//! What the business refuses, with a code, the fact, and what to do about it.

use holdfast_money::{Currency, Money, Quantity, Rate, UnitPrice};

use crate::attempt::DeviceListFault;
use crate::bounded::{
    CouponCode, DeviceName, Label, OrderTag, Sku, TenderCode, TenderReference, ValueNumber,
};
use crate::calendar::{BusinessDate, Timestamp};
use crate::exposure::OfflineLimitsFault;
use crate::ids::{
    AttemptId, CountId, OrderId, ReconciliationId, ShiftId, StaffId, SubjectId, TerminalId, TransactionId,
};
use crate::island::SumFault;
use crate::line::LineNumber;
use crate::order::OrderState;
use crate::receipt::ReceiptNumber;
use crate::staff::{Permission, RoleNumber, StaffNumber};
use crate::tender::TenderListFault;

/// Every code of a refusal with its meaning; `docs/errors` has a page for each.
pub const ERROR_CODES: &[(&str, &str)] = &[
    ("HF-CMD-101", "nobody is signed on at the till"),
    ("HF-CMD-102", "staff number and PIN do not match"),
    ("HF-CMD-103", "too many wrong PINs"),
    ("HF-CMD-104", "the operator may not do this"),
    ("HF-CMD-110", "no shift is open at the till"),
    ("HF-CMD-111", "a shift is open at the till already"),
    ("HF-CMD-112", "the shift is not the one that is open"),
    ("HF-CMD-113", "the id of a shift was used before"),
    ("HF-CMD-114", "the business date lies in the future"),
    ("HF-CMD-120", "nothing in the basket counts"),
    ("HF-CMD-121", "the basket has too many lines"),
    ("HF-CMD-122", "a line number is there twice"),
    ("HF-CMD-123", "an item is not in the catalog"),
    ("HF-CMD-124", "a quantity is not more than zero"),
    ("HF-CMD-125", "a part of a piece was asked for"),
    ("HF-CMD-126", "the store has no tax rule for a product"),
    ("HF-CMD-127", "a discount is more than the line costs"),
    ("HF-CMD-128", "an amount is too large to be stored"),
    ("HF-CMD-129", "an amount is not in the store's currency"),
    ("HF-CMD-130", "an amount is negative"),
    ("HF-CMD-131", "the total is not what the customer was shown"),
    ("HF-CMD-132", "not enough stock is available"),
    ("HF-CMD-140", "the order exists already"),
    ("HF-CMD-141", "the order is not known at this hub"),
    ("HF-CMD-142", "the order's state does not allow this"),
    ("HF-CMD-143", "the order has payments"),
    ("HF-CMD-144", "training and live were mixed"),
    ("HF-CMD-145", "stock does not change in training"),
    ("HF-CMD-150", "too little was tendered"),
    ("HF-CMD-151", "no tender has an amount"),
    ("HF-CMD-152", "a deposit covers the whole order"),
    ("HF-CMD-160", "the sale is not known"),
    ("HF-CMD-161", "the sale was reversed as a whole"),
    ("HF-CMD-162", "something of the sale came back before"),
    ("HF-CMD-163", "the sale belongs to another shift"),
    ("HF-CMD-164", "the line is not on the receipt"),
    ("HF-CMD-165", "more is brought back than is left of the line"),
    ("HF-CMD-166", "the drawer cannot pay that out"),
    ("HF-CMD-167", "an amount of zero moves no cash"),
    ("HF-CMD-170", "a receipt number was used before"),
    ("HF-CMD-171", "a receipt number skips too many"),
    ("HF-CMD-180", "the till is not enrolled in this store"),
    ("HF-CMD-181", "the store is not configured"),
    ("HF-CMD-182", "the staff number is taken"),
    ("HF-CMD-183", "the till number is taken"),
    ("HF-CMD-184", "no till number is left"),
    ("HF-CMD-185", "a record was given back too early"),
    ("HF-CMD-186", "the identity belongs to another store"),
    ("HF-CMD-187", "the currency cannot change any more"),
    ("HF-CMD-190", "the customer is not registered"),
    ("HF-CMD-191", "the customer was erased"),
    ("HF-CMD-192", "the customer is registered already"),
    ("HF-CMD-193", "the customer was merged into another one"),
    ("HF-CMD-194", "a customer cannot be merged with themselves"),
    ("HF-CMD-240", "the role is not defined"),
    ("HF-CMD-241", "a discount is above the limit of the role"),
    ("HF-CMD-242", "the discounts of a basket are above the limit of the role"),
    ("HF-CMD-243", "a refund is above the limit of the role"),
    ("HF-CMD-244", "nobody would be left who may change staff"),
    ("HF-CMD-245", "the store has defined all the roles it can"),
    ("HF-CMD-246", "the approver's staff number and PIN do not match"),
    ("HF-CMD-247", "too many wrong PINs of the approver"),
    ("HF-CMD-248", "the approver's PIN is missing"),
    ("HF-CMD-249", "the operator cannot approve for themselves"),
    ("HF-CMD-220", "the store does not take such a tender"),
    ("HF-CMD-221", "a tender has no reference"),
    ("HF-CMD-222", "a reference could hold a card's number"),
    ("HF-CMD-223", "a tender gives no change"),
    ("HF-CMD-224", "a tender is too much more than what is due"),
    ("HF-CMD-225", "the till alone may not take this tender"),
    ("HF-CMD-226", "the list of tender types is wrong"),
    ("HF-CMD-227", "the pieces do not sum to what was declared"),
    ("HF-CMD-228", "a tender was not counted"),
    ("HF-CMD-229", "a tender was declared twice"),
    ("HF-CMD-230", "too much of a tender would be refunded in cash"),
    ("HF-CMD-231", "a list of tenders or pieces is too long"),
    ("HF-CMD-250", "the till is locked"),
    ("HF-CMD-251", "a count is under way already"),
    ("HF-CMD-252", "the count is not under way"),
    ("HF-CMD-253", "the product is not part of the count"),
    ("HF-CMD-254", "less than nothing was counted"),
    ("HF-CMD-255", "the count has too many products"),
    ("HF-CMD-256", "goods at the counter are held until they are paid"),
    ("HF-CMD-257", "goods were to be held until a time that has passed"),
    ("HF-CMD-260", "the basket's discount is more than the basket"),
    ("HF-CMD-261", "the item has no price of its own"),
    ("HF-CMD-262", "the item's price is not open"),
    ("HF-CMD-263", "a label with a weight or price is one piece"),
    ("HF-CMD-264", "the coupon is unknown"),
    ("HF-CMD-265", "the coupon is used up"),
    ("HF-CMD-266", "the basket has too many coupons"),
    ("HF-CMD-267", "the order tag is unknown"),
    ("HF-CMD-270", "the gift card, store credit or account is not known"),
    ("HF-CMD-271", "the gift card, store credit or account is blocked"),
    ("HF-CMD-272", "the gift card or store credit has too little"),
    ("HF-CMD-273", "the number of a gift card, store credit or account is taken"),
    ("HF-CMD-274", "stored value of training and live was mixed"),
    ("HF-CMD-275", "stored value was to be paid with stored value"),
    ("HF-CMD-276", "something of the gift card was spent"),
    ("HF-CMD-277", "nothing of the refund is for store credit"),
    ("HF-CMD-278", "a gift card was to be issued for nothing"),
    ("HF-CMD-279", "the account is another customer's"),
    ("HF-CMD-280", "the customer would owe more than the limit of the account"),
    ("HF-CMD-281", "more than is owed was to be paid off an account"),
    ("HF-CMD-282", "the number belongs to another tender"),
    ("HF-CMD-283", "a tip came with a deposit"),
    ("HF-CMD-284", "the tender takes no such tip"),
    ("HF-CMD-285", "a marked down price is no lower"),
    ("HF-CMD-286", "the catalog has changed meanwhile"),
    ("HF-CMD-290", "the tender is taken by hand and not by a device"),
    ("HF-CMD-291", "the tender is taken by a device and not by hand"),
    ("HF-CMD-292", "the till has no device for the tender"),
    ("HF-CMD-293", "the payment device is in use"),
    ("HF-CMD-294", "more was to be taken or given back than is open"),
    ("HF-CMD-295", "a payment device is at a payment of the order"),
    ("HF-CMD-296", "a payment device has taken money for the order"),
    ("HF-CMD-297", "the payment at a device is not known"),
    ("HF-CMD-298", "the payment at a device is past that"),
    ("HF-CMD-299", "a device has to give the money back first"),
    ("HF-CMD-300", "the payment device cannot give it back"),
    ("HF-CMD-301", "a second person has to say what became of a payment"),
    ("HF-CMD-302", "the list of payment devices is wrong"),
    ("HF-CMD-303", "a payment device is not in the hub's settings"),
    ("HF-CMD-304", "a payment device ends its day now"),
    ("HF-CMD-305", "nobody knows whether a payment device ended its day"),
    ("HF-CMD-306", "no answer about a payment device's end of day is lost"),
    ("HF-CMD-307", "an end of a payment device's day is over, or unknown"),
    ("HF-CMD-196", "whoever sold alone is not staff of the store"),
    ("HF-CMD-197", "what a till sold alone does not add up"),
    ("HF-CMD-198", "the sale bears two numbers already"),
    ("HF-CMD-200", "another till has the order in hand"),
    ("HF-CMD-201", "the order is parked"),
    ("HF-CMD-202", "the order has changed since the till saw it"),
    ("HF-CMD-203", "the line is not in the order"),
    ("HF-CMD-204", "a smaller quantity needs a reason"),
    ("HF-CMD-205", "nothing was to be changed"),
    ("HF-CMD-206", "nobody made sure of the customer's age"),
    ("HF-CMD-207", "the line's number is too large"),
    ("HF-CMD-208", "the basket has too many notes"),
    ("HF-CMD-209", "an exchange is made at the counter"),
    ("HF-CMD-210", "nothing was closed on the day since its last report"),
    ("HF-CMD-211", "the Z is not known or too old"),
    ("HF-CMD-212", "the Z has no such tender"),
    ("HF-CMD-213", "the Z says so already"),
    ("HF-CMD-214", "the shift is at that till already"),
    ("HF-CMD-215", "the till to move to is not in service"),
    ("HF-CMD-216", "the till to move to has a shift"),
    ("HF-CMD-217", "the payment is too large for a terminal that approves by itself"),
    ("HF-CMD-218", "too much card money is outstanding that no bank has approved"),
    ("HF-CMD-219", "too many payments were approved without a bank in a while"),
    ("HF-CMD-233", "the payment device cannot be reached"),
    ("HF-CMD-232", "the limits for payments without a bank are wrong"),
];

/// A refusal as it is kept in the journal: the code is for machines, the text is what the cashier was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalNote {
    pub code: String,
    pub text: String,
}

/// Why the business says no. A value, never an error: it is journaled, and a retry gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("nobody is signed on at this till; sign on with a staff number and PIN")]
    NotSignedOn,
    #[error("staff number {number} and PIN do not match; try again")]
    WrongPin { number: StaffNumber },
    #[error("too many wrong PINs for staff number {number}; wait, or ask a manager")]
    LockedOut { number: StaffNumber },
    #[error("this needs the permission to {permission}; ask somebody who has it to approve it or to sign on")]
    NotPermitted { permission: Permission },
    #[error("no shift is open at this till; open one with the float that is in the drawer")]
    NoShift,
    #[error("shift {shift} is already open at this till; close it first")]
    ShiftAlreadyOpen { shift: ShiftId },
    #[error("shift {shift} is not the open shift of this till")]
    ShiftNotOpen { shift: ShiftId },
    #[error("shift {shift} was opened before; a new shift needs a new id")]
    ShiftIdUsed { shift: ShiftId },
    #[error("business date {date} is in the future of this store")]
    DateInFuture { date: BusinessDate },
    #[error("the basket has no line that counts; add an item")]
    EmptyBasket,
    #[error("the basket has more than {max} lines; place it as two orders")]
    TooManyLines { max: usize },
    #[error("line number {line} is there twice")]
    DuplicateLine { line: LineNumber },
    #[error("item {item} is not in the catalog; check the number or ask for it to be added")]
    UnknownItem { item: String },
    #[error("the quantity {quantity} of line {line} must be more than zero")]
    QuantityNotPositive { line: LineNumber, quantity: Quantity },
    #[error("{sku} is sold by the piece; {quantity} is not a whole number")]
    QuantityNotWhole { sku: Sku, quantity: Quantity },
    #[error("the store has no tax rule for class {class} of {sku}; ask HQ to set it")]
    NoTaxRule { sku: Sku, class: String },
    #[error("the discount on line {line} is more than the line costs")]
    DiscountTooLarge { line: LineNumber },
    #[error("the discount on the basket is more than its {whole}")]
    BasketDiscountTooLarge { whole: Money },
    #[error("{sku} on line {line} has no price of its own; type what it costs")]
    PriceNeeded { line: LineNumber, sku: Sku },
    #[error("{sku} on line {line} has a price; to sell it at another one, override it with a reason")]
    PriceNotOpen { line: LineNumber, sku: Sku },
    #[error("the label on line {line} states its own weight or price; scan each piece by itself")]
    LabelIsOnePiece { line: LineNumber },
    #[error("coupon {coupon} belongs to no promotion of this store; check the code")]
    CouponUnknown { coupon: CouponCode },
    #[error("coupon {coupon} was used {used} times and cannot be used again")]
    CouponUsedUp { coupon: CouponCode, used: u32 },
    #[error("a basket takes at most {max} coupons")]
    TooManyCoupons { max: usize },
    #[error("the store has no taxes for orders tagged {tag}; check the tag or ask HQ to add it")]
    TagUnknown { tag: OrderTag },
    #[error("an amount of this basket is too large to be stored")]
    AmountOutOfRange,
    #[error("the amount {amount} is not in the store's currency")]
    ForeignCurrency { amount: Money },
    #[error("the amount {amount} must not be negative")]
    NegativeAmount { amount: Money },
    #[error("the total is {actual}, the customer was shown {expected}; show the new total")]
    TotalChanged { expected: Money, actual: Money },
    #[error("only {available} of {sku} are available, {wanted} were asked for")]
    OutOfStock { sku: Sku, available: Quantity, wanted: Quantity },
    #[error("order {order} exists already")]
    OrderExists { order: OrderId },
    #[error("order {order} is not known at this hub")]
    OrderUnknown { order: OrderId },
    #[error("order {order} is {state}; that cannot be done with it")]
    OrderNotOpen { order: OrderId, state: OrderState },
    #[error("order {order} has payments; return them before it is cancelled")]
    OrderPartlyPaid { order: OrderId },
    #[error("order {order} was placed in another mode (training or live) than this shift's")]
    ModeMismatch { order: OrderId },
    #[error("this shift is for training, where stock never changes; close it and open a live one")]
    TrainingShift,
    #[error("{due} is due and {tendered} was tendered; take the rest or take it as a deposit")]
    TenderShort { due: Money, tendered: Money },
    #[error("a payment needs at least one tender with an amount above zero")]
    NoTender,
    #[error("a deposit must be less than the open amount {due}")]
    DepositTooLarge { due: Money },
    #[error("transaction {transaction} is not a completed sale of this store")]
    SaleUnknown { transaction: TransactionId },
    #[error("the sale was post-voided; nothing of it can come back")]
    SaleVoided { transaction: TransactionId },
    #[error("the sale has returns; return the rest instead of voiding it")]
    SaleHasReturns { transaction: TransactionId },
    #[error("a post-void belongs to the shift of the sale; make a return instead")]
    OtherShift { transaction: TransactionId },
    #[error("line {line} is not on that receipt")]
    LineUnknown { line: LineNumber },
    #[error("only {returnable} of line {line} can still come back, {wanted} were asked for")]
    ReturnTooLarge { line: LineNumber, returnable: Quantity, wanted: Quantity },
    /// What it should hold is not said: who counts a drawer counts it blind.
    #[error("by the books the drawer holds less than {wanted}")]
    DrawerShort { wanted: Money },
    #[error("an amount of zero moves no cash; give what goes in or out of the drawer")]
    NothingMoved,
    #[error("receipt number {number} was used already")]
    ReceiptNumberUsed { number: ReceiptNumber },
    #[error("receipt number {number} skips more than {max} numbers of the till's series")]
    ReceiptNumberGap { number: ReceiptNumber, max: u32 },
    #[error("this till is not enrolled in this store")]
    TillUnknown,
    #[error("the store is not configured yet; finish provisioning")]
    StoreNotConfigured,
    #[error("staff number {number} is taken")]
    StaffNumberTaken { number: StaffNumber },
    #[error("till number {number} belongs to another till; pair without keeping the number")]
    TillNumberTaken { number: u16 },
    #[error("the store has given away all its till numbers")]
    TillNumbersExhausted,
    #[error(
        "what an earlier hub acknowledged builds on something this hub does not have yet; offer it again later"
    )]
    OfferOutOfOrder,
    #[error("this would change a store that already belongs to another identity")]
    StoreMismatch,
    #[error("the store's currency is {currency} and it has traded in it; another currency is another store")]
    CurrencyFixed { currency: Currency },
    #[error(
        "no customer {subject} is registered at this store; register them first, or sell without a customer"
    )]
    SubjectUnknown { subject: SubjectId },
    #[error(
        "customer {subject} was erased, and the id is never used again; register anew, or sell without a customer"
    )]
    SubjectErased { subject: SubjectId },
    #[error("customer {subject} is registered already")]
    SubjectRegistered { subject: SubjectId },
    #[error("customer {subject} was registered twice and is {into} now; use that id")]
    SubjectMerged { subject: SubjectId, into: SubjectId },
    #[error(
        "customer {subject} cannot be merged with themselves; give the id that goes and the other one that is kept"
    )]
    SubjectItself { subject: SubjectId },
    #[error("role {role} is not defined in this store; define it first")]
    RoleUnknown { role: RoleNumber },
    #[error("the discount on line {line} is more than the {limit} that may be given; ask for an approval")]
    DiscountAboveLimit { line: LineNumber, limit: Rate },
    #[error("the discounts take more than the {limit} of a basket that may be given; ask for an approval")]
    BasketDiscountAboveLimit { limit: Rate },
    #[error("a refund of {wanted} is more than the {limit} that may be given back; ask for an approval")]
    RefundAboveLimit { limit: Money, wanted: Money },
    #[error("nobody would be left who may change staff; give another person that permission first")]
    LastManager,
    #[error("the store has {max} roles of its own; change one that it has")]
    TooManyRoles { max: usize },
    #[error("staff number {number} and PIN of the approval do not match; ask for it again")]
    ApprovalWrongPin { number: StaffNumber },
    #[error("too many wrong PINs for staff number {number}; wait, or ask another person to approve")]
    ApprovalLockedOut { number: StaffNumber },
    #[error("the approval came without its PIN, because the till was restarted meanwhile; ask for it again")]
    ApprovalNotGiven { number: StaffNumber },
    #[error("staff number {number} is signed on here; an approval comes from a second person")]
    ApprovalBySelf { number: StaffNumber },
    #[error("this store takes no tender {code}; choose one of its list")]
    TenderUnknown { code: TenderCode },
    #[error("tender {code} needs a reference, such as the authorisation code and the last four digits")]
    TenderReferenceMissing { code: TenderCode },
    #[error(
        "the reference of tender {code} has too many digits; never type a card's number, only its last four"
    )]
    ReferenceHoldsCardData { code: TenderCode },
    #[error("{over} more than is due would be paid with tenders that give no change; take less of them")]
    ChangeNotGiven { over: Money },
    #[error("{over} more than is due was tendered and {max} may be; take less")]
    OverTendered { over: Money, max: Money },
    #[error("a till that sells alone may not take tender {code}; take another")]
    TenderNotOffline { code: TenderCode },
    #[error("the list of tender types cannot be used: {fault}")]
    TenderListInvalid { fault: TenderListFault },
    #[error("the pieces sum to {counted} and {declared} was declared; count again")]
    CountMismatch { declared: Money, counted: Money },
    #[error("tender {code} was taken in this shift and must be counted; declare what is there")]
    CountMissing { code: TenderCode },
    #[error("tender {code} was declared twice; declare one sum of it")]
    DeclaredTwice { code: TenderCode },
    #[error(
        "tender {code} takes nothing back and {wanted} of it would be refunded in cash, at most {max} may be"
    )]
    CashRefundTooLarge { code: TenderCode, max: Money, wanted: Money },
    #[error("more than {max} tenders or pieces; join what is alike")]
    TooManyTenders { max: usize },
    #[error("this till is locked; sign on to go on")]
    TillLocked,
    #[error("count {count} is under way; finish or cancel it first")]
    CountUnderWay { count: CountId },
    #[error("count {count} is not under way in this store")]
    CountUnknown { count: CountId },
    #[error("{sku} is not part of this count")]
    NotInCount { sku: Sku },
    #[error("{quantity} of {sku} cannot have been found; nothing is the least")]
    CountNegative { sku: Sku, quantity: Quantity },
    #[error("a count has at most {max} products; finish it and count the rest in another one")]
    CountTooLarge { max: usize },
    #[error(
        "goods at the counter are held until they are paid; a last day is for orders that are fetched later"
    )]
    ReservedAtCounter,
    #[error("goods cannot be held until a time that has passed; choose a later one")]
    ReservedInPast,
    #[error(
        "till {till} has order {order} in hand, staff number {staff}, since {since}; ask there, or take it over by permission"
    )]
    OrderHeld { order: OrderId, till: u16, staff: StaffNumber, since: Timestamp },
    #[error("order {order} is parked as `{label}`; retrieve it first")]
    OrderParked { order: OrderId, label: Label },
    #[error("order {order} is at revision {current}, this till saw {seen}; read it again")]
    OrderChanged { order: OrderId, seen: u32, current: u32 },
    #[error("line {line} is not in the order, or was voided; read the order again")]
    LineNotInOrder { line: LineNumber },
    #[error("line {line} gets less than before; give a reason for it")]
    ReasonMissing { line: LineNumber },
    #[error("the request changes nothing of the order; name at least one change")]
    NothingEdited,
    #[error(
        "{sku} is sold from {age} years on; make sure of the customer's age and say how, or void the line"
    )]
    AgeNotChecked { sku: Sku, age: u8 },
    #[error("line {line} has a number above {max}; number lines from 1")]
    LineNumberTooLarge { line: LineNumber, max: u16 },
    #[error("a basket has at most {max} notes; join what belongs together")]
    TooManyNotes { max: usize },
    #[error("goods are exchanged for goods that are here; order what is fetched later by itself")]
    ExchangeNotAtCounter,
    #[error("no shift of {day} was closed or corrected since its last day Z; close a shift first")]
    NothingClosed { day: BusinessDate },
    #[error("Z {z_number} is not known here, or too old to be corrected; check the number on the paper")]
    ZUnknown { z_number: u32 },
    #[error("Z {z_number} has no line of tender {code}; check the code on the paper")]
    TenderNotInZ { z_number: u32, code: TenderCode },
    #[error("Z {z_number} says that of tender {code} already; give what was really there")]
    NothingCorrected { z_number: u32, code: TenderCode },
    #[error("shift {shift} is at that till already")]
    ShiftIsThere { shift: ShiftId },
    #[error("till {terminal} is not in service here; pair it first, or choose another")]
    TargetTillUnknown { terminal: TerminalId },
    #[error("till {till} has an open shift; close it first, or choose another till")]
    TargetTillBusy { till: u16 },
    #[error("no gift card, store credit or account {account} is known at this store; check the number")]
    ValueUnknown { account: TenderReference },
    #[error("{account} is blocked; take another tender and ask a manager")]
    ValueBlocked { account: ValueNumber },
    #[error("{account} has {balance} and {wanted} was to be paid with it; take the rest otherwise")]
    ValueShort { account: ValueNumber, balance: Money, wanted: Money },
    #[error("number {account} is another gift card, store credit or account; use a new number")]
    ValueNumberTaken { account: ValueNumber },
    #[error("{account} was issued in another mode (training or live) than this shift's")]
    ValueOfOtherMode { account: ValueNumber },
    #[error("gift cards, store credit and accounts are not paid with one another; take another tender")]
    ValueForValue,
    #[error("something of {account} was spent; what is left stays on it")]
    ValueSpent { account: ValueNumber },
    #[error("everything goes back to what it was paid with; leave the store credit out")]
    CreditNotDue,
    #[error("an amount of zero is no gift card; give what the customer pays for it")]
    ValueOfNothing,
    #[error("account {account} is another customer's; set the order's customer, or take another tender")]
    AccountOfAnother { account: ValueNumber },
    #[error("{available} can still be bought on account {account}, not {wanted}; take the rest otherwise")]
    AccountExhausted { account: ValueNumber, available: Money, wanted: Money },
    #[error("{owed} is owed on account {account}; nothing more is paid off")]
    AccountOverpaid { account: ValueNumber, owed: Money },
    #[error("{account} is paid with as {code}; choose that tender")]
    TenderOfOtherKind { account: ValueNumber, code: TenderCode },
    #[error("a tip comes with the payment that completes the sale; leave it out of the deposit")]
    TipWithDeposit,
    #[error("a tip of {amount} cannot be taken as {code}; take cash in coins that there are, or a card")]
    TipNotTaken { code: TenderCode, amount: Money },
    #[error("{sku} costs {price} already; mark it down to less")]
    NotCheaper { sku: Sku, price: UnitPrice },
    #[error("the catalog is at version {current}, the change was made to {base}; make it again")]
    CatalogChanged { base: u64, current: u64 },
    #[error("{code} is taken by hand; give it with the payment")]
    TenderByHand { code: TenderCode },
    #[error("{code} is confirmed by a device; start it there, and what was approved counts for the order")]
    TenderByDevice { code: TenderCode },
    #[error("no device of this till takes {code}; name another one, or take another tender")]
    NoDevice { code: TenderCode },
    #[error("{device} is in use by till {till}; take another terminal or another tender, or wait")]
    DeviceBusy { device: DeviceName, till: u16 },
    #[error("{open} is open and not {wanted}; ask for no more than that")]
    TenderTooMuch { wanted: Money, open: Money },
    #[error("{device} is at a payment of this order; wait for it, or stop it there")]
    TenderUnderWay { device: DeviceName },
    #[error("{device} has taken money for this order; complete the sale, or give the money back first")]
    TenderHeld { device: DeviceName },
    #[error("no payment {attempt} is known; look at the order or the sale")]
    AttemptUnknown { attempt: AttemptId },
    #[error("what became of payment {attempt} is known, or another person said so; look at it again")]
    AttemptNotOpen { attempt: AttemptId },
    #[error("{wanted} goes back to {code} and the device gave {given}; let it give back {original} first")]
    RefundFirst { original: AttemptId, code: TenderCode, wanted: Money, given: Money },
    #[error("{device} cannot give this back; take the terminal that it was paid at, or ask a manager")]
    NoRefundAtDevice { device: DeviceName },
    #[error("whoever began the payment does not say alone what became of it; a second person approves it")]
    SecondPersonNeeded,
    #[error("the list of payment devices is wrong: {fault}; put the hub's settings right")]
    DeviceListInvalid { fault: DeviceListFault },
    #[error("no payment device {device} is in the hub's settings; check its name")]
    DeviceUnknown { device: DeviceName },
    #[error("{device} ends its day now; wait, take another terminal, or take another tender")]
    DeviceReconciling { device: DeviceName },
    #[error(
        "nobody knows whether {device} ended its day, because its answer was lost; look at its paper, and say what it says with the next reconciliation"
    )]
    DayEndLost { device: DeviceName },
    #[error("no answer of {device} about an end of day is lost; leave out what was found out")]
    NoDayEndLost { device: DeviceName },
    #[error("end of day {reconciliation} is over, or was never asked for here")]
    ReconciliationNotOpen { reconciliation: ReconciliationId },
    #[error(
        "{device} does not reach its bank and approves by itself, at most {floor} at once; {wanted} was asked for: take another terminal or another tender"
    )]
    OfflineTooLarge { device: DeviceName, floor: Money, wanted: Money },
    #[error(
        "{device} does not reach its bank, and with this {wanted} more than {cumulative} would be outstanding: {outstanding} is already; take another terminal or another tender, or end the terminal's day when it is connected again"
    )]
    OfflineTooMuch { device: DeviceName, cumulative: Money, outstanding: Money, wanted: Money },
    #[error(
        "{device} does not reach its bank, and {count} payments of {outstanding} in all were approved without one within {minutes} minutes, {velocity} are allowed; take another terminal or another tender, or wait"
    )]
    OfflineTooMany { device: DeviceName, velocity: u16, minutes: u16, count: u32, outstanding: Money },
    #[error(
        "{device} cannot be reached since {since}; take another terminal or another tender, or check that it is on and connected and try again"
    )]
    DeviceOutOfReach { device: DeviceName, since: Timestamp },
    #[error("the drawer at `{drawer}` stands as its sensor said before")]
    DrawerStandsSo { drawer: Label },
    #[error("nobody of this store's staff has the id {staff}; take them on, and send the sale again")]
    StaffUnknown { staff: StaffId },
    #[error("receipt {receipt} bears the number {alias} too; a third one is another sale's")]
    ReceiptAliased { receipt: ReceiptNumber, alias: ReceiptNumber },
    #[error("what was sold alone does not add up: {fault}; send it again as it was")]
    SaleDoesNotAddUp { fault: SumFault },
    #[error("the limits for payments without a bank are wrong: {fault}; put the hub's settings right")]
    OfflineLimitsInvalid { fault: OfflineLimitsFault },
}

impl Refusal {
    /// The stable code that documentation pages and machines use.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TenderByHand { .. } => "HF-CMD-290",
            Self::TenderByDevice { .. } => "HF-CMD-291",
            Self::NoDevice { .. } => "HF-CMD-292",
            Self::DeviceBusy { .. } => "HF-CMD-293",
            Self::TenderTooMuch { .. } => "HF-CMD-294",
            Self::TenderUnderWay { .. } => "HF-CMD-295",
            Self::TenderHeld { .. } => "HF-CMD-296",
            Self::AttemptUnknown { .. } => "HF-CMD-297",
            Self::AttemptNotOpen { .. } => "HF-CMD-298",
            Self::RefundFirst { .. } => "HF-CMD-299",
            Self::NoRefundAtDevice { .. } => "HF-CMD-300",
            Self::SecondPersonNeeded => "HF-CMD-301",
            Self::DeviceListInvalid { .. } => "HF-CMD-302",
            Self::OfflineTooLarge { .. } => "HF-CMD-217",
            Self::OfflineTooMuch { .. } => "HF-CMD-218",
            Self::OfflineTooMany { .. } => "HF-CMD-219",
            Self::DeviceOutOfReach { .. } => "HF-CMD-233",
            Self::DrawerStandsSo { .. } => "HF-CMD-195",
            Self::StaffUnknown { .. } => "HF-CMD-196",
            Self::SaleDoesNotAddUp { .. } => "HF-CMD-197",
            Self::ReceiptAliased { .. } => "HF-CMD-198",
            Self::OfflineLimitsInvalid { .. } => "HF-CMD-232",
            Self::DeviceUnknown { .. } => "HF-CMD-303",
            Self::DeviceReconciling { .. } => "HF-CMD-304",
            Self::DayEndLost { .. } => "HF-CMD-305",
            Self::NoDayEndLost { .. } => "HF-CMD-306",
            Self::ReconciliationNotOpen { .. } => "HF-CMD-307",
            Self::NotSignedOn => "HF-CMD-101",
            Self::WrongPin { .. } => "HF-CMD-102",
            Self::LockedOut { .. } => "HF-CMD-103",
            Self::NotPermitted { .. } => "HF-CMD-104",
            Self::NoShift => "HF-CMD-110",
            Self::ShiftAlreadyOpen { .. } => "HF-CMD-111",
            Self::ShiftNotOpen { .. } => "HF-CMD-112",
            Self::ShiftIdUsed { .. } => "HF-CMD-113",
            Self::DateInFuture { .. } => "HF-CMD-114",
            Self::EmptyBasket => "HF-CMD-120",
            Self::TooManyLines { .. } => "HF-CMD-121",
            Self::DuplicateLine { .. } => "HF-CMD-122",
            Self::UnknownItem { .. } => "HF-CMD-123",
            Self::QuantityNotPositive { .. } => "HF-CMD-124",
            Self::QuantityNotWhole { .. } => "HF-CMD-125",
            Self::NoTaxRule { .. } => "HF-CMD-126",
            Self::DiscountTooLarge { .. } => "HF-CMD-127",
            Self::BasketDiscountTooLarge { .. } => "HF-CMD-260",
            Self::PriceNeeded { .. } => "HF-CMD-261",
            Self::PriceNotOpen { .. } => "HF-CMD-262",
            Self::LabelIsOnePiece { .. } => "HF-CMD-263",
            Self::CouponUnknown { .. } => "HF-CMD-264",
            Self::CouponUsedUp { .. } => "HF-CMD-265",
            Self::TooManyCoupons { .. } => "HF-CMD-266",
            Self::TagUnknown { .. } => "HF-CMD-267",
            Self::AmountOutOfRange => "HF-CMD-128",
            Self::ForeignCurrency { .. } => "HF-CMD-129",
            Self::NegativeAmount { .. } => "HF-CMD-130",
            Self::TotalChanged { .. } => "HF-CMD-131",
            Self::OutOfStock { .. } => "HF-CMD-132",
            Self::OrderExists { .. } => "HF-CMD-140",
            Self::OrderUnknown { .. } => "HF-CMD-141",
            Self::OrderNotOpen { .. } => "HF-CMD-142",
            Self::OrderPartlyPaid { .. } => "HF-CMD-143",
            Self::ModeMismatch { .. } => "HF-CMD-144",
            Self::TrainingShift => "HF-CMD-145",
            Self::TenderShort { .. } => "HF-CMD-150",
            Self::NoTender => "HF-CMD-151",
            Self::DepositTooLarge { .. } => "HF-CMD-152",
            Self::SaleUnknown { .. } => "HF-CMD-160",
            Self::SaleVoided { .. } => "HF-CMD-161",
            Self::SaleHasReturns { .. } => "HF-CMD-162",
            Self::OtherShift { .. } => "HF-CMD-163",
            Self::LineUnknown { .. } => "HF-CMD-164",
            Self::ReturnTooLarge { .. } => "HF-CMD-165",
            Self::DrawerShort { .. } => "HF-CMD-166",
            Self::NothingMoved => "HF-CMD-167",
            Self::ReceiptNumberUsed { .. } => "HF-CMD-170",
            Self::ReceiptNumberGap { .. } => "HF-CMD-171",
            Self::TillUnknown => "HF-CMD-180",
            Self::StoreNotConfigured => "HF-CMD-181",
            Self::StaffNumberTaken { .. } => "HF-CMD-182",
            Self::TillNumberTaken { .. } => "HF-CMD-183",
            Self::TillNumbersExhausted => "HF-CMD-184",
            Self::OfferOutOfOrder => "HF-CMD-185",
            Self::StoreMismatch => "HF-CMD-186",
            Self::CurrencyFixed { .. } => "HF-CMD-187",
            Self::SubjectUnknown { .. } => "HF-CMD-190",
            Self::SubjectErased { .. } => "HF-CMD-191",
            Self::SubjectRegistered { .. } => "HF-CMD-192",
            Self::SubjectMerged { .. } => "HF-CMD-193",
            Self::SubjectItself { .. } => "HF-CMD-194",
            Self::RoleUnknown { .. } => "HF-CMD-240",
            Self::DiscountAboveLimit { .. } => "HF-CMD-241",
            Self::BasketDiscountAboveLimit { .. } => "HF-CMD-242",
            Self::RefundAboveLimit { .. } => "HF-CMD-243",
            Self::LastManager => "HF-CMD-244",
            Self::TooManyRoles { .. } => "HF-CMD-245",
            Self::ApprovalWrongPin { .. } => "HF-CMD-246",
            Self::ApprovalLockedOut { .. } => "HF-CMD-247",
            Self::ApprovalNotGiven { .. } => "HF-CMD-248",
            Self::ApprovalBySelf { .. } => "HF-CMD-249",
            Self::TenderUnknown { .. } => "HF-CMD-220",
            Self::TenderReferenceMissing { .. } => "HF-CMD-221",
            Self::ReferenceHoldsCardData { .. } => "HF-CMD-222",
            Self::ChangeNotGiven { .. } => "HF-CMD-223",
            Self::OverTendered { .. } => "HF-CMD-224",
            Self::TenderNotOffline { .. } => "HF-CMD-225",
            Self::TenderListInvalid { .. } => "HF-CMD-226",
            Self::CountMismatch { .. } => "HF-CMD-227",
            Self::CountMissing { .. } => "HF-CMD-228",
            Self::DeclaredTwice { .. } => "HF-CMD-229",
            Self::CashRefundTooLarge { .. } => "HF-CMD-230",
            Self::TooManyTenders { .. } => "HF-CMD-231",
            Self::TillLocked => "HF-CMD-250",
            Self::CountUnderWay { .. } => "HF-CMD-251",
            Self::CountUnknown { .. } => "HF-CMD-252",
            Self::NotInCount { .. } => "HF-CMD-253",
            Self::CountNegative { .. } => "HF-CMD-254",
            Self::CountTooLarge { .. } => "HF-CMD-255",
            Self::ReservedAtCounter => "HF-CMD-256",
            Self::ReservedInPast => "HF-CMD-257",
            Self::OrderHeld { .. } => "HF-CMD-200",
            Self::OrderParked { .. } => "HF-CMD-201",
            Self::OrderChanged { .. } => "HF-CMD-202",
            Self::LineNotInOrder { .. } => "HF-CMD-203",
            Self::ReasonMissing { .. } => "HF-CMD-204",
            Self::NothingEdited => "HF-CMD-205",
            Self::AgeNotChecked { .. } => "HF-CMD-206",
            Self::LineNumberTooLarge { .. } => "HF-CMD-207",
            Self::TooManyNotes { .. } => "HF-CMD-208",
            Self::ExchangeNotAtCounter => "HF-CMD-209",
            Self::NothingClosed { .. } => "HF-CMD-210",
            Self::ZUnknown { .. } => "HF-CMD-211",
            Self::TenderNotInZ { .. } => "HF-CMD-212",
            Self::NothingCorrected { .. } => "HF-CMD-213",
            Self::ShiftIsThere { .. } => "HF-CMD-214",
            Self::TargetTillUnknown { .. } => "HF-CMD-215",
            Self::TargetTillBusy { .. } => "HF-CMD-216",
            Self::ValueUnknown { .. } => "HF-CMD-270",
            Self::ValueBlocked { .. } => "HF-CMD-271",
            Self::ValueShort { .. } => "HF-CMD-272",
            Self::ValueNumberTaken { .. } => "HF-CMD-273",
            Self::ValueOfOtherMode { .. } => "HF-CMD-274",
            Self::ValueForValue => "HF-CMD-275",
            Self::ValueSpent { .. } => "HF-CMD-276",
            Self::CreditNotDue => "HF-CMD-277",
            Self::ValueOfNothing => "HF-CMD-278",
            Self::AccountOfAnother { .. } => "HF-CMD-279",
            Self::AccountExhausted { .. } => "HF-CMD-280",
            Self::AccountOverpaid { .. } => "HF-CMD-281",
            Self::TenderOfOtherKind { .. } => "HF-CMD-282",
            Self::TipWithDeposit => "HF-CMD-283",
            Self::TipNotTaken { .. } => "HF-CMD-284",
            Self::NotCheaper { .. } => "HF-CMD-285",
            Self::CatalogChanged { .. } => "HF-CMD-286",
        }
    }

    pub fn note(&self) -> RefusalNote {
        RefusalNote { code: self.code().to_owned(), text: self.to_string() }
    }
}
