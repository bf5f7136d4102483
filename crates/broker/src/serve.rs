//! One connection from its first byte of MQTT to its end.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use holdfast_protocol::topics::Subscription;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::admission::{Handshake, Rate};
use crate::connection::Connection;
use crate::gate::Inner;
use crate::handshake::{Failed, identify};
use crate::metrics::bump;
use crate::outbox::{Frame, Pushed};
use crate::packet::{self, Quality, Received};
use crate::{DisconnectReason, Refusal, Session, Transport};

pub(crate) const CODE_OVERFLOW: &str = "HF-GATE-032";
pub(crate) const CODE_KEEP_ALIVE: &str = "HF-GATE-033";

/// How much is read from a socket at a time.
const READ_BYTES: usize = 16 * 1024;
/// Payloads up to this size are copied together into one write; larger ones are written as they are.
const COALESCE_BYTES_MAX: usize = 16 * 1024;

/// Where a connection comes from and until when it must have said who it is.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub peer: SocketAddr,
    pub transport: Transport,
    pub deadline: Instant,
    pub handshake: Handshake,
    pub shutdown: CancellationToken,
}

/// Serves one connection over any transport.
pub(crate) async fn serve<R, W>(inner: Arc<Inner>, mut reader: R, mut writer: W, arrival: Arrival)
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send,
{
    let Arrival { peer, transport, deadline, handshake, shutdown } = arrival;
    let mut buffer = BytesMut::with_capacity(READ_BYTES);
    let identified = tokio::select! {
        result = timeout_at(deadline, identify(&inner, &mut reader, &mut buffer, peer)) => {
            result.unwrap_or(Err(Failed::Refused(Refusal::HandshakeTimeout)))
        }
        () = shutdown.cancelled() => Err(Failed::Refused(Refusal::Stopping)),
        () = inner.closing.cancelled() => Err(Failed::Refused(Refusal::Stopping)),
    };
    let identified = match identified {
        Ok(identified) => identified,
        Err(Failed::Gone) => return,
        Err(Failed::Refused(refusal)) => return refuse(&inner, &mut writer, refusal, peer).await,
    };
    let session =
        Session { terminal: identified.terminal, connection: inner.next_connection(), peer, transport };
    let connection = Arc::new(Connection::new(session, &inner.limits, std::time::Instant::now()));
    // It is queued before anyone can find the connection, so nothing can stand before it.
    connection.outbox.push_answer(packet::connack_accepted());
    let mut turn = Turn { inner: &inner, connection: &connection, reason: DisconnectReason::Lost };
    if let Err(refusal) = connection.begin(&*inner.commands, || inner.enter(&connection)) {
        return refuse(&inner, &mut writer, refusal, peer).await;
    }
    bump(&inner.counters.sessions);
    drop(handshake);

    let mut reading = pin!(read(&inner, &connection, reader, buffer, identified.keep_alive_seconds));
    let mut writing = pin!(write(&inner, &connection, writer));
    let mut written = false;
    let reason = tokio::select! {
        reason = &mut reading => reason,
        reason = &mut writing => { written = true; reason }
        () = connection.outbox.stopped() => DisconnectReason::Lost,
        () = shutdown.cancelled() => DisconnectReason::Shutdown,
        () = inner.closing.cancelled() => DisconnectReason::Shutdown,
    };
    // Whoever closed it first knows the reason better.
    turn.reason = connection.outbox.close(reason);
    // The hub hears of the end now; the till may still take what is queued for it.
    drop(turn);
    if !written && connection.outbox.closed() != Some(DisconnectReason::Overflow) {
        let _ = timeout(inner.limits.close_timeout, writing).await;
    }
}

/// Tells of a connection's end and frees its place, also if a callback panics.
struct Turn<'a> {
    inner: &'a Inner,
    connection: &'a Connection,
    reason: DisconnectReason,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let reason = self.connection.outbox.close(self.reason);
        self.inner.leave(self.connection);
        self.connection.end(&*self.inner.commands, reason);
        self.inner.counters.ended(reason);
        let terminal = self.connection.session.terminal;
        match reason {
            DisconnectReason::Overflow => {
                tracing::warn!(code = CODE_OVERFLOW, %terminal, "till reads too slowly, disconnected");
            }
            DisconnectReason::KeepAliveExpired => {
                tracing::warn!(code = CODE_KEEP_ALIVE, %terminal, "till fell silent, disconnected");
            }
            DisconnectReason::Refused(refusal) => {
                let (code, rule) = (refusal.code(), refusal.name());
                tracing::warn!(code, rule, %terminal, "till broke a rule, disconnected");
            }
            _ => tracing::debug!(%terminal, ?reason, "till disconnected"),
        }
    }
}

/// Counts the refusal of a connection that is not in, and answers it if MQTT has an answer.
async fn refuse<W: AsyncWrite + Unpin>(inner: &Inner, writer: &mut W, refusal: Refusal, peer: SocketAddr) {
    inner.counters.refuse(refusal);
    // Anyone on the LAN can cause these, as often as admission lets them: the counters are the record, not the log.
    tracing::debug!(code = refusal.code(), rule = refusal.name(), %peer, "connection refused");
    let answer = async {
        if let Some(connack) = packet::connack_refused(refusal) {
            writer.write_all(&connack).await?;
        }
        writer.shutdown().await
    };
    // Whether the stranger hears it does not matter, but it may not hold a task for it.
    let _ = timeout(inner.limits.close_timeout, answer).await;
}

/// Reads packets and acts on them until there is a reason to stop.
async fn read<R: AsyncRead + Unpin>(
    inner: &Inner,
    connection: &Connection,
    mut reader: R,
    mut buffer: BytesMut,
    keep_alive_seconds: u16,
) -> DisconnectReason {
    let limits = &inner.limits;
    let asked = Duration::from_secs(keep_alive_seconds.into());
    let keep_alive = if asked.is_zero() { limits.keep_alive_max } else { asked.min(limits.keep_alive_max) };
    let silence_max = keep_alive + keep_alive / 2;
    let mut packets = Rate::new(limits.per_till_packets_per_second_max, limits.per_till_packets_burst);
    let mut bytes = Rate::new(limits.per_till_bytes_per_second_max, limits.per_till_bytes_burst);
    let mut heard = Instant::now();
    loop {
        loop {
            if let Some(reason) = connection.outbox.closed() {
                return reason;
            }
            let before = buffer.len();
            let step = match packet::read(&mut buffer, limits.packet_bytes_max) {
                Ok(None) => break,
                Ok(Some(received)) => {
                    heard = Instant::now();
                    let size = before - buffer.len();
                    inner.counters.bytes_in.fetch_add(size as u64, Relaxed);
                    if packets.take(1, heard.into_std()) && bytes.take(size, heard.into_std()) {
                        act(inner, connection, received)
                    } else {
                        Err(DisconnectReason::Refused(Refusal::Rate))
                    }
                }
                Err(refusal) => Err(DisconnectReason::Refused(refusal)),
            };
            match step {
                Ok(()) => {}
                Err(reason) => {
                    if let DisconnectReason::Refused(refusal) = reason {
                        inner.counters.refuse(refusal);
                    }
                    return reason;
                }
            }
        }
        buffer.reserve(READ_BYTES);
        // Only whole packets count as a sign of life, so bytes that drip in do not keep a connection open.
        match timeout_at(heard + silence_max, reader.read_buf(&mut buffer)).await {
            Ok(Ok(0)) => return DisconnectReason::Lost,
            Ok(Ok(_)) => {}
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                inner.counters.refuse(Refusal::Malformed);
                return DisconnectReason::Refused(Refusal::Malformed);
            }
            Ok(Err(_)) => return DisconnectReason::Lost,
            Err(_) => return DisconnectReason::KeepAliveExpired,
        }
    }
}

/// The rules for one packet of a till that is in.
fn act(inner: &Inner, connection: &Connection, received: Received) -> Result<(), DisconnectReason> {
    let outbox = &connection.outbox;
    match received {
        Received::Publish { topic, payload, retain, acknowledge } => {
            command_topic(inner, connection, &topic, retain).map_err(DisconnectReason::Refused)?;
            // It says "came in" and nothing more: the reply is what the till waits for.
            if let Some(id) = acknowledge {
                answer(outbox.push_answer(packet::puback(id)))?;
            }
            if connection.command(&*inner.commands, payload) {
                bump(&inner.counters.commands);
            }
            Ok(())
        }
        Received::PubAck(id) => {
            outbox.acknowledged(id);
            Ok(())
        }
        Received::Subscribe { id, filters } => {
            within_filters_max(inner, filters.len())?;
            let granted: Vec<_> = filters
                .iter()
                .map(|(filter, quality)| subscribe(inner, connection, filter, *quality))
                .collect();
            answer(outbox.push_answer(packet::suback(id, &granted)))
        }
        Received::Unsubscribe { id, filters } => {
            within_filters_max(inner, filters.len())?;
            for filter in &filters {
                if let Some(subscription) = subscription(inner, connection, filter) {
                    connection.grants.withdraw(subscription);
                }
            }
            answer(outbox.push_answer(packet::unsuback(id)))
        }
        Received::Ping => answer(outbox.push_answer(packet::pong())),
        Received::Disconnect => Err(DisconnectReason::Left),
        // MQTT-3.1.0-2: a second CONNECT is a protocol violation.
        Received::Connect(_) => Err(DisconnectReason::Refused(Refusal::Malformed)),
    }
}

fn answer(pushed: Pushed) -> Result<(), DisconnectReason> {
    match pushed {
        // What closed meanwhile is noticed before the next packet.
        Pushed::Queued | Pushed::Closed | Pushed::Behind => Ok(()),
        Pushed::Overflow => Err(DisconnectReason::Overflow),
    }
}

fn within_filters_max(inner: &Inner, filters: usize) -> Result<(), DisconnectReason> {
    if filters > inner.limits.filters_per_subscribe_max {
        return Err(DisconnectReason::Refused(Refusal::Rate));
    }
    Ok(())
}

/// A till publishes to its own command topic and nowhere else.
fn command_topic(inner: &Inner, connection: &Connection, topic: &Bytes, retain: bool) -> Result<(), Refusal> {
    let topic = std::str::from_utf8(topic).map_err(|_| Refusal::Malformed)?;
    if topic.contains(['#', '+']) {
        return Err(Refusal::WildcardTopic);
    }
    if !inner.topics.is_own_command(connection.session.terminal, topic) {
        return Err(Refusal::ForeignTopic);
    }
    if retain {
        return Err(Refusal::Retained);
    }
    Ok(())
}

fn subscription(inner: &Inner, connection: &Connection, filter: &str) -> Option<Subscription> {
    inner.topics.allowed_subscription(connection.session.terminal, filter)
}

/// Grants a filter, or counts why not.
fn subscribe(
    inner: &Inner,
    connection: &Connection,
    filter: &str,
    quality: Option<Quality>,
) -> Option<Quality> {
    let refusal = match (subscription(inner, connection, filter), quality) {
        (Some(subscription), Some(quality)) => {
            connection.grants.grant(subscription, quality);
            return Some(quality);
        }
        (Some(_), None) => Refusal::QosTwo,
        (None, _) if filter.starts_with('$') => Refusal::SharedSubscription,
        (None, _) if filter.contains(['#', '+']) => Refusal::WildcardFilter,
        (None, _) => Refusal::ForeignFilter,
    };
    inner.counters.refuse(refusal);
    None
}

/// Writes what is queued until the outbox is closed and drained, or the till takes no bytes.
async fn write<W: AsyncWrite + Unpin>(
    inner: &Inner,
    connection: &Connection,
    mut writer: W,
) -> DisconnectReason {
    let mut batch: Vec<Frame> = Vec::new();
    let mut joined = BytesMut::with_capacity(COALESCE_BYTES_MAX);
    loop {
        connection.outbox.take(&mut batch).await;
        if batch.is_empty() {
            let _ = timeout(inner.limits.close_timeout, writer.shutdown()).await;
            return connection.outbox.closed().unwrap_or(DisconnectReason::Lost);
        }
        let bytes: usize = batch.iter().map(Frame::len).sum();
        let step = async {
            for frame in batch.drain(..) {
                joined.extend_from_slice(&frame.head);
                if frame.body.len() > COALESCE_BYTES_MAX {
                    writer.write_all(&joined).await?;
                    joined.clear();
                    writer.write_all(&frame.body).await?;
                } else {
                    joined.extend_from_slice(&frame.body);
                }
            }
            writer.write_all(&joined).await?;
            joined.clear();
            writer.flush().await
        };
        match timeout(inner.limits.write_stall_timeout, step).await {
            Ok(Ok(())) => inner.counters.bytes_out.fetch_add(bytes as u64, Relaxed),
            Ok(Err(_)) => return DisconnectReason::Lost,
            Err(_) => return DisconnectReason::Overflow,
        };
    }
}
