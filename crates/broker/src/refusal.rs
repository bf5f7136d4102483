//! Everything the gate says no to, each with a name for metrics and a code for people.

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident $name:literal $code:literal $meaning:literal;)+) => {
        /// Why the gate turned something away. Each is counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Refusal { $($(#[$doc])* $variant),+ }

        impl Refusal {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// A stable name in snake case, for metric labels.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The code of the page that says what to do.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }

        /// Every code of the gate with its meaning in one line.
        pub const ERROR_CODES: &[(&str, &str)] = &[
            $(($code, $meaning),)+
            (crate::gate::CODE_LIMIT, "A limit of the gate is out of range"),
            (crate::gate::CODE_RUNTIME, "The gate was started outside the async runtime"),
            (crate::gate::CODE_ROUTER, "The MQTT router did not start"),
            (crate::fanout::CODE_RESTARTED, "The MQTT router stopped and was started again"),
            (crate::fanout::CODE_DROPPED, "A store-wide message was dropped"),
            (crate::listener::CODE_ACCEPT, "The hub cannot accept connections"),
            (crate::serve::CODE_OVERFLOW, "A till reads too slowly and was disconnected"),
            (crate::serve::CODE_KEEP_ALIVE, "A till fell silent and was disconnected"),
        ];
    };
}

refusals! {
    /// `connections_max` other tills are connected.
    ConnectionsFull "connections_full" "HF-GATE-001" "Too many tills are connected";
    /// Too many unfinished handshakes in all.
    HandshakesFull "handshakes_full" "HF-GATE-002" "Too many connections are being opened at once";
    /// Too many unfinished handshakes from this address.
    PeerHandshakesFull "peer_handshakes_full" "HF-GATE-003" "One device holds too many half-open connections";
    /// Connections from this address come too fast.
    ConnectRate "connect_rate" "HF-GATE-004" "One device connects too often";
    /// The TLS handshake failed.
    Tls "tls" "HF-GATE-005" "A TLS handshake failed";
    /// No valid CONNECT in time.
    HandshakeTimeout "handshake_timeout" "HF-GATE-006" "A connection did not identify itself in time";
    /// Not MQTT 3.1.1.
    ProtocolVersion "protocol_version" "HF-GATE-007" "A client speaks another version of MQTT";
    /// Client id and username are not one terminal id, in its usual spelling.
    Identity "identity" "HF-GATE-008" "A client's id and username are not a till's id";
    /// No till with this id is enrolled.
    UnknownTerminal "unknown_terminal" "HF-GATE-009" "A till that is not enrolled tried to connect";
    /// The secret is not this till's.
    WrongSecret "wrong_secret" "HF-GATE-010" "A till gave a wrong secret";
    /// The till's credential was withdrawn.
    CredentialRevoked "credential_revoked" "HF-GATE-011" "A till whose credential was withdrawn tried to connect";
    /// A CONNECT with a will.
    Will "will" "HF-GATE-012" "A client asked for a will message";
    /// Bytes that are not a packet a till may send here.
    Malformed "malformed" "HF-GATE-013" "A connection sent bytes that are not valid MQTT";
    /// A packet over `packet_bytes_max`, or a first packet over `connect_bytes_max`.
    PacketTooLarge "packet_too_large" "HF-GATE-014" "A packet is larger than the gate accepts";
    /// QoS 2.
    QosTwo "qos_two" "HF-GATE-015" "A client used QoS 2";
    /// A publish with the retain flag.
    Retained "retained" "HF-GATE-016" "A client sent a retained message";
    /// A publish to anything but the till's own command topic.
    ForeignTopic "foreign_topic" "HF-GATE-017" "A till published where it may not";
    /// A publish whose topic has a wildcard.
    WildcardTopic "wildcard_topic" "HF-GATE-018" "A till published to a wildcard";
    /// A subscription to something a till may not read.
    ForeignFilter "foreign_filter" "HF-GATE-019" "A till subscribed to what it may not read";
    /// A wildcard outside the till's own subtree and the store's streams.
    WildcardFilter "wildcard_filter" "HF-GATE-020" "A till subscribed to a wildcard it may not use";
    /// A shared subscription.
    SharedSubscription "shared_subscription" "HF-GATE-021" "A client asked for a shared subscription";
    /// Packets or bytes of a till come too fast.
    Rate "rate" "HF-GATE-022" "A till sends too much";
    /// A WebSocket from a page of another site.
    Origin "origin" "HF-GATE-023" "A web page of another site tried to connect";
    /// A WebSocket without the `mqtt` subprotocol.
    Subprotocol "subprotocol" "HF-GATE-024" "A WebSocket client did not offer MQTT";
    /// The gate is stopping.
    Stopping "stopping" "HF-GATE-025" "The hub is stopping";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_codes_are_unique_and_each_code_has_its_page() {
        let names: BTreeSet<_> = Refusal::ALL.iter().map(|r| r.name()).collect();
        assert_eq!(names.len(), Refusal::ALL.len());
        let codes: BTreeSet<_> = ERROR_CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
        assert_eq!(codes.len(), ERROR_CODES.len());
        let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
        let on_disk: BTreeSet<_> = std::fs::read_dir(&pages)
            .unwrap()
            .filter_map(|entry| Some(entry.unwrap().path().file_stem()?.to_str()?.to_owned()))
            .filter(|name| name.starts_with("HF-GATE-"))
            .collect();
        assert_eq!(on_disk, codes);
        for (code, meaning) in ERROR_CODES {
            let text = std::fs::read_to_string(pages.join(format!("{code}.md"))).unwrap();
            assert_eq!(text.lines().next(), Some(format!("# {code}: {meaning}").as_str()));
            assert!(text.contains("\n## What happened\n") && text.contains("\n## What to do\n"), "{code}");
        }
    }
}
