//! What reaches the hub and HQ over HTTP, and what people type at their consoles.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use holdfast_domain::ids::SubjectId;
use holdfast_domain::staff::StaffNumber;
use holdfast_protocol::message::Pin;
use holdfast_protocol::subject::{Details, Private, SubjectSearch};
use holdfast_terminal::client::accepted;
use holdfast_terminal::{Folder, Pace, Till};
use holdfast_testkit::http::escaped;
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

use crate::numbers::Mint;
use crate::shop::{CATALOG, Chain, PIN, STAFF, Shop, text};

const SOON: Duration = Duration::from_secs(30);

/// One request as it is, and everything that came back.
async fn exchange(address: SocketAddr, method: &str, path: &str, kind: &str, body: &str) -> Result<Vec<u8>> {
    let work = async {
        let mut stream = TcpStream::connect(address).await?;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        anyhow::Ok(answer)
    };
    timeout(SOON, work).await.with_context(|| format!("{method} {address} does not answer"))?
}

/// Every route of a program's own document: numbers in its path, in each parameter of its query, and in each field of its body.
/// The answers, heads included.
pub async fn over_http(
    address: SocketAddr,
    document: &str,
    mint: &mut Mint,
    rounds: usize,
) -> Result<Vec<u8>> {
    let path = format!("{}/../docs/openapi/{document}", env!("CARGO_MANIFEST_DIR"));
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let mut heard = Vec::new();
    for _ in 0..rounds {
        for (path, route) in document["paths"].as_object().context("paths")? {
            for (method, asked) in route.as_object().context("methods")? {
                let filled: String = path
                    .split('/')
                    .map(
                        |part| if part.starts_with('{') { escaped(&mint.written()) } else { part.to_owned() },
                    )
                    .collect::<Vec<_>>()
                    .join("/");
                let parameters = asked["parameters"].as_array().into_iter().flatten();
                let of_query = parameters.filter(|parameter| parameter["in"] == "query");
                let mut query: Vec<String> = of_query
                    .filter_map(|parameter| parameter["name"].as_str())
                    .map(|name| format!("{name}={}", escaped(&mint.written())))
                    .collect();
                query.push(format!("{}={}", mint.number(), escaped(&mint.written())));
                let body = body(&document, asked, mint);
                let path = format!("{filled}?{}", query.join("&"));
                let method = method.to_uppercase();
                heard.extend(exchange(address, &method, &path, "application/json", &body).await?);
            }
        }
        // The pages and their forms.
        for form in ["/sign-in", "/changes/item", "/changes/markdown", "/changes/staff"] {
            let fields = ["number", "pin", "name", "description", "reason"];
            let body: Vec<String> =
                fields.iter().map(|field| format!("{field}={}", escaped(&mint.written()))).collect();
            let kind = "application/x-www-form-urlencoded";
            heard.extend(exchange(address, "POST", form, kind, &body.join("&")).await?);
        }
    }
    Ok(heard)
}

fn body(document: &Value, asked: &Value, mint: &mut Mint) -> String {
    let schema = &asked["requestBody"]["content"]["application/json"]["schema"];
    let schema = match schema["$ref"].as_str().and_then(|at| at.strip_prefix('#')) {
        Some(at) => document.pointer(at).unwrap_or(&Value::Null),
        None => schema,
    };
    let mut fields = Map::new();
    for name in schema["properties"].as_object().into_iter().flat_map(Map::keys) {
        fields.insert(name.clone(), Value::String(mint.written()));
    }
    if fields.is_empty() {
        fields.insert(mint.number(), Value::String(mint.written()));
    }
    Value::Object(fields).to_string()
}

/// Customers' details: every field, in every form. Nothing of it is kept.
pub async fn details(folder: &Path, mint: &mut Mint, rounds: usize) -> Result<()> {
    let (till, api) = Till::open(&Folder::new(folder), Pace::default()).await?;
    till.ready(SOON).await?;
    accepted(timeout(SOON, till.sign_on(StaffNumber(STAFF.parse()?), Pin(PIN.into()))).await??)?;
    let plain = Details { name: Some(Private::new("Plain Name 12")), ..Details::default() };
    api.put_subject(SubjectId(till.mint()?), &plain.into()).await?;
    for round in 0..rounds {
        let one = Private::new(mint.written());
        let mut details = Details { name: Some(Private::new("Plain Name")), ..Details::default() };
        match round % 5 {
            0 => details.name = Some(one),
            1 => details.email = Some(Private::new(format!("{}@example.com", mint.number()))),
            2 => details.phone = Some(Private::new(mint.number())),
            3 => details.notes = Some(one),
            _ => details.card = Some(one),
        }
        let id = SubjectId(till.mint()?);
        ensure!(api.put_subject(id, &details.into()).await.is_err(), "field {} is kept", round % 5);
        let search = SubjectSearch::Card(Private::new(mint.number()));
        ensure!(api.find_subjects(&search).await.unwrap_or_default().is_empty(), "found by it");
    }
    till.close().await?;
    Ok(())
}

/// Runs a program and keeps all that it said.
async fn said(
    chain: &Chain,
    program: &str,
    arguments: &[&str],
    input: &str,
    out: &mut Vec<u8>,
) -> Result<bool> {
    let mut child = Command::new(chain.programs.path(program))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        let _it_may_end_before = stdin.write_all(input.as_bytes()).await;
    }
    let ended = timeout(SOON, child.wait_with_output()).await.context("it does not end")??;
    out.extend([ended.stdout, ended.stderr].concat());
    Ok(ended.status.success())
}

/// Names, descriptions, reasons and settings, typed where an installer or a clerk types them. What the programs said.
pub async fn at_consoles(chain: &Chain, shop: &Shop, mint: &mut Mint) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let data = text(&shop.data)?;
    let pin = format!("{PIN}\n");
    let name = mint.written();
    let staff = ["staff", "add", "--data", data, "--number", "555", "--name", &name];
    let staff = [&staff[..], &["--role", "cashier", "--pin-stdin"]].concat();
    ensure!(!said(chain, "holdfast-hub", &staff, &pin, &mut out).await?, "a clerk is called so");
    let name = mint.written();
    let pair = ["pair", "--data", data, "--name", &name];
    ensure!(!said(chain, "holdfast-hub", &pair, "", &mut out).await?, "a till is called so");
    let file = chain.folder.path().join("typed.csv");
    let row = format!("{CATALOG}NEW,Tea {},,piece,standard,1.00,counter\n", mint.number());
    std::fs::write(&file, row)?;
    let import = ["import", "catalog", "--data", data, text(&file)?];
    ensure!(!said(chain, "holdfast-hub", &import, "", &mut out).await?, "a product is called so");
    std::fs::remove_file(&file)?;
    let store = ["store", "add", "--data", text(&chain.cloud_data)?, "--currency", "GBP"];
    let store = [&store[..], &["--timezone", "Europe/London", "--cutover", "04:00"]].concat();
    let store = [&store[..], &["--prices-include-tax", "true"]].concat();
    for place in 0..4 {
        let planted = mint.written();
        let word = |at: usize| if at == place { planted.as_str() } else { "Plain" };
        let named = ["--name", word(0), "--legal-name", word(1), "--address", word(2), "--tax-id", word(3)];
        let add = [&store[..], &named].concat();
        ensure!(!said(chain, "holdfast-cloud", &add, "", &mut out).await?, "a store's words are {place}");
    }
    let till = text(&shop.tills[0])?;
    let parked = mint.written();
    let park = ["park", "--data", till, "--staff", STAFF, "--pin-stdin", "--barcode", "4006381333931"];
    let park = [&park[..], &["--quantity", "1", "--label", &parked]].concat();
    ensure!(!said(chain, "holdfast-terminal", &park, &pin, &mut out).await?, "a basket is called so");
    Ok(out)
}
