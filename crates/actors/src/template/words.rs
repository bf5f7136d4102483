//! Every word that stands fixed on a paper, in every language. What is not here comes from the store, its products or its
//! people.
//!
//! German titles have no capitals throughout: many printers and their pictures cut the dots off capital umlauts.

macro_rules! catalogue {
    ($($word:ident: $english:literal, $german:literal;)+) => {
        /// A fixed word of a paper. `{}` is a gap for what differs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Word {
            $($word,)+
        }

        impl Word {
            pub const ALL: &[Word] = &[$(Word::$word,)+];

            pub fn text(self, language: Language) -> &'static str {
                let [english, german] = match self {
                    $(Word::$word => [$english, $german],)+
                };
                match language {
                    Language::English => english,
                    Language::German => german,
                }
            }
        }
    };
}

/// The language of a store's papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    English,
    German,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::English, Language::German];

    /// As settings and HTML name it (BCP 47).
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
        }
    }

    pub fn of_code(code: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.code() == code)
    }
}

impl Word {
    /// What the names of the default list of tender types are in a store's language.
    pub(crate) const TENDERS: [Word; 8] = [
        Word::Cash,
        Word::Card,
        Word::Voucher,
        Word::CardTerminal,
        Word::Wallet,
        Word::OnGiftCard,
        Word::OnStoreCredit,
        Word::OnAccount,
    ];
}

catalogue! {
    // What a document says by itself.
    Training: "TRAINING - NOT A SALE", "TRAINING - KEIN VERKAUF";
    Copy: "COPY", "KOPIE";
    LeftOut: "lines left out", "Zeilen ausgelassen";
    Barcode: "Barcode", "Strichcode";
    QrCode: "QR code", "QR-Code";

    // Every paper.
    TaxId: "Tax id {}", "Steuernr. {}";
    Journal: "Journal {}", "Journal {}";
    Signature: "Signature", "Unterschrift";
    Tax: "Tax", "Satz";
    Net: "Net", "Netto";
    TaxAmount: "Tax", "Steuer";
    Gross: "Gross", "Brutto";

    // What a receipt is.
    Return: "RETURN", "Rückgabe";
    Deposit: "DEPOSIT", "Anzahlung";
    VoidedSale: "VOIDED SALE", "Stornierter Verkauf";
    PaidIn: "PAID IN", "Einzahlung";
    PaidOut: "PAID OUT", "Auszahlung";
    ToTheSafe: "CASH TO THE SAFE", "Bargeld in den Tresor";
    FromTheSafe: "CASH FROM THE SAFE", "Bargeld aus dem Tresor";
    GiftCard: "GIFT CARD", "Geschenkkarte";
    StoreCredit: "STORE CREDIT", "Gutschrift";
    PaymentOnAccount: "PAYMENT ON ACCOUNT", "Zahlung auf Kundenkonto";
    ValueVoided: "VOIDED GIFT CARD, CREDIT OR PAYMENT ON ACCOUNT", "Storno: Geschenkkarte, Gutschrift oder Kontozahlung";
    CopyNumber: "COPY {}", "Kopie {}";
    PrintedAgain: "PRINTED AGAIN", "ERNEUT GEDRUCKT";
    FirstPaperIncomplete: "The first print may be incomplete.", "Der erste Druck ist vielleicht unvollständig.";
    GiftReceipt: "GIFT RECEIPT, COPY {}", "Geschenkbeleg, Kopie {}";
    Receipt: "Receipt {}", "Beleg {}";
    AlsoReceipt: "Also receipt {}", "Auch Beleg {}";
    ForReceipt: "For receipt {}", "Zu Beleg {}";
    ServedBy: "Served by {}", "Bedient von {}";

    // What it says.
    BringToChange: "Bring this paper along to change or return what is on it.", "Für Umtausch oder Rückgabe bitte mitbringen.";
    BringForTheRest: "Bring this paper along when you pay the rest.", "Bitte mitbringen, wenn Sie den Rest bezahlen.";
    TaxExempt: "Tax exempt, certificate {}", "Steuerbefreit, Bescheinigung {}";
    OtherPrice: "price: {}", "Preis: {}";
    Discounts: "Discounts", "Rabatte";
    TaxNotCharged: "Tax not charged", "Nicht berechnete Steuer";
    Total: "TOTAL {}", "SUMME {}";
    Refund: "REFUND {}", "ERSTATTUNG {}";
    PaidBefore: "Paid before", "Bereits bezahlt";
    OrderTotal: "Order {}", "Bestellung {}";
    DepositTotal: "DEPOSIT {}", "ANZAHLUNG {}";
    CashTotal: "CASH {}", "BARGELD {}";
    PaysWhatWasBought: "Not a sale: it pays what was bought before", "Kein Verkauf: bezahlt, was früher gekauft wurde";
    TaxedWhenRedeemed: "Not a sale: tax is due when it is redeemed", "Kein Verkauf: Steuer fällt beim Einlösen an";
    OwedOnAccount: "Owed on account {}", "Offen auf Konto {}";
    BalanceOf: "Balance of {}", "Restwert von {}";
    CashRounding: "Cash rounding", "Rundung";
    ExchangedFor: "Exchanged for {}", "Umgetauscht gegen {}";
    GoodsGivenBack: "Goods given back {}", "Zurückgegebene Ware {}";
    Cash: "Cash", "Bar";
    CashPaidOut: "Cash paid out", "Bar ausgezahlt";
    BackTo: "Back to {}", "Zurück auf {}";
    Change: "Change", "Rückgeld";
    Tip: "Tip, {}", "Trinkgeld, {}";
    TipBack: "Tip back, {}", "Trinkgeld zurück, {}";

    // Ways to pay, as a store's list calls them that was never changed.
    Card: "Card", "Karte";
    Voucher: "Voucher", "Gutschein";
    CardTerminal: "Card terminal", "Kartenzahlung";
    Wallet: "Wallet", "Wallet";
    OnGiftCard: "Gift card", "Geschenkkarte";
    OnStoreCredit: "Store credit", "Gutschrift";
    OnAccount: "On account", "Auf Kundenkonto";

    // Cards.
    EntryChip: "chip", "Chip";
    EntryContactless: "contactless", "kontaktlos";
    EntryMagneticStripe: "magnetic stripe", "Magnetstreifen";
    EntryMobile: "mobile", "Mobilgerät";
    EntryQrCode: "QR code", "QR-Code";
    EntryByReference: "by reference", "nach Beleg";
    Application: "AID {}", "AID {}";
    Authorisation: "auth {} ref {}", "Gen. {} Ref. {}";
    Reference: "ref {}", "Ref. {}";
    PaymentSlip: "PAYMENT SLIP FOR THE SHOP", "Zahlungsbeleg für den Händler";
    RefundSlip: "REFUND SLIP FOR THE SHOP", "Erstattungsbeleg für den Händler";
    Till: "Till {}", "Kasse {}";
    Device: "Terminal {}", "Terminal {}";
    OfItATip: "Of it a tip", "Davon Trinkgeld";

    // Reports.
    DayZ: "DAY Z {}", "Tages-Z {}";
    PartOfTheDay: "Part {} of the day", "Teil {} des Tages";
    By: "By {}", "Von {}";
    Correction: "CORRECTION {}", "Korrektur {}";
    OfZ: "Of Z {}", "Zu Z {}";
    ShiftsZ: "{} shifts, Z", "{} Schichten, Z";
    NoZ: "none", "keine";
    Range: "{} to {}", "{} bis {}";
    Corrections: "Corrections", "Korrekturen";
    Turnover: "TURNOVER {}", "UMSATZ {}";
    Returned: "Returned", "Zurückgegeben";
    Deposits: "Deposits", "Anzahlungen";
    CashIn: "Paid in", "Eingezahlt";
    CashOut: "Paid out", "Ausgezahlt";
    CashToTheSafe: "To the safe", "In den Tresor";
    CashFromTheSafe: "From the safe", "Aus dem Tresor";
    Sales: "Sales", "Verkäufe";
    Returns: "Returns", "Rückgaben";
    VoidedSales: "Voided sales", "Stornierte Verkäufe";
    GivenUp: "Given up", "Aufgegeben";
    DrawerOpened: "Drawer opened", "Lade geöffnet";
    Taken: "Taken", "Eingenommen";
    GivenBack: "Given back", "Erstattet";
    Expected: "Expected", "Erwartet";
    Counted: "Counted", "Gezählt";
    NotCounted: "Not counted", "Nicht gezählt";
    NobodyCounted: "not counted", "nicht gezählt";
    OverOrShort: "Over or short", "Differenz";
    OverOrShortOfCount: "  over or short", "  Differenz";
    Was: "Was", "War";
    Is: "Is", "Ist";
    ShiftsStillOpen: "Shifts still open", "Noch offene Schichten";
    OrdersStillOpen: "Orders still open", "Noch offene Bestellungen";
    StillOwed: "Still owed", "Noch geschuldet";
    DepositsHeld: "Deposits held", "Erhaltene Anzahlungen";
    ShiftZ: "Z {}", "Z {}";
    ShiftX: "X, SHIFT STILL OPEN", "X, Schicht noch offen";
    CashExpected: "Cash expected", "Bargeld erwartet";
    StoredValue: "Gift cards and credit", "Geschenkkarten und Gutschriften";
    Accounts: "Customers' accounts", "Kundenkonten";
    Issued: "Sold", "Verkauft";
    IssueVoided: "Voided", "Storniert";
    Redeemed: "Redeemed", "Eingelöst";
    ValueGivenBack: "Given back", "Zurückgebucht";
    PaidOff: "Paid off", "Bezahlt";
    BoughtOnAccount: "Bought on account", "Auf Konto gekauft";
    Tips: "Tips", "Trinkgelder";
    OrdersLeft: "Orders left open", "Offen gelassene Bestellungen";
    PaymentsLeft: "PAYMENTS TO LOOK AT", "Zahlungen, die zu prüfen sind";
    InDoubt: "in doubt", "ungeklärt";
    Held: "held, of no sale yet", "ohne Verkauf";
    ToGiveBack: "to be given back", "zu erstatten";
}
