//! The store-wide streams: from any thread of the hub, through rumqttd's router, to every till that subscribed.
//!
//! # Why one shared link and not one per till
//! The router could hold a link per connection and filter for it. One publisher and one subscriber link, with the last
//! step done here, is both simpler and safer:
//! - What breaks in rumqttd 0.20 breaks around clients: connects, disconnects, takeovers, shared groups, client ids, slow
//!   readers. With no till inside it none of that code runs, and a till cannot reach the router's thread at all.
//! - Its memory and the cost of a subscribe grow with the distinct filters and client ids it has ever seen, and are
//!   never given back. Here both are fixed at start: two clients, four filters.
//! - A link of a slow till is skipped ahead silently. The one link here is read by a thread that never waits for a
//!   till, so the router has no slow reader; a till that is slow is found at its own queue, closed, and told.
//! - A message is a reference to one payload for all tills, and costs the router one append instead of one per till.
//!
//! The router still does what it is for: it takes bursts from any thread, keeps them in bounded logs, in order, and
//! hands them out in batches without making a publisher wait for a socket.
//!
//! If the router's thread ends it is started again with new links; messages on their way are lost and counted, and
//! tills notice by the streams' own sequence numbers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc as channel};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use holdfast_protocol::topics::{Stream, Topics};
use rumqttd::local::{LinkBuilder, LinkError, LinkRx, LinkTx};
use rumqttd::protocol::{Disconnect, DisconnectReasonCode, Packet};
use rumqttd::{Notification, Router, RouterConfig};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::metrics::{Counters, bump};
use crate::{GateError, Limits, lock};

pub(crate) const CODE_RESTARTED: &str = "HF-GATE-029";
pub(crate) const CODE_DROPPED: &str = "HF-GATE-030";

/// How long the router may take to start and to answer the subscriptions.
const START_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause before a router that ended is started again, so that one that ends at once does not spin.
const RESTART_PAUSE: Duration = Duration::from_millis(100);
/// Two links are all there will ever be; the router allocates for this many at start.
const ROUTER_CONNECTIONS_MAX: usize = 4;
/// How many messages the router hands to the subscriber at a time.
const ROUTER_BATCH: u64 = 200;

struct Publication {
    stream: Stream,
    payload: Bytes,
    _bytes: OwnedSemaphorePermit,
}

/// What a message that came out of the router is given to.
pub(crate) type Deliver = Arc<dyn Fn(Stream, Bytes) + Send + Sync>;

/// The hub's end of the fan-out. Dropping it ends the threads; the router's own thread stays, asleep, because rumqttd
/// has no way to end it.
#[derive(Debug)]
pub(crate) struct Feed {
    queue: mpsc::Sender<Publication>,
    bytes: Arc<Semaphore>,
    counters: Arc<Counters>,
}

impl std::fmt::Debug for Publication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.stream.name(), self.payload.len())
    }
}

impl Feed {
    /// Queues a message for the router, or counts it as dropped.
    pub fn publish(&self, stream: Stream, payload: Bytes) {
        let permits = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let Ok(bytes) = Arc::clone(&self.bytes).try_acquire_many_owned(permits) else {
            self.dropped(stream);
            return;
        };
        if self.queue.try_send(Publication { stream, payload, _bytes: bytes }).is_err() {
            self.dropped(stream);
        }
    }

    fn dropped(&self, stream: Stream) {
        bump(&self.counters.publish_dropped);
        tracing::warn!(code = CODE_DROPPED, stream = stream.name(), "store-wide message dropped");
    }
}

/// Starts the router and both of its links, and waits until they work.
pub(crate) fn start(
    topics: Topics,
    limits: &Limits,
    counters: Arc<Counters>,
    deliver: Deliver,
) -> Result<Feed, GateError> {
    let (queue, publications) = mpsc::channel(limits.publish_queue_packets_max);
    let (started, ready) = channel::sync_channel(1);
    let worker = Worker {
        topics: Stream::ALL.map(|stream| (stream, topics.stream(stream))),
        segment_bytes: limits.stream_segment_bytes_max,
        segments: limits.stream_segments_max,
        counters: Arc::clone(&counters),
        deliver,
    };
    thread::Builder::new()
        .name("gate-publish".into())
        .spawn(move || match worker.connect() {
            Ok(links) => {
                // Nobody waits for it any more if that took too long; the queue is closed then, too.
                let _ = started.send(Ok(()));
                worker.run(links, publications);
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        })
        .map_err(|source| GateError::Thread { source })?;
    match ready.recv_timeout(START_TIMEOUT) {
        Ok(Ok(())) => {}
        Ok(Err(source)) => return Err(GateError::Router { source }),
        Err(_) => return Err(GateError::RouterSilent { seconds: START_TIMEOUT.as_secs() }),
    }
    let bytes = Arc::new(Semaphore::new(limits.publish_queue_bytes_max));
    Ok(Feed { queue, bytes, counters })
}

struct Worker {
    topics: [(Stream, String); Stream::ALL.len()],
    segment_bytes: usize,
    segments: usize,
    counters: Arc<Counters>,
    deliver: Deliver,
}

/// One life of the router with our two links to it.
struct Links {
    publisher: LinkTx,
    /// Never read, for a publisher at QoS 0 is told nothing; the router must find it open.
    _publisher_rx: LinkRx,
    subscriber: LinkTx,
    reader: Arc<Reader>,
}

/// What the thread that reads the subscriber's link shares with the one that ends it.
#[derive(Default)]
struct Reader {
    /// Once a link has sent its Disconnect, a `ready` for it would stop the router's thread: no `ready` without this
    /// lock, and none after it is set.
    leaving: Mutex<bool>,
    ended: AtomicBool,
}

impl Worker {
    fn run(self, mut links: Links, mut publications: mpsc::Receiver<Publication>) {
        while let Some(publication) = publications.blocking_recv() {
            let topic = &self.topics[publication.stream as usize].1;
            let alive = !links.reader.ended.load(Ordering::Acquire);
            if alive && links.publisher.publish(topic.clone(), publication.payload).is_ok() {
                bump(&self.counters.published);
                continue;
            }
            bump(&self.counters.publish_dropped);
            bump(&self.counters.router_restarts);
            tracing::error!(code = CODE_RESTARTED, "the router ended and is started again");
            links = loop {
                thread::sleep(RESTART_PAUSE);
                match self.connect() {
                    Ok(links) => break links,
                    Err(error) => tracing::error!(code = CODE_RESTARTED, %error, "the router does not start"),
                }
                if publications.is_closed() {
                    return;
                }
            };
        }
        links.leave();
    }

    /// A new router with both links, subscribed: what is published from now on comes out. Blocks, like everything
    /// that builds a link.
    fn connect(&self) -> Result<Links, Box<LinkError>> {
        let router = Router::new(
            0,
            RouterConfig {
                max_connections: ROUTER_CONNECTIONS_MAX,
                max_outgoing_packet_count: ROUTER_BATCH,
                max_segment_size: self.segment_bytes,
                max_segment_count: self.segments,
                ..RouterConfig::default()
            },
        )
        .spawn();
        let (publisher, publisher_rx, _) = LinkBuilder::new("gate-publisher", router.clone()).build()?;
        let (mut subscriber, mut messages, _) = LinkBuilder::new("gate-subscriber", router).build()?;
        for (_, topic) in &self.topics {
            subscriber.subscribe(topic.clone())?;
        }
        let deadline = std::time::Instant::now() + START_TIMEOUT;
        let mut acknowledged = 0;
        while acknowledged < self.topics.len() {
            match messages.recv_deadline(deadline)? {
                Some(Notification::DeviceAck(_)) => acknowledged += 1,
                Some(Notification::Unschedule) => messages.ready()?,
                _ => {}
            }
        }
        let reader = Arc::new(Reader::default());
        let (shared, deliver, counters) =
            (Arc::clone(&reader), Arc::clone(&self.deliver), Arc::clone(&self.counters));
        let topics = self.topics.clone();
        thread::Builder::new()
            .name("gate-fanout".into())
            .spawn(move || {
                shared.read(messages, &topics, &deliver, &counters);
                shared.ended.store(true, Ordering::Release);
            })
            .map_err(|error| LinkError::ConnectionAck(error.to_string()))?;
        Ok(Links { publisher, _publisher_rx: publisher_rx, subscriber, reader })
    }
}

impl Reader {
    /// Until the router ends the link.
    fn read(
        &self,
        mut messages: LinkRx,
        topics: &[(Stream, String)],
        deliver: &Deliver,
        counters: &Arc<Counters>,
    ) {
        while let Ok(notification) = messages.recv() {
            match notification {
                Some(Notification::Forward(forward)) => {
                    let publish = forward.publish;
                    let stream = topics.iter().find(|(_, topic)| topic.as_bytes() == publish.topic);
                    if let Some((stream, _)) = stream {
                        deliver(*stream, publish.payload);
                        bump(&counters.fanned_out);
                    }
                }
                // The router has stopped serving this link until it is told that there is room again.
                Some(Notification::Unschedule) => {
                    let leaving = lock(&self.leaving);
                    if *leaving || messages.ready().is_err() {
                        return;
                    }
                }
                Some(Notification::Disconnect(..)) => return,
                _ => {}
            }
        }
    }
}

impl Links {
    fn leave(mut self) {
        *lock(&self.reader.leaving) = true;
        let goodbye = || {
            let reason_code = DisconnectReasonCode::NormalDisconnection;
            Packet::Disconnect(Disconnect { reason_code }, None)
        };
        // A router that has ended needs no goodbye.
        let _ = futures::executor::block_on(self.subscriber.send(goodbye()));
        let _ = futures::executor::block_on(self.publisher.send(goodbye()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_domain::ids::{StoreId, Uuid};
    use std::time::Instant;

    fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !holds() {
            assert!(Instant::now() < deadline, "never happened: {what}");
            thread::yield_now();
        }
    }

    fn publication(payload: &'static [u8]) -> Publication {
        let bytes = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        Publication { stream: Stream::Orders, payload: Bytes::from_static(payload), _bytes: bytes }
    }

    #[test]
    fn a_router_that_ends_is_started_again_and_the_loss_is_counted() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let topics = Topics::new(StoreId(Uuid::from_u128(1)));
        let counters = Arc::new(Counters::default());
        let worker = Worker {
            topics: Stream::ALL.map(|stream| (stream, topics.stream(stream))),
            segment_bytes: 1_024,
            segments: 1,
            counters: Arc::clone(&counters),
            deliver: {
                let heard = Arc::clone(&heard);
                Arc::new(move |stream, payload| lock(&heard).push((stream, payload)))
            },
        };
        let mut links = worker.connect().unwrap();
        // The router indexes its connections by the link's number: asking for one that has left ends its thread.
        let reason_code = DisconnectReasonCode::NormalDisconnection;
        let goodbye = Packet::Disconnect(Disconnect { reason_code }, None);
        futures::executor::block_on(links.publisher.send(goodbye)).unwrap();
        links.publisher.shadow("x").unwrap();
        let reader = Arc::clone(&links.reader);
        until("the router's end is noticed", || reader.ended.load(Ordering::Acquire));

        let (queue, publications) = mpsc::channel(8);
        let running = thread::spawn(move || worker.run(links, publications));
        queue.blocking_send(publication(b"lost")).unwrap();
        queue.blocking_send(publication(b"heard")).unwrap();
        until("the second is heard", || *lock(&heard) == [(Stream::Orders, Bytes::from_static(b"heard"))]);
        drop(queue);
        running.join().unwrap();
        until("both are counted", || {
            let now = counters.snapshot(0, 0);
            (now.published, now.fanned_out, now.publish_dropped, now.router_restarts) == (1, 1, 1, 1)
        });
    }

    #[test]
    fn what_does_not_fit_the_queue_is_dropped_and_counted() {
        let (queue, mut publications) = mpsc::channel(2);
        let counters = Arc::new(Counters::default());
        let feed = Feed { queue, bytes: Arc::new(Semaphore::new(100)), counters: Arc::clone(&counters) };
        feed.publish(Stream::Stock, Bytes::from(vec![0; 60]));
        feed.publish(Stream::Stock, Bytes::from(vec![0; 60]));
        assert_eq!(counters.snapshot(0, 0).publish_dropped, 1, "the bytes are bounded");
        drop(publications.try_recv().unwrap());
        feed.publish(Stream::Stock, Bytes::from(vec![0; 100]));
        feed.publish(Stream::Stock, Bytes::new());
        assert_eq!(counters.snapshot(0, 0).publish_dropped, 1);
        feed.publish(Stream::Stock, Bytes::new());
        assert_eq!(counters.snapshot(0, 0).publish_dropped, 2, "the messages are bounded");
    }
}
