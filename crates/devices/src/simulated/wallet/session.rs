//! The lines of a simulated provider.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use holdfast_money::{Currency, Money, parse_decimal};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::book::{Back, Book, Cob, No, Received, Stage};
use super::{CLIENT_ID, CLIENT_SECRET, Misbehaviour, Moment, SimulatedWallet, State, Trouble, Wrongly};
use crate::simulated::https::{Asked, Line, READING_MAX, read, response};

/// For how many seconds a token is good.
const TOKEN_SECONDS: u64 = 3_600;

pub(super) async fn serve(wallet: SimulatedWallet, listener: TcpListener) {
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((line, _)) => {
                    let wallet = wallet.clone();
                    tasks.spawn(async move {
                        // Nobody is told when a till is gone before its answer.
                        let _ = answer(&wallet, line).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the simulated provider stops listening");
                    return;
                }
            },
            Some(_) = tasks.join_next() => {}
        }
    }
}

async fn answer(wallet: &SimulatedWallet, line: TcpStream) -> io::Result<()> {
    let _under_way = wallet.under_way();
    let acceptor = TlsAcceptor::from(Arc::clone(&wallet.inner.tls));
    let mut line = timeout(READING_MAX, acceptor.accept(line)).await??;
    if trouble(wallet, Moment::BeforeReading, &mut line).await.is_break() {
        return Ok(());
    }
    let asked = timeout(READING_MAX, read(&mut line)).await??;
    if trouble(wallet, Moment::AfterReading, &mut line).await.is_break() {
        return Ok(());
    }
    let (status, content) = {
        let mut state = wallet.state();
        let said = done(&mut state, &asked);
        state.keep();
        said
    };
    if wallet.book_fault().is_some() {
        return Ok(());
    }
    if trouble(wallet, Moment::BeforeAnswering, &mut line).await.is_break() {
        return Ok(());
    }
    let wrongly = match wallet.state().misbehaviour {
        Misbehaviour::Answers(wrongly) => Some(wrongly),
        _ => None,
    };
    let whole = written(status, content, wrongly);
    match wrongly {
        Some(Wrongly::CutInHalf) => line.write_all(&whole[..whole.len() / 2]).await?,
        Some(Wrongly::Twice) => {
            line.write_all(&whole).await?;
            line.write_all(&whole).await?;
        }
        _ => line.write_all(&whole).await?,
    }
    line.shutdown().await
}

async fn trouble(wallet: &SimulatedWallet, moment: Moment, line: &mut Line) -> ControlFlow<()> {
    let trouble = match wallet.state().misbehaviour {
        Misbehaviour::At(at, trouble) if at == moment => trouble,
        _ => return ControlFlow::Continue(()),
    };
    match trouble {
        Trouble::Delay(time) => {
            sleep(time).await;
            ControlFlow::Continue(())
        }
        Trouble::Hold => {
            wallet.hold(moment).await;
            ControlFlow::Continue(())
        }
        Trouble::HangUp => ControlFlow::Break(()),
        Trouble::Status500 => {
            let _ = line.write_all(&response(500, b"")).await;
            let _ = line.shutdown().await;
            ControlFlow::Break(())
        }
    }
}

fn written(status: u16, mut content: Value, wrongly: Option<Wrongly>) -> Vec<u8> {
    match wrongly {
        Some(Wrongly::AboutAnother) if content.get("txid").is_some() => {
            content["txid"] = "another".into();
            content["status"] = "CONCLUIDA".into();
            let payment = "E12345678202611281011another0000";
            content["pix"] = json!([{ "endToEndId": payment, "valor": content["valor"]["original"] }]);
        }
        Some(Wrongly::AboutAnother) if content.get("id").is_some() => {
            content["id"] = "another".into();
            content["status"] = "NAO_REALIZADO".into();
        }
        Some(Wrongly::WithoutStatus) => {
            if let Some(content) = content.as_object_mut() {
                content.remove("status");
            }
        }
        Some(Wrongly::Nonsense) => return response(200, b"{\"txid\":["),
        Some(Wrongly::NoSuchPage) => return response(404, b"<html>404</html>"),
        _ => {}
    }
    response(status, content.to_string().as_bytes())
}

fn done(state: &mut State, asked: &Asked) -> (u16, Value) {
    if asked.line == "POST /oauth/token" {
        let secret = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
        if asked.authorization != secret || asked.body != b"grant_type=client_credentials" {
            return (401, json!({ "error": "invalid_client" }));
        }
        state.tokens += 1;
        let token = format!("token-{}", state.tokens);
        return (200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS }));
    }
    let token = asked.authorization.strip_prefix("Bearer token-").and_then(|token| token.parse::<u64>().ok());
    if token.is_none_or(|token| token < state.good_from || token > state.tokens) {
        return (401, problem("AcessoNegado"));
    }
    let body = serde_json::from_slice::<Value>(&asked.body).unwrap_or_default();
    let Some((method, path)) = asked.line.split_once(" /api/v2/") else {
        return (404, problem("NaoEncontrado"));
    };
    let parts: Vec<&str> = path.split('/').collect();
    let result = match (method, parts.as_slice()) {
        ("PUT", ["cob", number]) => {
            let minor = minor(body.pointer("/valor/original"));
            state.book.create(number, minor).map(|charge| (201, cob(&state.book, number, &charge)))
        }
        ("GET", ["cob", number]) => {
            state.book.charge(number).map(|charge| (200, cob(&state.book, number, &charge)))
        }
        ("PATCH", ["cob", number])
            if body.get("status") == Some(&"REMOVIDA_PELO_USUARIO_RECEBEDOR".into()) =>
        {
            stopped(state, number).map(|charge| (200, cob(&state.book, number, &charge)))
        }
        ("PUT", ["pix", payment, "devolucao", number]) => {
            let minor = minor(body.get("valor"));
            state.book.give_back(payment, number, minor).map(|done| (201, devolucao(&done)))
        }
        ("GET", ["pix", payment, "devolucao", number]) => {
            state.book.back(payment, number).map(|done| (200, devolucao(&done)))
        }
        _ => return (404, problem("NaoEncontrado")),
    };
    result.unwrap_or_else(|no| match no {
        No::ChargeUnknown => (404, problem("CobNaoEncontrado")),
        No::PaymentUnknown => (404, problem("PixNaoEncontrado")),
        No::BackUnknown => (404, problem("PixDevolucaoNaoEncontrada")),
        No::ChargeInvalid => (400, problem("CobOperacaoInvalida")),
        No::BackInvalid => (400, problem("PixDevolucaoInvalida")),
    })
}

fn stopped(state: &mut State, number: &str) -> Result<Cob, No> {
    if state.misbehaviour == Misbehaviour::HearsButDoesNotStop {
        return state.book.charge(number);
    }
    state.book.remove(number)
}

fn problem(kind: &str) -> Value {
    json!({
        "type": format!("https://pix.bcb.gov.br/api/v2/error/{kind}"),
        "title": kind,
        "detail": "it is not done",
    })
}

fn minor(text: Option<&Value>) -> i64 {
    let money = || {
        let amount = parse_decimal(text?.as_str()?).ok()?;
        Money::new(amount, Currency::from_code("BRL").ok()?).ok()
    };
    money().map_or(0, Money::minor)
}

fn reais(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn cob(book: &Book, number: &str, charge: &Cob) -> Value {
    let status = match charge.stage {
        Stage::Open => "ATIVA",
        Stage::Paid => "CONCLUIDA",
        Stage::Removed => "REMOVIDA_PELO_USUARIO_RECEBEDOR",
    };
    let mut cob = json!({
        "calendario": { "criacao": "2026-11-28T10:11:00Z", "expiracao": 180 },
        "txid": number,
        "revisao": 0,
        "status": status,
        "valor": { "original": reais(charge.minor) },
        "location": Book::location(number),
        "loc": { "id": 7, "location": Book::location(number), "tipoCob": "cob" },
    });
    if let (Some(Received { payment, minor, .. }), Some(cob)) = (book.paid(number), cob.as_object_mut()) {
        let pix = json!([{ "endToEndId": payment, "txid": number, "valor": reais(*minor) }]);
        cob.insert("pix".to_owned(), pix);
    }
    cob
}

fn devolucao(back: &Back) -> Value {
    json!({
        "id": back.number,
        "rtrId": format!("D12345678202611281012{:.11}", back.number),
        "valor": reais(back.minor),
        "horario": { "solicitacao": "2026-11-28T10:12:00Z" },
        "status": "DEVOLVIDO",
    })
}
