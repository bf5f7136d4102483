//! A real hub on free ports, asked by strangers, people and tills. HQ is not reachable here.

#![allow(clippy::unwrap_used, reason = "what a test sets up either works or fails the test")]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use holdfast_domain::command::HubCommand;
use holdfast_domain::ids::{EpochId, HubId, StoreId, Uuid};
use holdfast_hub::clock::Machine;
use holdfast_hub::config::Config;
use holdfast_hub::console::Console;
use holdfast_hub::folder::DataFolder;
use holdfast_hub::identity::Identity;
use holdfast_hub::provision::{DEFAULT_TAXES, parse_taxes, profile_from_settings};
use holdfast_hub::{HubError, Serving, Settings, openapi_json, serve};
use holdfast_protocol::till_api::{CatalogPage, OrdersPage, PairResponse, Problem, Snapshot, StockPage};
use holdfast_protocol::uplink::StoreSettings;
use reqwest::{Client, Method, Response, StatusCode};

/// What everybody may ask: health, the document's pairing route (its code is its credential), the sign-in.
const OPEN: [&str; 3] = ["/healthz", "/readyz", "/api/v1/pair"];
const STRANGER: &str = "hub.example";

struct Shop {
    place: tempfile::TempDir,
    hub: Serving,
    client: Client,
}

/// A data folder as provisioning leaves it.
fn provisioned(place: &tempfile::TempDir) -> DataFolder {
    let folder = DataFolder::new(place.path().join("hub"));
    folder.create().unwrap();
    let store = StoreId(Uuid::from_u128(7));
    let mut identity =
        Identity::new(HubId(Machine.fresh_id()), &[7; 32], "http://127.0.0.1:9".to_owned(), "Hub".to_owned());
    identity.store = Some(store);
    identity.write(&folder).unwrap();
    let settings = StoreSettings {
        name: "Naschmarkt".into(),
        currency: "EUR".into(),
        time_zone: "Europe/Vienna".into(),
        cut_over_minutes: 240,
        prices_include_tax: true,
        legal_name: "Shop GmbH".into(),
        address: "Wien".into(),
        tax_id: "ATU1".into(),
    };
    let profile =
        profile_from_settings(store, &settings, Some(parse_taxes(DEFAULT_TAXES).unwrap()), None).unwrap();
    let mut console = Console::open(&folder, 16).unwrap();
    let (hub, hub_key) = (identity.hub, identity.public_key());
    console
        .record(&HubCommand::OpenEpoch {
            epoch: EpochId(Machine.fresh_id()),
            hub,
            hub_key,
            store,
            parent: None,
        })
        .unwrap();
    console.record(&HubCommand::ConfigureStore { profile: Box::new(profile) }).unwrap();
    console.close().unwrap();
    folder
}

async fn settings(folder: &DataFolder) -> Settings {
    let mut config = Config::on_free_ports();
    config.journal.segment_mib = 16;
    Settings { data: folder.root().to_path_buf(), config }
}

/// A program that another test starts holds every file of this process between its fork and its exec, the folder's lock too.
async fn serve_when_free(folder: &DataFolder) -> Serving {
    let free = async {
        loop {
            match serve(settings(folder).await).await {
                Err(HubError::FolderInUse { .. }) => tokio::time::sleep(Duration::from_millis(20)).await,
                served => return served.unwrap_or_else(|error| panic!("{}", error.chain())),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), free).await.expect("the folder is free")
}

async fn open() -> Shop {
    let place = tempfile::tempdir().unwrap();
    let folder = provisioned(&place);
    let hub = serve_when_free(&folder).await;
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    Shop { place, hub, client }
}

impl Shop {
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.hub.addresses.http)
    }

    /// As somebody who reached the hub by another name than its own machine's.
    async fn stranger(&self, method: Method, path: &str) -> Response {
        self.client.request(method, self.url(path)).header("host", STRANGER).send().await.unwrap()
    }

    /// A command of the installed program, beside the hub that serves.
    fn command(&self, arguments: &[&str], input: &str) -> (bool, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_holdfast-hub"))
            .args(arguments)
            .args(["--data", self.place.path().join("hub").to_str().unwrap()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    }

    async fn console(&self, arguments: &'static [&'static str], input: &'static str) -> (bool, String) {
        tokio::task::block_in_place(|| self.command(arguments, input))
    }

    /// The cookie of a sign-in. The state shows a new person within moments.
    async fn signed_in(&self, number: &str, pin: &str) -> String {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let form = format!("number={number}&pin={pin}");
            let request = self.client.post(self.url("/sign-in")).header("host", STRANGER);
            let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
            let answer = request.send().await.unwrap();
            if answer.status() == StatusCode::SEE_OTHER {
                let cookie = answer.headers()["set-cookie"].to_str().unwrap();
                return cookie.split(';').next().unwrap().to_owned();
            }
            assert!(Instant::now() < end, "still {}", answer.status());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn pair(&self, code: &str) -> Response {
        let body = serde_json::json!({"code": code, "known_as": null});
        self.client.post(self.url("/api/v1/pair")).json(&body).send().await.unwrap()
    }

    async fn paired(&self) -> PairResponse {
        let (done, printed) = self.console(&["pair", "--name", "Till 1"], "").await;
        assert!(done, "{printed}");
        let code = printed.lines().find_map(|line| line.strip_prefix("pairing-code ")).unwrap();
        self.pair(code).await.json().await.unwrap()
    }
}

/// Asks until the answer is there; the state follows the journal within moments.
async fn eventually<T: serde::de::DeserializeOwned>(ask: impl AsyncFn() -> Response) -> T {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = ask().await;
        if answer.status() == StatusCode::OK {
            return answer.json().await.unwrap();
        }
        assert!(Instant::now() < end, "still {}", answer.status());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_read_nothing_on_any_route() {
    let shop = open().await;
    let document: serde_json::Value = serde_json::from_str(&openapi_json()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 10);
    let closed = paths.iter().filter(|(path, _)| !OPEN.contains(&path.as_str()));
    for (path, method) in
        closed.flat_map(|(path, ways)| ways.as_object().unwrap().keys().map(move |way| (path, way)))
    {
        let method: Method = method.to_uppercase().parse().unwrap();
        let answer = shop.stranger(method.clone(), &path.replace("{id}", "1-000001")).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(answer.json::<Problem>().await.unwrap().code, "HF-HUB-020", "{method} {path}");
    }
    for page in [
        "/",
        "/live",
        "/transactions/1-000001",
        "/paper/receipts/1",
        "/reports",
        "/losses",
        "/journal",
        "/journal/1",
        "/counter",
        "/counter/live",
    ] {
        let answer = shop.stranger(Method::GET, page).await;
        assert_eq!(
            (answer.status(), answer.headers()["location"].to_str().unwrap()),
            (StatusCode::SEE_OTHER, "/sign-in"),
            "{page}"
        );
    }
    let here = shop.client.get(shop.url("/")).send().await.unwrap();
    assert_eq!(here.status(), StatusCode::OK, "the machine itself needs no sign-in");
    let policy = here.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(shop.stranger(Method::GET, "/nowhere").await.status(), StatusCode::NOT_FOUND);
    shop.hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_sign_in_with_their_pin_and_are_locked_out_when_it_is_guessed() {
    let shop = open().await;
    let add = ["staff", "add", "--number", "101", "--name", "Anna", "--role", "cashier", "--pin-stdin"];
    let (done, printed) = tokio::task::block_in_place(|| shop.command(&add, "4711\n"));
    assert!(done, "{printed}");
    let sign_in = async |pin: &str, origin: &str| {
        let form = format!("number=101&pin={pin}");
        let request =
            shop.client.post(shop.url("/sign-in")).header("host", STRANGER).header("origin", origin);
        request.header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap()
    };
    assert_eq!(sign_in("4711", "https://evil.example").await.status(), StatusCode::UNAUTHORIZED);
    // The record is durable when the command ends; the state shows it within moments.
    let end = Instant::now() + Duration::from_secs(20);
    let answer = loop {
        let answer = sign_in("4711", "https://hub.example").await;
        if answer.status() == StatusCode::SEE_OTHER || Instant::now() > end {
            break answer;
        }
    };
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let books =
        shop.client.get(shop.url("/api/v1/reconciliation")).header("host", STRANGER).header("cookie", cookie);
    let books: serde_json::Value = books.send().await.unwrap().json().await.unwrap();
    assert_eq!((&books["currency"], &books["transactions"]), (&"EUR".into(), &0.into()));
    for _ in 0..5 {
        assert_eq!(sign_in("0000", "https://hub.example").await.status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(sign_in("4711", "https://hub.example").await.status(), StatusCode::FORBIDDEN, "locked");
    shop.hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_of_the_counter_are_for_people_on_the_hubs_own_page() {
    let shop = open().await;
    let press = async |path: &str, form: &str, header: (&str, &str)| {
        let request = shop.client.post(shop.url(path)).header(header.0, header.1);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form.to_owned()).send().await.unwrap();
        let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        (answer.status(), to.unwrap_or_default())
    };
    let here = ("origin", &*shop.url(""));
    let (done, gone) = (StatusCode::SEE_OTHER, StatusCode::NOT_FOUND);
    for (path, pressed, unknown, malformed) in [
        (
            "/counter",
            "terminal=terminal-1&press=by_hand",
            "terminal=nowhere&press=by_hand",
            "terminal=terminal-1",
        ),
        (
            "/counter/scanner",
            "scanner=scanner-1&act=scan&code=4006381333931",
            "scanner=nowhere&act=scan&code=1",
            "scanner=scanner-1&act=scan&code=1&more=2",
        ),
        (
            "/counter/scale",
            "scale=scale-1&act=put&grams=750",
            "scale=nowhere&act=unload",
            "scale=scale-1&act=throw",
        ),
    ] {
        assert_eq!(press(path, pressed, here).await, (done, "/counter".to_owned()), "{path}");
        assert_eq!(press(path, pressed, ("host", STRANGER)).await, (done, "/sign-in".to_owned()), "{path}");
        let foreign = press(path, pressed, ("origin", "https://evil.example")).await;
        assert_eq!(foreign.0, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(press(path, unknown, here).await.0, gone, "{path}");
        for wrong in [malformed, "", "%"] {
            let (status, _) = press(path, wrong, here).await;
            assert!(status.is_client_error(), "{path} {wrong}: {status}");
        }
    }
    for wrong in ["code=", "code=%0A", &format!("code={}", "1".repeat(600)), "code=a%00b"] {
        let (status, _) =
            press("/counter/scanner", &format!("scanner=scanner-1&act=scan&{wrong}"), here).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    for grams in ["-1", "99999", "1.5", "x"] {
        let (status, _) =
            press("/counter/scale", &format!("scale=scale-1&act=put&grams={grams}"), here).await;
        assert!(status.is_client_error(), "{grams}: {status}");
    }
    let page = shop.client.get(shop.url("/counter")).send().await.unwrap().text().await.unwrap();
    assert!(
        page.contains("Scale scale-1") && page.contains("0.750 kg") && page.contains("Scanner scanner-1")
    );
    shop.hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_everybody_did_is_for_managers() {
    let shop = open().await;
    let about_everybody = [
        "/api/v1/reports/sales",
        "/api/v1/reports/sales.csv?by=hour",
        "/api/v1/reports/losses",
        "/api/v1/reports/losses.csv",
        "/api/v1/journal",
        "/api/v1/journal/1",
        "/api/v1/exports/transactions.csv",
        "/api/v1/exports/stock.csv",
        "/reports",
        "/losses",
        "/journal",
        "/journal/1",
    ];
    for (number, role, allowed) in [("101", "cashier", false), ("201", "manager", true)] {
        let add = ["staff", "add", "--number", number, "--name", "Person", "--role", role, "--pin-stdin"];
        let (done, printed) = tokio::task::block_in_place(|| shop.command(&add, "4711\n"));
        assert!(done, "{printed}");
        let cookie = shop.signed_in(number, "4711").await;
        let read = async |path: &str| {
            let request = shop.client.get(shop.url(path)).header("host", STRANGER).header("cookie", &cookie);
            request.send().await.unwrap()
        };
        assert_eq!(read("/api/v1/reconciliation").await.status(), StatusCode::OK, "{role}");
        for path in about_everybody {
            let answer = read(path).await;
            let expected = if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status(), expected, "{role} {path}");
            let text = answer.text().await.unwrap();
            assert_eq!(text.contains("HF-CMD-104"), !allowed, "{role} {path}: {text}");
        }
        let front = read("/").await.text().await.unwrap();
        assert_eq!(front.contains("href=\"/losses\""), allowed, "{role}: no link leads nowhere");
    }
    let here = async |path: &str| shop.client.get(shop.url(path)).send().await.unwrap();
    for bad in [
        "/api/v1/reports/sales?from=2026-13-01",
        "/api/v1/reports/sales?from=2026-11-02&to=2026-11-01",
        "/api/v1/reports/sales?from=2026-01-01&to=2026-12-31",
        "/api/v1/reports/sales?colour=red",
        "/api/v1/reports/sales.csv?by=weather",
        "/api/v1/reports/losses?staff=999",
        "/api/v1/reports/losses?kind=nonsense",
        "/api/v1/exports/transactions.csv?from=2025-01-01&to=2026-12-31",
        "/api/v1/journal?date=yesterday",
        "/api/v1/journal?till=7",
    ] {
        let answer = here(bad).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{bad}");
        assert_eq!(answer.json::<Problem>().await.unwrap().code, "HF-HUB-022", "{bad}");
    }
    for absent in [
        "/api/v1/journal/999999",
        "/api/v1/journal/3-000042",
        "/api/v1/journal/x",
        "/api/v1/exports/people.csv",
    ] {
        assert_eq!(here(absent).await.status(), StatusCode::NOT_FOUND, "{absent}");
    }
    let page = here("/reports?from=%22%3E%3Cscript%3E").await;
    assert_eq!(page.status(), StatusCode::OK, "a page says what is wrong");
    let page = page.text().await.unwrap();
    assert!(page.contains("HF-HUB-022") && !page.contains("\"><script>"), "{page}");
    let file = here("/api/v1/exports/lines.csv").await;
    assert_eq!(file.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    let disposition = file.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(disposition.starts_with("attachment; filename=\"lines-20"), "{disposition}");
    assert!(file.text().await.unwrap().starts_with("record,business_date,receipt,"));
    shop.hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_makes_one_till_which_then_reads_with_its_secret() {
    let shop = open().await;
    let wrong = shop.pair("AAAA-AAAA-AAAA").await;
    assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
    assert_eq!(wrong.json::<Problem>().await.unwrap().code, "HF-HUB-018");
    let malformed = shop
        .client
        .post(shop.url("/api/v1/pair"))
        .json(&serde_json::json!({"kode": 1}))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (malformed.status(), malformed.json::<Problem>().await.unwrap().code.as_str()),
        (StatusCode::BAD_REQUEST, "HF-HUB-022")
    );

    let (done, printed) = shop.console(&["pair", "--name", "Till 1"], "").await;
    assert!(done, "{printed}");
    let code = printed.lines().find_map(|line| line.strip_prefix("pairing-code ")).unwrap();
    let till: PairResponse = shop.pair(code).await.json().await.unwrap();
    assert_eq!((till.number.0, till.name.as_str(), till.secret.len()), (1, "Till 1", 64));
    assert_eq!(shop.pair(code).await.status(), StatusCode::FORBIDDEN, "once");
    assert_eq!(shop.paired().await.number.0, 2);

    let file = shop.place.path().join("goods.csv");
    std::fs::write(&file, "sku,description,unit_price\nA,Tea,2.50\nB,Milk,1.49\n").unwrap();
    let arguments = ["import", "catalog", file.to_str().unwrap()];
    let (done, printed) = tokio::task::block_in_place(|| shop.command(&arguments, ""));
    assert!(done && printed.contains("catalog version 1: 2 products"), "{printed}");
    std::fs::write(&file, "sku,description,unit_price\nA,Tea,cheap\n").unwrap();
    let (done, printed) = tokio::task::block_in_place(|| shop.command(&arguments, ""));
    assert!(
        !done && printed.contains("row 2, column unit_price: HF-IMP-015") && printed.contains("HF-IMP-005"),
        "{printed}"
    );

    let user = till.terminal.to_string();
    let read = async |path: &str, secret: &str| {
        let request =
            shop.client.get(shop.url(path)).header("host", STRANGER).basic_auth(&user, Some(secret));
        request.send().await.unwrap()
    };
    let snapshot: Snapshot = eventually(async || read("/api/v1/till/snapshot", &till.secret).await).await;
    assert_eq!((snapshot.till.terminal, snapshot.profile.currency.code()), (till.terminal, "EUR"));
    let catalog: CatalogPage = eventually(async || read("/api/v1/till/catalog", &till.secret).await).await;
    assert_eq!((catalog.version, catalog.products.len(), catalog.next_after), (1, 2, None));
    let after: CatalogPage =
        eventually(async || read("/api/v1/till/catalog?after=A", &till.secret).await).await;
    assert_eq!(after.products[0].sku.as_str(), "B");
    let stock: StockPage = eventually(async || read("/api/v1/till/stock", &till.secret).await).await;
    assert_eq!(stock.levels, []);
    let orders: OrdersPage = eventually(async || read("/api/v1/till/orders", &till.secret).await).await;
    assert_eq!((orders.orders.len(), orders.next_after), (0, None));
    let unknown = "/api/v1/till/orders/018f0000-0000-7000-8000-000000000001";
    assert_eq!(read(unknown, &till.secret).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(read("/api/v1/till/orders/seven", &till.secret).await.status(), StatusCode::NOT_FOUND);
    let bad = read("/api/v1/till/orders?after=seven", &till.secret).await;
    assert_eq!(bad.status(), StatusCode::BAD_REQUEST);
    assert_eq!(read(unknown, &"0".repeat(64)).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(read("/api/v1/till/snapshot", &"0".repeat(64)).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(read("/api/v1/till/stock?colour=red", &till.secret).await.status(), StatusCode::BAD_REQUEST);
    shop.hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_hub_a_folder_and_a_restart_keeps_everything() {
    let shop = open().await;
    let folder = DataFolder::new(shop.place.path().join("hub"));
    assert!(matches!(serve(settings(&folder).await).await, Err(HubError::FolderInUse { .. })));
    let till = shop.paired().await;
    let (done, printed) = shop.console(&["verify"], "").await;
    assert!(done && printed.contains("intact"), "{printed}");
    let Shop { place, hub, client } = shop;
    let ready = place.path().join("ready.json");
    hub.write_ready_file(&ready).unwrap();
    let named: serde_json::Value = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
    assert_eq!(named["mqtt"], hub.addresses.mqtt.to_string());
    hub.shutdown().await;

    let hub = serve_when_free(&folder).await;
    let shop = Shop { place, hub, client };
    let read = async || {
        let request = shop.client.get(shop.url("/api/v1/till/snapshot"));
        request.basic_auth(till.terminal, Some(&till.secret)).send().await.unwrap()
    };
    let snapshot: Snapshot = eventually(read).await;
    assert_eq!(snapshot.till.number, till.number);
    let Shop { place, hub, .. } = shop;
    hub.shutdown().await;
    let empty = DataFolder::new(place.path().join("empty"));
    assert!(matches!(serve(settings(&empty).await).await, Err(HubError::NotProvisioned { .. })));
}

#[test]
fn the_document_of_the_interface_is_the_one_in_the_documentation() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi/hub.json");
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(kept == openapi_json(), "{path} is old; `cargo xtask codegen openapi` writes it anew");
}
