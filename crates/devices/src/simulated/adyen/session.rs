//! The lines of a simulated terminal.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use holdfast_money::{Currency, Money};
use jiff::Timestamp;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::super::https::{Line, READING_MAX, read, response};
use super::book::{End, Known, What, Wish};
use super::{Customer, Moment, SimulatedAdyen, Trouble, Wrongly, reply};
use crate::payment::adyen::crypto::Sealed;
use crate::payment::adyen::message::{
    self, Amount, Category, Header, PaymentType, PoiToSale, SaleData, SaleToPoi, Secured,
};
use crate::payment::adyen::{Sources, SystemSources};

/// What a line is told about what was asked on it.
enum Reply {
    Answer(Box<PoiToSale>),
    /// It was taken, and there is nothing to say.
    Taken,
    Status(u16),
    HangUp,
}

/// Takes one request after another, and answers each when it is ready.
pub(super) async fn serve(terminal: SimulatedAdyen, listener: TcpListener) {
    let mut tasks = JoinSet::new();
    loop {
        let line = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((line, _)) => line,
                Err(error) => {
                    tracing::warn!(%error, "the simulated terminal stops listening");
                    return;
                }
            },
            Some(_) = tasks.join_next() => continue,
        };
        let mut life = terminal.inner.life.subscribe();
        let received = tokio::select! {
            received = receive(&terminal, line) => received,
            _ = life.changed() => continue,
        };
        let Some((mut line, request)) = received else { continue };
        let (sender, receiver) = oneshot::channel();
        begin(&terminal, request, sender, &mut tasks);
        let terminal = terminal.clone();
        tasks.spawn(async move {
            tokio::select! {
                reply = receiver => {
                    // Nobody is told when a till is gone before its answer.
                    let _ = write(&terminal, &mut line, reply.unwrap_or(Reply::HangUp)).await;
                }
                _ = life.changed() => {}
            }
        });
    }
}

/// A line and what was asked on it. `None` when nothing is to be answered any more.
async fn receive(terminal: &SimulatedAdyen, line: TcpStream) -> Option<(Line, SaleToPoi)> {
    let acceptor = TlsAcceptor::from(Arc::clone(&terminal.inner.tls));
    let mut line = timeout(READING_MAX, acceptor.accept(line)).await.ok()?.ok()?;
    if trouble(terminal, Moment::BeforeReading, &mut line).await.is_break() {
        return None;
    }
    let asked = timeout(READING_MAX, read(&mut line)).await.ok()?.ok()?;
    let Some(request) = opened(terminal, &asked.body).filter(|_| asked.line == "POST /nexo") else {
        let _ = line.write_all(&response(401, b"")).await;
        let _ = line.shutdown().await;
        return None;
    };
    if trouble(terminal, Moment::AfterReading, &mut line).await.is_break() {
        return None;
    }
    Some((line, request))
}

/// What goes wrong while the line is still in one hand.
async fn trouble(terminal: &SimulatedAdyen, moment: Moment, line: &mut Line) -> ControlFlow<()> {
    match terminal.trouble_at(moment) {
        None => return ControlFlow::Continue(()),
        Some(Trouble::Delay(time)) => {
            sleep(time).await;
            return ControlFlow::Continue(());
        }
        Some(Trouble::Hold) => {
            terminal.hold(moment).await;
            return ControlFlow::Continue(());
        }
        Some(Trouble::HangUp) => {}
        Some(Trouble::Restart) => terminal.restart(),
        Some(Trouble::Status500) => {
            let _ = line.write_all(&response(500, b"")).await;
            let _ = line.shutdown().await;
        }
    }
    ControlFlow::Break(())
}

fn opened(terminal: &SimulatedAdyen, body: &[u8]) -> Option<SaleToPoi> {
    let secured = serde_json::from_slice::<message::Request<Secured>>(body).ok()?.content;
    let sealed = Sealed { blob: secured.nexo_blob, trailer: secured.security_trailer };
    let inner = terminal.inner.keys.open(&sealed).ok()?;
    Some(serde_json::from_slice::<message::Request<SaleToPoi>>(&inner).ok()?.content)
        .filter(|request| request.message_header.poi_id == terminal.inner.poi_id)
}

/// Does what was asked, or begins it.
fn begin(
    terminal: &SimulatedAdyen,
    request: SaleToPoi,
    sender: oneshot::Sender<Reply>,
    tasks: &mut JoinSet<()>,
) {
    let header = request.message_header.clone();
    if let Some(wish) = wish(&request) {
        // Before it begins: a restart must not come in between unseen.
        let mut life = terminal.inner.life.subscribe();
        let begun = {
            let mut state = terminal.state();
            let customer = state.customer;
            state.book.begin(wish.clone(), customer)
        };
        terminal.note_change();
        let terminal = terminal.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = carry_out(&terminal, header, wish, begun, sender) => {}
                _ = life.changed() => {}
            }
        });
        return;
    }
    let answer = if let Some(asked) = &request.transaction_status_request {
        let reference = &asked.message_reference;
        let state = terminal.state();
        let known = state.book.known(&reference.service_id, &reference.sale_id, reference.message_category);
        let status = match known {
            Known::Nothing => reply::Status::Nothing,
            Known::AtIt => reply::Status::AtIt,
            Known::Done(wish, end) => {
                let of_then = Header {
                    message_category: reference.message_category,
                    service_id: reference.service_id.clone(),
                    ..header.clone()
                };
                reply::Status::Ended(Box::new(reply::ended(&of_then, wish, end)))
            }
        };
        Some(reply::status(&header, reference, status))
    } else if request.diagnosis_request.is_some() {
        Some(reply::diagnosis(&header, terminal.is_idle()))
    } else if request.reconciliation_request.is_some() {
        let (day, sums) = {
            let mut state = terminal.state();
            let counted = state.book.end_day();
            state.keep();
            counted
        };
        Some(reply::reconciliation(&header, day, &sums))
    } else {
        if let Some(abort) = &request.abort_request {
            let reference = &abort.message_reference;
            terminal.state().book.abort(&reference.service_id, &reference.sale_id);
            terminal.note_change();
        }
        None
    };
    let terminal = terminal.clone();
    tasks.spawn(async move {
        let reply = match before_answering(&terminal).await {
            Some(reply) => reply,
            None => answer.map_or(Reply::Taken, |answer| Reply::Answer(Box::new(answer))),
        };
        let _ = sender.send(reply);
    });
}

/// What a line is told instead of the answer.
async fn before_answering(terminal: &SimulatedAdyen) -> Option<Reply> {
    if terminal.book_fault().is_some() {
        return Some(Reply::HangUp);
    }
    match terminal.trouble_at(Moment::BeforeAnswering)? {
        Trouble::HangUp => Some(Reply::HangUp),
        Trouble::Status500 => Some(Reply::Status(500)),
        Trouble::Restart => {
            terminal.restart();
            Some(Reply::HangUp)
        }
        Trouble::Delay(time) => {
            sleep(time).await;
            None
        }
        Trouble::Hold => {
            terminal.hold(Moment::BeforeAnswering).await;
            None
        }
    }
}

/// A payment, a refund or a reversal from its customer to its answer, whether or not the line lives that long.
async fn carry_out(
    terminal: &SimulatedAdyen,
    header: Header,
    wish: Wish,
    begun: Result<u64, crate::payment::ErrorCondition>,
    sender: oneshot::Sender<Reply>,
) {
    let mut sender = Some(sender);
    let mut tell = |reply| {
        if let Some(sender) = sender.take() {
            let _ = sender.send(reply);
        }
    };
    let end = match begun {
        Err(condition) => End::Not(condition),
        Ok(number) => {
            let customer = decided(terminal, number).await;
            match terminal.trouble_at(Moment::BeforeBooking) {
                None => {}
                Some(Trouble::HangUp) => tell(Reply::HangUp),
                Some(Trouble::Status500) => tell(Reply::Status(500)),
                Some(Trouble::Delay(time)) => sleep(time).await,
                Some(Trouble::Hold) => terminal.hold(Moment::BeforeBooking).await,
                Some(Trouble::Restart) => return terminal.restart(),
            }
            let ended = {
                let mut state = terminal.state();
                let ended = state.book.end(number, customer, Timestamp::now().to_string());
                state.keep();
                ended
            };
            terminal.note_change();
            // A restart came in between and it was forgotten.
            let Some(end) = ended else { return };
            end
        }
    };
    let reply = match before_answering(terminal).await {
        Some(reply) => reply,
        None => Reply::Answer(Box::new(reply::ended(&header, &wish, &end))),
    };
    tell(reply);
}

async fn decided(terminal: &SimulatedAdyen, number: u64) -> Customer {
    let mut changes = terminal.inner.changes.subscribe();
    loop {
        let decided = {
            let state = terminal.state();
            state.book.decided(number, state.customer)
        };
        match decided {
            Some(customer) => return customer,
            None => {
                if changes.changed().await.is_err() {
                    return Customer::Fails(crate::payment::ErrorCondition::Aborted);
                }
            }
        }
    }
}

fn wish(request: &SaleToPoi) -> Option<Wish> {
    let header = &request.message_header;
    let number = |sale: &SaleData| sale.sale_transaction_id.as_ref().map(|id| id.transaction_id.clone());
    let (category, sale_transaction, what) = match (&request.payment_request, &request.reversal_request) {
        (Some(payment), None) => {
            let amounts = &payment.payment_transaction.amounts_req;
            let currency = Currency::from_code(&amounts.currency).ok()?;
            let money =
                |amount: Amount| Money::new(amount.0, currency).ok().filter(|money| money.is_positive());
            let amount = money(amounts.requested_amount)?;
            let is_refund =
                payment.payment_data.as_ref().is_some_and(|data| data.payment_type == PaymentType::Refund);
            let what = if is_refund {
                What::Refund { amount }
            } else {
                What::Payment { amount, tip: amounts.tip_amount.and_then(money) }
            };
            (Category::Payment, number(&payment.sale_data)?, what)
        }
        (None, Some(reversal)) => {
            let original = reversal.original_poi_transaction.poi_transaction_id.transaction_id.clone();
            let amount = reversal.reversed_amount.map(|amount| amount.0);
            (Category::Reversal, number(&reversal.sale_data)?, What::Reversal { original, amount })
        }
        _ => return None,
    };
    Some(Wish {
        service_id: header.service_id.clone(),
        sale_id: header.sale_id.clone(),
        category,
        sale_transaction,
        what,
    })
}

async fn write(terminal: &SimulatedAdyen, line: &mut Line, reply: Reply) -> io::Result<()> {
    let wrongly = terminal.answers_wrongly();
    let whole = match reply {
        Reply::HangUp => return Ok(()),
        Reply::Status(status) => response(status, b""),
        Reply::Taken => response(200, b""),
        Reply::Answer(answer) => response(200, &sealed(terminal, *answer, wrongly)?),
    };
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

/// The body of an answer, with what is to be wrong about it.
fn sealed(terminal: &SimulatedAdyen, mut answer: PoiToSale, wrongly: Option<Wrongly>) -> io::Result<Vec<u8>> {
    let outside = answer.message_header.clone();
    match wrongly {
        Some(Wrongly::ForAnother) => answer.message_header.service_id = "ANOTHER".to_owned(),
        Some(Wrongly::AboutAnother) => reply::about_another(&mut answer),
        Some(Wrongly::WithoutResult) => reply::without_result(&mut answer),
        Some(Wrongly::Nonsense) => return Ok(b"{\"SaleToPOIResponse\":[4".to_vec()),
        _ => {}
    }
    let inner = serde_json::to_vec(&message::Response { content: answer })?;
    if wrongly == Some(Wrongly::Unsealed) {
        return Ok(inner);
    }
    let mut sealed = terminal.inner.keys.seal(&inner, SystemSources.nonce()?);
    if wrongly == Some(Wrongly::WrongProof) {
        sealed.trailer.hmac =
            terminal.inner.keys.seal(b"another message", SystemSources.nonce()?).trailer.hmac;
    }
    let secured =
        Secured { message_header: Some(outside), nexo_blob: sealed.blob, security_trailer: sealed.trailer };
    Ok(serde_json::to_vec(&message::Response { content: secured })?)
}
