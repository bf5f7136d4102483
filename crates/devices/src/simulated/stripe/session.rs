//! The lines of a simulated Stripe.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::book::{Book, Kept, No};
use super::{Kind, Misbehaviour, READER, SECRET_KEY, SimulatedStripe, Trouble, object};
use crate::simulated::https::{Asked, READING_MAX, read, response, response_with};

/// How long it wants to be left alone, in seconds.
const RETRY_AFTER_SECONDS: u64 = 7;

pub(super) async fn serve(stripe: SimulatedStripe, listener: TcpListener) {
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((line, _)) => {
                    let stripe = stripe.clone();
                    tasks.spawn(async move {
                        // Nobody is told when a till is gone before its answer.
                        let _ = answer(&stripe, line).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the simulated Stripe stops listening");
                    return;
                }
            },
            Some(_) = tasks.join_next() => {}
        }
    }
}

/// What is wanted, and of what.
struct Wanted {
    kind: Kind,
    id: String,
    fields: BTreeMap<String, String>,
}

async fn answer(stripe: &SimulatedStripe, line: TcpStream) -> io::Result<()> {
    let _under_way = stripe.under_way();
    let acceptor = TlsAcceptor::from(Arc::clone(&stripe.inner.tls));
    let mut line = timeout(READING_MAX, acceptor.accept(line)).await??;
    let asked = timeout(READING_MAX, read(&mut line)).await??;
    stripe.state().requests += 1;
    let wanted = wanted(&asked);
    let misbehaviour = stripe.misbehaviour();
    let trouble = wanted.as_ref().and_then(|wanted| misbehaviour.at(wanted.kind));
    match trouble {
        Some(Trouble::HangUpBefore) => return Ok(()),
        Some(Trouble::Fails) => {
            line.write_all(&response(500, b"")).await?;
            return line.shutdown().await;
        }
        Some(Trouble::TooMany) => {
            let headers = format!("Retry-After: {RETRY_AFTER_SECONDS}\r\n");
            let content = object::error("invalid_request_error", "rate_limit").to_string();
            line.write_all(&response_with(429, &headers, content.as_bytes())).await?;
            return line.shutdown().await;
        }
        Some(Trouble::Refuses) => {
            let content = object::error("invalid_request_error", "not_now").to_string();
            line.write_all(&response(400, content.as_bytes())).await?;
            return line.shutdown().await;
        }
        Some(Trouble::NoSuchPage) => {
            line.write_all(&response(404, b"<html>404</html>")).await?;
            return line.shutdown().await;
        }
        Some(Trouble::DelaysBefore(time)) => sleep(time).await,
        Some(Trouble::Holds) => changed(stripe, misbehaviour).await,
        _ => {}
    }
    let (status, content, again) = with_key(stripe, &asked, wanted, trouble);
    if stripe.book_fault().is_some() {
        return Ok(());
    }
    match trouble {
        Some(Trouble::HangUpAfter) => return Ok(()),
        Some(Trouble::DelaysAfter(time)) => sleep(time).await,
        Some(Trouble::Mute) => {
            changed(stripe, misbehaviour).await;
            return Ok(());
        }
        _ => {}
    }
    let content = serde_json::from_str::<Value>(&content).unwrap_or_default();
    let content = match trouble {
        Some(Trouble::AboutAnother) => {
            let other = stripe.state().book.another(&content);
            object::of_another(content, other.as_ref())
        }
        Some(Trouble::Empty) if content.get("data").is_some() => object::list(Vec::new()),
        Some(Trouble::WithoutStatus) => object::without_status(content),
        _ => content,
    };
    let headers = if again { "Idempotent-Replayed: true\r\n" } else { "" };
    let whole = match trouble {
        Some(Trouble::Nonsense) => response(200, b"{\"id\":["),
        _ => response_with(status, headers, content.to_string().as_bytes()),
    };
    let sent = if trouble == Some(Trouble::CutInHalf) { &whole[..whole.len() / 2] } else { &whole[..] };
    line.write_all(sent).await?;
    line.shutdown().await
}

/// Waits until it is told to do something else wrong, or nothing.
async fn changed(stripe: &SimulatedStripe, from: Misbehaviour) {
    let _stands = stripe.inner.standing.still();
    // The sender is in the simulation itself, so that it is never gone.
    let _ = stripe.inner.misbehaviour.subscribe().wait_for(|now| *now != from).await;
}

/// A key that is used again gives the first answer, or a refusal when it is used for something else. The last word is whether
/// it did.
fn with_key(
    stripe: &SimulatedStripe,
    asked: &Asked,
    wanted: Option<Wanted>,
    trouble: Option<Trouble>,
) -> (u16, String, bool) {
    let refused =
        |status: u16, kind: &str, code: &str| (status, object::error(kind, code).to_string(), false);
    let is_known = asked.authorization.strip_prefix("Bearer ") == Some(SECRET_KEY);
    if !is_known || stripe.misbehaviour() == Misbehaviour::KeyRevoked {
        return refused(401, "invalid_request_error", "api_key_expired");
    }
    let Some(wanted) = wanted else { return refused(404, "invalid_request_error", "url_invalid") };
    let now = Instant::now();
    let mut state = stripe.state();
    let said = with_book(&mut state.book, asked, &wanted, trouble, now);
    state.keep();
    said
}

fn with_book(
    book: &mut Book,
    asked: &Asked,
    wanted: &Wanted,
    trouble: Option<Trouble>,
    now: Instant,
) -> (u16, String, bool) {
    book.pass(now);
    let key = asked.idempotency_key.as_str();
    let whole = format!("{} {}", asked.line, String::from_utf8_lossy(&asked.body));
    if let Some(kept) = book.keys.get(key).filter(|_| !key.is_empty()) {
        if kept.asked != whole {
            let content = object::error("idempotency_error", "idempotency_key_reused");
            return (400, content.to_string(), false);
        }
        return (kept.status, kept.content.clone(), true);
    }
    let failure = || (500, object::error("api_error", "internal").to_string());
    let (status, content) = match trouble {
        Some(Trouble::KeepsFailing) => failure(),
        _ => match done(book, wanted, now) {
            Ok(_) if trouble == Some(Trouble::FailsAfter) => failure(),
            Ok(content) => (200, content.to_string()),
            Err((status, code)) => (status, object::error("invalid_request_error", code).to_string()),
        },
    };
    if !key.is_empty() {
        book.keep(key, Kept { asked: whole, status, content: content.clone() });
    }
    (status, content, false)
}

fn done(book: &mut Book, wanted: &Wanted, now: Instant) -> Result<Value, No> {
    let Wanted { kind, id, fields } = wanted;
    if matches!(kind, Kind::LookAtReader | Kind::Process | Kind::CancelAction) && id != READER {
        return Err((404, "resource_missing"));
    }
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    Ok(match kind {
        Kind::Create => object::intent(&book.create(fields, now)?),
        Kind::LookAtIntent => object::intent(&book.row(id)?),
        Kind::Capture => object::intent(&book.capture(id)?),
        Kind::Cancel => object::intent(&book.cancel(id, field("cancellation_reason"))?),
        Kind::Search => {
            let attempt = field("query").rsplit('"').nth(1).unwrap_or_default();
            object::list(book.found(attempt, now).iter().map(object::intent).collect())
        }
        Kind::Process => {
            book.process(fields, now)?;
            object::reader(book)
        }
        Kind::LookAtReader => object::reader(book),
        Kind::CancelAction => {
            book.action = None;
            object::reader(book)
        }
        Kind::Refund => object::refund(&book.refund(fields)?),
        Kind::ListRefunds => {
            let row = book.row(field("payment_intent"))?;
            object::list(book.refunds(&row.id).map(object::refund).collect())
        }
    })
}

fn wanted(asked: &Asked) -> Option<Wanted> {
    let (method, target) = asked.line.split_once(' ')?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parts: Vec<&str> = path.strip_prefix("/v1/")?.split('/').collect();
    let (kind, id) = match (method, parts.as_slice()) {
        ("POST", ["payment_intents"]) => (Kind::Create, ""),
        ("GET", ["payment_intents", "search"]) => (Kind::Search, ""),
        ("GET", ["payment_intents", id]) => (Kind::LookAtIntent, *id),
        ("POST", ["payment_intents", id, "capture"]) => (Kind::Capture, *id),
        ("POST", ["payment_intents", id, "cancel"]) => (Kind::Cancel, *id),
        ("GET", ["terminal", "readers", id]) => (Kind::LookAtReader, *id),
        ("POST", ["terminal", "readers", id, "process_payment_intent"]) => (Kind::Process, *id),
        ("POST", ["terminal", "readers", id, "cancel_action"]) => (Kind::CancelAction, *id),
        ("POST", ["refunds"]) => (Kind::Refund, ""),
        ("GET", ["refunds"]) => (Kind::ListRefunds, ""),
        _ => return None,
    };
    let body = String::from_utf8_lossy(&asked.body);
    let form = if method == "GET" { query } else { body.as_ref() };
    let fields = form
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    Some(Wanted { kind, id: id.to_owned(), fields })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = hex.filter(|_| first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        rest = if byte.is_some() { &after[2..] } else { after };
        bytes.push(byte.unwrap_or(first));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
