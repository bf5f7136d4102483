//! A hub without a shop: it writes records as a hub does, chains them, signs requests, and knows what it sold.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use holdfast_cloud::admin::{self, Claim, NewStore};
use holdfast_cloud::app::now_ms;
use holdfast_cloud::store::Scope;
use holdfast_cloud::{Config, Running, secrets, serve};
use holdfast_domain::bounded::{Description, Label, Reason, Sku, TaxClass, TaxCode};
use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::catalog::{StockRule, Unit};
use holdfast_domain::event::{Event, ReturnSource, Stamp};
use holdfast_domain::ids::{
    CommandId, EpochId, HubId, OrderId, ShiftId, StaffId, StoreId, TerminalId, TransactionId,
};
use holdfast_domain::line::{AppliedDiscount, AppliedPrice, Line, LineFate, LineNumber};
use holdfast_domain::order::{Channel, Totals};
use holdfast_domain::receipt::{ReceiptNumber, Series, TillNumber};
use holdfast_domain::record::{Origin, Outcome, Record};
use holdfast_domain::sale::ReturnedLine;
use holdfast_domain::shift::Mode;
use holdfast_domain::stock::{AdjustmentReason, StockChange};
use holdfast_domain::tax::{AppliedTax, TaxBasis, TaxTotal};
use holdfast_domain::tender::{Payment, Tender, TenderKind};
use holdfast_money::{Currency, Decimal, Money, Quantity, Rate, UnitPrice};
use holdfast_protocol::head::{Head, SignedHead, SignedHeadJson};
use holdfast_protocol::uplink::{self, batch};
use holdfast_protocol::{chain_hash, encode_record};
use holdfast_replication::{BatchHeader, Epoch, Hash, Lane, Record as Sent};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

pub const PASSWORD: &str = "a long enough password";

/// A cloud in a fresh folder, and a client for it.
pub struct Cloud {
    pub running: Option<Running>,
    pub url: String,
    pub data: tempfile::TempDir,
    pub http: reqwest::Client,
}

impl Cloud {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        // Another test of this process may have been first; one provider is as good as the other.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let data = tempfile::tempdir().expect("a folder for the test");
        let mut config = Config::on_free_port(data.path());
        change(&mut config);
        let running = serve(config).await.expect("the cloud starts");
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a plain client");
        Self { url: running.url(), running: Some(running), data, http }
    }

    /// Beside the server, as the command line does it.
    pub async fn database(&self) -> holdfast_cloud::store::sqlite::SqliteStore {
        admin::open(self.data.path()).await.expect("the database opens beside the server")
    }

    pub async fn add_store(&self, name: &str, zone: &str, currency: &str) -> Claim {
        let db = self.database().await;
        let new = NewStore {
            name: name.into(),
            currency: currency.into(),
            time_zone: zone.into(),
            cut_over: "04:00".into(),
            prices_include_tax: true,
            legal_name: "Test Trading Ltd".into(),
            address: "1 High Street".into(),
            tax_id: "X1".into(),
        };
        let claim = admin::add_store(&db, &new, 24, now_ms()).await.expect("a valid store");
        db.close().await;
        claim
    }

    pub async fn add_user(&self, name: &str, scope: &Scope) {
        let db = self.database().await;
        admin::add_user(&db, name, PASSWORD, scope, now_ms()).await.expect("a valid user");
        db.close().await;
    }

    pub async fn token(&self, name: &str) -> String {
        let answer = self.sign_in(name, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
    }

    pub async fn sign_in(&self, name: &str, password: &str) -> Response {
        let body = json!({"name": name, "password": password});
        self.http.post(format!("{}/api/v1/session", self.url)).json(&body).send().await.unwrap()
    }

    pub async fn get(&self, token: &str, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.url)).bearer_auth(token).send().await.unwrap()
    }

    pub async fn json(&self, token: &str, path: &str) -> Value {
        let answer = self.get(token, path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    /// A store with an enrolled hub, its first epoch registered.
    pub async fn hub(&self, name: &str) -> Hub {
        let claim = self.add_store(name, "Europe/Vienna", "EUR").await;
        let hub = Hub::new(&claim);
        assert_eq!(hub.enrol(self, &claim.code).await.status(), StatusCode::OK);
        assert_eq!(hub.register(self).await.status(), StatusCode::OK);
        hub
    }

    pub async fn verify(&self) {
        let db = self.database().await;
        for (store, verified) in admin::verify_stores(&db, None).await.unwrap() {
            assert_eq!(verified.differences, Vec::<String>::new(), "{}", store.name);
        }
        db.close().await;
    }

    pub async fn stop(mut self) {
        self.running.take().expect("stopped once").shutdown().await;
    }
}

/// One stored record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub epoch: Epoch,
    pub seq: u64,
    pub hash: Hash,
    pub payload: Vec<u8>,
}

impl Stored {
    pub fn sent(&self) -> Sent<'_> {
        Sent { epoch: self.epoch, seq: self.seq, hash: self.hash, payload: &self.payload }
    }
}

/// What a hub sold, by its own count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sold {
    pub transactions: i64,
    pub gross: i64,
    pub net: i64,
}

#[derive(Debug, Clone)]
pub struct Hub {
    pub store: Uuid,
    pub hub: Uuid,
    pub key: SigningKey,
    pub epoch: Epoch,
    /// The parent epoch and the number of records taken over from it.
    pub parent: Option<(Epoch, u64)>,
    pub journal: Vec<Stored>,
    pub sold: Sold,
    pub currency: Currency,
    pub now_ms: i64,
    pub date: BusinessDate,
    pub mode: Mode,
    pub till: u16,
    next_receipt: u32,
}

impl Hub {
    pub fn new(claim: &Claim) -> Self {
        Self {
            store: claim.store,
            hub: Uuid::now_v7(),
            key: SigningKey::from_bytes(&secrets::random()),
            epoch: Epoch(*Uuid::now_v7().as_bytes()),
            parent: None,
            journal: Vec::new(),
            sold: Sold::default(),
            currency: Currency::EUR,
            now_ms: 1_795_856_400_000,
            date: "2026-11-28".parse().unwrap(),
            mode: Mode::Live,
            till: 1,
            next_receipt: 1,
        }
    }

    // ---- what it says to the cloud

    pub async fn enrol(&self, cloud: &Cloud, code: &str) -> Response {
        let body = json!({
            "version": 1, "claim_code": code, "hub": self.hub, "software": "0.1.0",
            "public_key": STANDARD.encode(self.key.verifying_key().as_bytes()),
        });
        cloud.http.post(format!("{}/api/v1/enrol", cloud.url)).json(&body).send().await.unwrap()
    }

    pub fn signed(&self, cloud: &Cloud, method: Method, path: &str, body: Vec<u8>) -> RequestBuilder {
        let digest = uplink::signing_digest(method.as_str(), path, &body);
        let signature = STANDARD.encode(self.key.sign(&digest).to_bytes());
        cloud
            .http
            .request(method, format!("{}{path}", cloud.url))
            .header(uplink::HUB_HEADER, self.hub.to_string())
            .header(uplink::SIGNATURE_HEADER, signature)
            .body(body)
    }

    pub async fn post_json(&self, cloud: &Cloud, path: &str, body: &Value) -> Response {
        self.signed(cloud, Method::POST, path, body.to_string().into_bytes()).send().await.unwrap()
    }

    pub async fn register(&self, cloud: &Cloud) -> Response {
        let parent = self.parent.map(|(epoch, seq)| {
            json!({"epoch": Uuid::from_bytes(epoch.0), "seq": seq, "hash": hex::encode(self.hash_at(seq))})
        });
        let body = json!({"version": 1, "epoch": Uuid::from_bytes(self.epoch.0), "parent": parent});
        self.post_json(cloud, &uplink::epochs_path(self.store), &body).await
    }

    pub fn body(&self, from: u64, to: u64) -> Vec<u8> {
        let records: Vec<Sent<'_>> =
            self.journal[from as usize - 1..to as usize].iter().map(Stored::sent).collect();
        self.body_of(&records, self.hash_at(from - 1))
    }

    pub fn body_of(&self, records: &[Sent<'_>], chain_before: Hash) -> Vec<u8> {
        let header = BatchHeader {
            epoch: self.epoch,
            first_seq: records[0].seq,
            count: records.len() as u32,
            chain_before,
            chain_after: records[records.len() - 1].hash,
        };
        let header =
            batch::Header { lane: Lane::Live, hub: self.hub, batch: header, hub_clock_ms: self.now_ms };
        zstd::encode_all(&batch::encode(&header, records)[..], 3).unwrap()
    }

    pub async fn post(&self, cloud: &Cloud, body: Vec<u8>) -> Response {
        self.signed(cloud, Method::POST, &uplink::events_path(self.store), body).send().await.unwrap()
    }

    pub async fn send(&self, cloud: &Cloud, from: u64, to: u64) -> Response {
        self.post(cloud, self.body(from, to)).await
    }

    /// Sends everything from a record on and expects it to be taken.
    pub async fn send_from(&self, cloud: &Cloud, from: u64) {
        let head = self.journal.len() as u64;
        let answer = self.send(cloud, from, head).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.json::<Value>().await.unwrap()["acked_through"], head);
    }

    pub async fn heartbeat(&self, cloud: &Cloud, tills: u32, control: bool) -> Response {
        let head = self.journal.len() as u64;
        let control = control.then(|| {
            json!({"as_of_seq": head, "transactions": self.sold.transactions,
                   "gross_minor": self.sold.gross, "net_minor": self.sold.net})
        });
        let body = json!({
            "version": 1, "epoch": Uuid::from_bytes(self.epoch.0), "head_seq": head, "backlog": 0,
            "oldest_unsent_ms": null, "tills_up": tills, "tills_known": tills, "clock_ms": now_ms(),
            "control": control, "software": "0.1.0",
        });
        self.post_json(cloud, &uplink::heartbeat_path(self.store), &body).await
    }

    /// Its word that the history went through a record with this hash, signed with a key.
    pub fn head(&self, seq: u64, hash: Hash, key: &SigningKey) -> SignedHeadJson {
        let epoch =
            self.journal.get((seq as usize).wrapping_sub(1)).map_or(self.epoch, |stored| stored.epoch);
        let head = Head {
            store: StoreId(self.store),
            hub: HubId(self.hub),
            epoch: EpochId(Uuid::from_bytes(epoch.0)),
            seq,
            hash,
            signed_at: Timestamp(self.now_ms),
        };
        SignedHeadJson::from(&SignedHead { head, signature: key.sign(&head.signing_bytes()).to_bytes() })
    }

    pub async fn bring(&self, cloud: &Cloud, head: &SignedHeadJson) -> Response {
        let body = serde_json::to_value(head).expect("a head has a JSON form");
        self.post_json(cloud, &uplink::heads_path(self.store), &body).await
    }

    pub fn hash_at(&self, seq: u64) -> Hash {
        seq.checked_sub(1).map_or([0; 32], |at| self.journal[at as usize].hash)
    }

    // ---- what happens in its shop

    pub fn append_payload(&mut self, payload: Vec<u8>) -> u64 {
        let seq = self.journal.len() as u64 + 1;
        let hash = chain_hash(&self.hash_at(seq - 1), &self.epoch.0, seq, &payload);
        self.journal.push(Stored { epoch: self.epoch, seq, hash, payload });
        seq
    }

    pub fn append(&mut self, events: Vec<Event>) -> u64 {
        let record = Record {
            recorded_at: Timestamp(self.now_ms),
            origin: Origin::Hub,
            outcome: Outcome::Accepted { events },
        };
        self.append_payload(encode_record(&record))
    }

    pub fn stamp(&self) -> Stamp {
        Stamp {
            terminal: TerminalId(Uuid::from_u128(u128::from(self.till))),
            operator: StaffId(Uuid::from_u128(77)),
            shift: ShiftId(Uuid::from_u128(100 + u128::from(self.till))),
            business_date: self.date,
            mode: self.mode,
            occurred_at: Timestamp(self.now_ms),
        }
    }

    pub fn receipt(&mut self) -> ReceiptNumber {
        let number = self.next_receipt;
        self.next_receipt += 1;
        let series = if self.mode == Mode::Training { Series::Training } else { Series::Hub };
        ReceiptNumber { till: TillNumber(self.till), series, number }
    }

    pub fn enrol_till(&mut self, number: u16, name: &str) {
        let terminal = TerminalId(Uuid::from_u128(u128::from(number)));
        let name = Label::new(name).unwrap();
        self.append(vec![Event::TerminalEnrolled {
            terminal,
            number: TillNumber(number),
            name,
            secret_hash: [1; 32],
        }]);
    }

    pub fn money(&self, minor: i64) -> Money {
        Money::from_minor(minor, self.currency)
    }

    /// A line at 20 % tax within its price.
    pub fn line(&self, number: u16, sku: &str, description: &str, pieces: i32, price_minor: i64) -> Line {
        let gross = self.money(price_minor * i64::from(pieces));
        let tax = self.money(gross.minor() - gross.minor() * 5 / 6);
        let rate = Rate::percent(Decimal::from(20)).unwrap();
        Line {
            number: LineNumber(number),
            sku: Sku::new(sku).unwrap(),
            description: Description::new(description).unwrap(),
            scanned: None,
            unit: Unit::Piece,
            stock: StockRule::Counter,
            quantity: Quantity::pieces(pieces),
            price_list: Label::new("standard").unwrap(),
            price: AppliedPrice::List {
                unit_price: UnitPrice::new(self.money(price_minor).amount()).unwrap(),
            },
            extended: gross,
            discount: AppliedDiscount::None,
            tax_class: TaxClass::new("standard").unwrap(),
            taxes: vec![AppliedTax { code: TaxCode::new("A").unwrap(), rate, tax }],
            net: gross - tax,
            gross,
            fate: LineFate::Kept,
        }
    }

    fn sums(&self, lines: &[&Line]) -> (Totals, Vec<TaxTotal>) {
        let kept = || lines.iter().filter(|line| line.is_kept());
        let sum = |part: fn(&Line) -> Money| Money::sum(self.currency, kept().map(|line| part(line)));
        let (net, tax, gross) = (sum(|l| l.net), sum(Line::tax), sum(|l| l.gross));
        let rate = Rate::percent(Decimal::from(20)).unwrap();
        let taxes = vec![TaxTotal { code: TaxCode::new("A").unwrap(), rate, net, tax }];
        (Totals { net, tax, gross, discount: self.money(0) }, taxes)
    }

    fn cash(&self, due: Money, handed: Money) -> Payment {
        let tenders = vec![Tender { kind: TenderKind::Cash, amount: handed }];
        Payment { due, tenders, rounding: self.money(0), change: handed - due }
    }

    fn counts(&mut self, sign: i64, totals: &Totals) {
        if self.mode == Mode::Live {
            self.sold.transactions += 1;
            self.sold.gross += sign * totals.gross.minor();
            self.sold.net += sign * totals.net.minor();
        }
    }

    /// A counter sale in one record. Answers its transaction.
    pub fn sell(&mut self, lines: Vec<Line>) -> TransactionId {
        let order = OrderId(Uuid::now_v7());
        let (placed, completed, transaction) = self.sale_events(order, lines);
        self.append(vec![placed, completed]);
        transaction
    }

    /// The two steps of a sale, for records of their own.
    pub fn sale_events(&mut self, order: OrderId, lines: Vec<Line>) -> (Event, Event, TransactionId) {
        let (totals, taxes) = self.sums(&lines.iter().collect::<Vec<_>>());
        self.counts(1, &totals);
        let transaction = TransactionId(CommandId(Uuid::now_v7()));
        let handed = self.money((totals.gross.minor() + 999) / 1_000 * 1_000);
        let payment = self.cash(totals.gross, handed);
        let placed = Event::OrderPlaced {
            stamp: self.stamp(),
            order,
            channel: Channel::Counter,
            customer: None,
            basis: TaxBasis::Inclusive,
            lines,
            totals: totals.clone(),
        };
        let receipt = self.receipt();
        let stamp = self.stamp();
        let basis = TaxBasis::Inclusive;
        let completed =
            Event::SaleCompleted { stamp, transaction, receipt, order, basis, totals, taxes, payment };
        (placed, completed, transaction)
    }

    /// Goods come back, against a sale or without a receipt.
    pub fn take_back(&mut self, original: Option<TransactionId>, lines: Vec<Line>) -> TransactionId {
        let (totals, taxes) = self.sums(&lines.iter().collect::<Vec<_>>());
        self.counts(-1, &totals);
        let transaction = TransactionId(CommandId(Uuid::now_v7()));
        let payment = self.cash(-totals.gross, -totals.gross);
        let event = Event::GoodsReturned {
            stamp: self.stamp(),
            transaction,
            receipt: self.receipt(),
            source: original.map_or(ReturnSource::NoReceipt, |original| ReturnSource::Receipt { original }),
            basis: TaxBasis::Inclusive,
            lines: lines.into_iter().map(|line| ReturnedLine { original: Some(line.number), line }).collect(),
            totals,
            taxes,
            payment,
            reason: Reason::new("did not fit").unwrap(),
        };
        self.append(vec![event]);
        transaction
    }

    /// A sale of the same shift is reversed whole.
    pub fn post_void(&mut self, original: TransactionId, lines: &[Line]) -> TransactionId {
        let (totals, taxes) = self.sums(&lines.iter().collect::<Vec<_>>());
        self.counts(-1, &totals);
        let transaction = TransactionId(CommandId(Uuid::now_v7()));
        let payment = self.cash(-totals.gross, -totals.gross);
        let event = Event::SalePostVoided {
            stamp: self.stamp(),
            transaction,
            receipt: self.receipt(),
            original,
            totals,
            taxes,
            payment,
            reason: Reason::new("wrong customer").unwrap(),
        };
        self.append(vec![event]);
        transaction
    }

    /// An order is given up before it is paid.
    pub fn cancel(&mut self, order: OrderId) -> u64 {
        let event = Event::OrderCancelled {
            stamp: self.stamp(),
            transaction: TransactionId(CommandId(Uuid::now_v7())),
            receipt: self.receipt(),
            order,
            reason: Reason::new("changed their mind").unwrap(),
        };
        if self.mode == Mode::Live {
            self.sold.transactions += 1;
        }
        self.append(vec![event])
    }

    pub fn receive_goods(&mut self, sku: &str, pieces: i32) {
        let changes = vec![StockChange { sku: Sku::new(sku).unwrap(), quantity: Quantity::pieces(pieces) }];
        let stamp = self.stamp();
        self.append(vec![Event::StockAdjusted { stamp, changes, reason: AdjustmentReason::Received }]);
    }

    /// One till, some deliveries, and `sales` sales of one to three lines.
    pub fn trade(&mut self, sales: u32) {
        self.enrol_till(1, "Till 1");
        self.receive_goods("TEA", 500);
        for at in 0..sales {
            self.now_ms += 1_000;
            let mut lines = vec![self.line(1, "TEA", "Green tea 100 g", 1 + (at % 3) as i32, 499)];
            if at % 2 == 0 {
                lines.push(self.line(2, "MUG", "Mug, blue", 1, 1_250));
            }
            self.sell(lines);
        }
    }
}
