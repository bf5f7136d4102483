//! Every bound of the gate, by name.

use std::time::Duration;

use crate::GateError;

/// The bounds of the gate. The defaults fit a shop of up to 250 tills on a 4-core, 4 GB mini-PC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Tills connected at once. A till that reconnects replaces itself and always fits.
    pub connections_max: usize,
    /// Connections between accept and a valid CONNECT, over all peers.
    pub handshakes_max: usize,
    /// Connections between accept and a valid CONNECT from one address (one /64 for IPv6).
    pub handshakes_per_ip_max: usize,
    /// Sustained new connections per second from one address.
    pub connects_per_ip_per_second: u32,
    /// New connections from one address that may come at once, for example when a switch comes back.
    pub connects_per_ip_burst: u32,
    /// Addresses remembered for the two limits above.
    pub peers_max: usize,
    /// From accept to a valid CONNECT, TLS included.
    pub handshake_timeout: Duration,
    /// Bytes of a packet before its sender is known.
    pub connect_bytes_max: usize,
    /// Bytes of a packet after its fixed header, in either direction.
    pub packet_bytes_max: usize,
    /// Filters of one SUBSCRIBE or UNSUBSCRIBE.
    pub filters_per_subscribe_max: usize,
    /// Sustained packets per second from one till.
    pub per_till_packets_per_second_max: u32,
    /// Packets from one till that may come at once.
    pub per_till_packets_burst: u32,
    /// Sustained bytes per second from one till.
    pub per_till_bytes_per_second_max: u32,
    /// Bytes from one till that may come at once.
    pub per_till_bytes_burst: u32,
    /// Packets that wait for one till's socket; one more closes the connection.
    pub outbound_queue_packets_max: usize,
    /// Bytes that wait for one till's socket; a packet that finds this many or more waiting closes the connection.
    pub outbound_queue_bytes_max: usize,
    /// QoS 1 packets sent to one till and not acknowledged by it; one more closes the connection.
    pub unacked_packets_max: usize,
    /// A till that asks for a longer keep-alive, or none, is held to this one. The hub waits 1.5 times as long.
    pub keep_alive_max: Duration,
    /// How long one write may wait for a till that takes no bytes.
    pub write_stall_timeout: Duration,
    /// How long a closing connection may take to send what is queued.
    pub close_timeout: Duration,
    /// The pause after an accept that failed for the whole process, for example because no file descriptor is left.
    pub accept_backoff: Duration,
    /// Store-wide messages that wait for the router.
    pub publish_queue_packets_max: usize,
    /// Bytes of store-wide messages that wait for the router.
    pub publish_queue_bytes_max: usize,
    /// Bytes of one segment of a stream's log in the router.
    pub stream_segment_bytes_max: usize,
    /// Segments of a stream's log in the router.
    pub stream_segments_max: usize,
    /// Origins (`https://host[:port]`) that may open a WebSocket besides the hub's own.
    pub allowed_origins: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 256,
            handshakes_max: 128,
            handshakes_per_ip_max: 32,
            connects_per_ip_per_second: 50,
            connects_per_ip_burst: 200,
            peers_max: 4_096,
            handshake_timeout: Duration::from_secs(5),
            connect_bytes_max: 1_024,
            packet_bytes_max: 256 * 1024,
            filters_per_subscribe_max: 16,
            per_till_packets_per_second_max: 4_000,
            per_till_packets_burst: 8_000,
            per_till_bytes_per_second_max: 8 * 1024 * 1024,
            per_till_bytes_burst: 16 * 1024 * 1024,
            outbound_queue_packets_max: 1_024,
            outbound_queue_bytes_max: 4 * 1024 * 1024,
            unacked_packets_max: 4_096,
            keep_alive_max: Duration::from_secs(120),
            write_stall_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(1),
            accept_backoff: Duration::from_millis(50),
            publish_queue_packets_max: 4_096,
            publish_queue_bytes_max: 16 * 1024 * 1024,
            stream_segment_bytes_max: 1024 * 1024,
            stream_segments_max: 8,
            allowed_origins: Vec::new(),
        }
    }
}

impl Limits {
    /// Refuses values with which the gate could not serve a single till.
    ///
    /// # Errors
    /// [`GateError::Limit`] names the first limit that is out of range.
    pub fn validate(&self) -> Result<(), GateError> {
        let millis = |duration: Duration| usize::try_from(duration.as_millis()).unwrap_or(usize::MAX);
        const HOUR_MS: usize = 3_600_000;
        let within = [
            ("handshake_timeout in ms", millis(self.handshake_timeout), 1, HOUR_MS),
            ("keep_alive_max in ms", millis(self.keep_alive_max), 1_000, 18 * HOUR_MS),
            ("write_stall_timeout in ms", millis(self.write_stall_timeout), 1, HOUR_MS),
            ("close_timeout in ms", millis(self.close_timeout), 1, HOUR_MS),
            ("accept_backoff in ms", millis(self.accept_backoff), 1, HOUR_MS),
            ("connections_max", self.connections_max, 1, 100_000),
            ("handshakes_max", self.handshakes_max, 1, 100_000),
            ("handshakes_per_ip_max", self.handshakes_per_ip_max, 1, 100_000),
            ("connects_per_ip_per_second", self.connects_per_ip_per_second as usize, 1, 1_000_000),
            ("connects_per_ip_burst", self.connects_per_ip_burst as usize, 1, 1_000_000),
            ("peers_max", self.peers_max, 1, 1_000_000),
            ("connect_bytes_max", self.connect_bytes_max, 256, 64 * 1024),
            // The widest remaining length of MQTT is 268,435,455 bytes; one packet must also fit its queue.
            ("packet_bytes_max", self.packet_bytes_max, 1_024, 64 * 1024 * 1024),
            ("filters_per_subscribe_max", self.filters_per_subscribe_max, 1, 1_000),
            ("per_till_packets_per_second_max", self.per_till_packets_per_second_max as usize, 1, 10_000_000),
            ("per_till_packets_burst", self.per_till_packets_burst as usize, 1, 10_000_000),
            ("per_till_bytes_per_second_max", self.per_till_bytes_per_second_max as usize, 1, 1_000_000_000),
            (
                "per_till_bytes_burst",
                self.per_till_bytes_burst as usize,
                self.packet_bytes_max + 5,
                u32::MAX as usize,
            ),
            ("outbound_queue_packets_max", self.outbound_queue_packets_max, 2, 1_000_000),
            ("outbound_queue_bytes_max", self.outbound_queue_bytes_max, 1, 1 << 32),
            // Packet ids are 16 bits and zero is none: more could not be told apart.
            ("unacked_packets_max", self.unacked_packets_max, 1, 60_000),
            ("publish_queue_packets_max", self.publish_queue_packets_max, 1, 1_000_000),
            ("publish_queue_bytes_max", self.publish_queue_bytes_max, self.packet_bytes_max, 1 << 29),
            // The router's log panics under these two floors.
            ("stream_segment_bytes_max", self.stream_segment_bytes_max, 1_024, 1 << 30),
            ("stream_segments_max", self.stream_segments_max, 1, 1_000),
        ];
        match within.iter().find(|(_, value, least, most)| value < least || value > most) {
            Some(&(name, value, least, most)) => Err(GateError::Limit { name, value, least, most }),
            None => Ok(()),
        }
    }
}
