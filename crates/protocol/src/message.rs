//! What travels between tills and the hub over MQTT: requests up, replies and streams down. JSON, at most 256 KiB.

mod counter;
mod reply;
mod request;
mod stream;
mod tender;

pub use counter::{
    CounterEvent, CounterNews, EventMessage, LabelMeasure, LabelPrice, PriceOf, ScaleState, ScaleView,
    Scanned, ScannedCode, ScannedElement, ScannedElements, ScannedItem, ScannerView, TareView, WeightUnit,
    WeightView,
};
pub use reply::{
    Answer, ExchangedPart, OfferError, OfferRecord, PayloadEncoding, Reply, ReplyPosition, StoredRecord,
    Summary, Warning, accepted_or_refused,
};
pub use request::{
    ApprovedMessage, CommandMessage, MalformedRequest, OfferMessage, Pin, REQUEST_BYTES_MAX, Request,
    SignOnMessage,
};
pub use stream::{
    CatalogMessage, HubStatus, OrderChange, OrderMessage, OrderView, OrdersMessage, OrdersNews,
    StatusMessage, StockEntry, StockMessage, TillPresence, TransactionKind, TransactionMessage,
    TransactionView, orders_news_of, transactions_of,
};
pub use tender::{TenderNews, TenderState, TenderStep, TenderView, TillEvent};
