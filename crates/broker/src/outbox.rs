//! What waits for one till's socket: a queue with three bounds that never makes its producer wait.

use std::collections::{HashSet, VecDeque};
use std::sync::Mutex;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::packet::{self, Quality};
use crate::{DisconnectReason, Limits, lock};

/// How many frames and bytes the writer takes at a time: enough for one write, so that the rest still counts as queued.
const TAKE_FRAMES_MAX: usize = 256;
const TAKE_BYTES_MAX: usize = 64 * 1024;
/// More than so many packets that wait, and what is for this moment only is not added to them.
const PASSING_BEHIND_MAX: usize = 16;

/// One packet: what stands before the payload, and the payload, which many tills may share.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub head: Bytes,
    pub body: Bytes,
}

impl Frame {
    pub fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    Queued,
    /// A bound was reached; the connection is closing because of it.
    Overflow,
    /// The connection was closing already.
    Closed,
    /// Too much waits already for something that is for this moment only; nothing was queued.
    Behind,
}

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Frame>,
    bytes: usize,
    last_id: u16,
    unacked: HashSet<u16>,
    closed: Option<DisconnectReason>,
}

#[derive(Debug)]
pub(crate) struct Outbox {
    waiting: Mutex<Waiting>,
    wake: Notify,
    stop: CancellationToken,
    packets_max: usize,
    bytes_max: usize,
    unacked_max: usize,
}

impl Outbox {
    pub fn new(limits: &Limits) -> Self {
        Self {
            waiting: Mutex::default(),
            wake: Notify::new(),
            stop: CancellationToken::new(),
            packets_max: limits.outbound_queue_packets_max,
            bytes_max: limits.outbound_queue_bytes_max,
            unacked_max: limits.unacked_packets_max,
        }
    }

    /// Queues an acknowledgement or answer.
    pub fn push_answer(&self, head: Bytes) -> Pushed {
        self.push(|_| Some(Frame { head, body: Bytes::new() }))
    }

    /// Queues a message. With QoS 1 it gets a packet id of this connection.
    pub fn push_publish(&self, topic: &str, payload: &Bytes, quality: Quality) -> Pushed {
        self.push(|waiting| {
            let id = match quality {
                Quality::AtMostOnce => None,
                Quality::AtLeastOnce if waiting.unacked.len() >= self.unacked_max => return None,
                Quality::AtLeastOnce => Some(waiting.next_id()),
            };
            Some(Frame { head: packet::publish_head(topic, id, payload.len()), body: payload.clone() })
        })
    }

    /// Queues a message that is of use at this moment only, with QoS 0. A till that does not keep up goes without it and is
    /// not closed for it.
    pub fn push_passing(&self, topic: &str, payload: &Bytes) -> Pushed {
        if lock(&self.waiting).frames.len() >= PASSING_BEHIND_MAX {
            return Pushed::Behind;
        }
        self.push_publish(topic, payload, Quality::AtMostOnce)
    }

    fn push(&self, frame: impl FnOnce(&mut Waiting) -> Option<Frame>) -> Pushed {
        let mut waiting = lock(&self.waiting);
        if waiting.closed.is_some() {
            return Pushed::Closed;
        }
        // The bytes are judged by what waits already, so that the largest packet always fits an empty queue.
        let full = waiting.frames.len() >= self.packets_max || waiting.bytes >= self.bytes_max;
        let frame = if full { None } else { frame(&mut waiting) };
        let Some(frame) = frame else {
            waiting.close(DisconnectReason::Overflow);
            drop(waiting);
            self.stop.cancel();
            self.wake.notify_one();
            return Pushed::Overflow;
        };
        waiting.bytes += frame.len();
        waiting.frames.push_back(frame);
        drop(waiting);
        self.wake.notify_one();
        Pushed::Queued
    }

    /// The till acknowledged a QoS 1 packet. An id that is not open is ignored, as MQTT 3.1.1 leaves it open.
    pub fn acknowledged(&self, id: u16) {
        lock(&self.waiting).unacked.remove(&id);
    }

    /// Lets nothing more in. The first reason stays, and is returned.
    pub fn close(&self, reason: DisconnectReason) -> DisconnectReason {
        let reason = lock(&self.waiting).close(reason);
        self.stop.cancel();
        self.wake.notify_one();
        reason
    }

    pub fn closed(&self) -> Option<DisconnectReason> {
        lock(&self.waiting).closed
    }

    /// Completes when the outbox is closed.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Packets that wait.
    pub fn len(&self) -> usize {
        lock(&self.waiting).frames.len()
    }

    /// Waits for frames and moves some of them to `batch`. Leaves `batch` empty when the outbox is closed and drained.
    pub async fn take(&self, batch: &mut Vec<Frame>) {
        loop {
            {
                let mut waiting = lock(&self.waiting);
                let mut bytes = 0;
                while batch.len() < TAKE_FRAMES_MAX && bytes < TAKE_BYTES_MAX {
                    let Some(frame) = waiting.frames.pop_front() else { break };
                    bytes += frame.len();
                    batch.push(frame);
                }
                waiting.bytes -= bytes;
                if !batch.is_empty() || waiting.closed.is_some() {
                    return;
                }
            }
            // One consumer: a notification between the unlock and this line is stored and wakes it at once.
            self.wake.notified().await;
        }
    }
}

impl Waiting {
    /// Ids run in a circle and skip those still open. The bound on open ones leaves thousands free.
    fn next_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.wrapping_add(1);
            if self.last_id != 0 && self.unacked.insert(self.last_id) {
                return self.last_id;
            }
        }
    }

    fn close(&mut self, reason: DisconnectReason) -> DisconnectReason {
        let reason = *self.closed.get_or_insert(reason);
        if reason == DisconnectReason::Overflow {
            // Nobody will read them, and they may be megabytes.
            self.frames = VecDeque::new();
            self.bytes = 0;
        }
        reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(packets: usize, bytes: usize, unacked: usize) -> Outbox {
        Outbox::new(&Limits {
            outbound_queue_packets_max: packets,
            outbound_queue_bytes_max: bytes,
            unacked_packets_max: unacked,
            ..Limits::default()
        })
    }

    #[test]
    fn each_of_the_three_bounds_closes() {
        let payload = Bytes::from(vec![0; 100]);
        for (outbox, quality, fits) in [
            (outbox(3, 1 << 20, 100), Quality::AtMostOnce, 3),
            (outbox(100, 250, 100), Quality::AtMostOnce, 3),
            (outbox(100, 1 << 20, 4), Quality::AtLeastOnce, 4),
        ] {
            for _ in 0..fits {
                assert_eq!(outbox.push_publish("t", &payload, quality), Pushed::Queued);
            }
            assert_eq!(outbox.push_publish("t", &payload, quality), Pushed::Overflow);
            assert_eq!(outbox.closed(), Some(DisconnectReason::Overflow));
            assert_eq!(outbox.push_answer(packet::pong()), Pushed::Closed);
            assert_eq!(outbox.len(), 0, "what nobody reads is freed");
        }
    }

    #[test]
    fn what_is_for_this_moment_only_neither_fills_a_queue_nor_closes_it() {
        let outbox = outbox(PASSING_BEHIND_MAX + 2, 1 << 20, 100);
        let payload = Bytes::from_static(b"0.750 kg");
        for _ in 0..PASSING_BEHIND_MAX {
            assert_eq!(outbox.push_passing("t", &payload), Pushed::Queued);
        }
        for _ in 0..1_000 {
            assert_eq!(outbox.push_passing("t", &payload), Pushed::Behind);
        }
        assert_eq!((outbox.len(), outbox.closed()), (PASSING_BEHIND_MAX, None));
        assert_eq!(
            outbox.push_publish("t", &payload, Quality::AtLeastOnce),
            Pushed::Queued,
            "a reply has room"
        );
    }

    #[tokio::test]
    async fn packet_ids_go_round_without_meeting_an_open_one() {
        let outbox = outbox(10, 1 << 20, 3);
        let mut batch = Vec::new();
        let mut id_of_next = async || {
            assert_eq!(outbox.push_publish("t", &Bytes::new(), Quality::AtLeastOnce), Pushed::Queued);
            batch.clear();
            outbox.take(&mut batch).await;
            let head = &batch[0].head;
            u16::from_be_bytes([head[head.len() - 2], head[head.len() - 1]])
        };
        assert_eq!(id_of_next().await, 1);
        assert_eq!(id_of_next().await, 2);
        outbox.acknowledged(2);
        for turn in 0..140_000_u32 {
            let id = id_of_next().await;
            assert!(id > 1, "turn {turn} gave {id}, which is open or none");
            outbox.acknowledged(id);
        }
    }

    #[tokio::test]
    async fn what_was_queued_before_a_close_is_still_sent_and_the_first_reason_stays() {
        let outbox = outbox(10, 1 << 20, 3);
        outbox.push_answer(packet::pong());
        assert_eq!(outbox.close(DisconnectReason::Revoked), DisconnectReason::Revoked);
        assert_eq!(outbox.close(DisconnectReason::Lost), DisconnectReason::Revoked);
        outbox.stopped().await;
        let mut batch = Vec::new();
        outbox.take(&mut batch).await;
        assert_eq!(batch.len(), 1);
        batch.clear();
        outbox.take(&mut batch).await;
        assert!(batch.is_empty());
    }
}
