//! Why the gate has listeners of its own: what rumqttd's still do. When one of these fails, upstream has been repaired
//! there, and the argument for our own listener should be looked at again.

use std::net::SocketAddr;
use std::time::Duration;

use rumqttd::{Broker, Config, ConnectionSettings, RouterConfig, ServerSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::rig::{ConnectParts, connect, till};

/// rumqttd with its own plain listener, in this process. Its threads end with the process.
async fn upstream() -> SocketAddr {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let settings = ServerSettings {
        name: "upstream".into(),
        listen: address,
        tls: None,
        next_connection_delay_ms: 1,
        connections: ConnectionSettings {
            connection_timeout_ms: 2_000,
            max_payload_size: 20_480,
            max_inflight_count: 100,
            auth: None,
            external_auth: None,
            dynamic_filters: false,
        },
    };
    let config = Config {
        router: RouterConfig {
            max_connections: 10,
            max_outgoing_packet_count: 200,
            max_segment_size: 104_857_600,
            max_segment_count: 10,
            ..RouterConfig::default()
        },
        v4: Some([("v4".to_owned(), settings)].into()),
        ..Config::default()
    };
    std::thread::spawn(move || drop(Broker::new(config).start()));
    for _ in 0..500 {
        if is_served(address, &till(1).to_string()).await {
            return address;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("rumqttd's listener never served");
}

/// Whether a client with this id gets a CONNACK within a second.
async fn is_served(address: SocketAddr, id: &str) -> bool {
    let Ok(mut socket) = TcpStream::connect(address).await else { return false };
    let parts = ConnectParts { client_id: id.into(), username: None, password: None, ..connect(till(1)) };
    let mut connack = [0; 4];
    socket.write_all(&parts.bytes()).await.is_ok()
        && matches!(timeout(Duration::from_secs(1), socket.read_exact(&mut connack)).await, Ok(Ok(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bad_client_ids_still_stop_rumqttds_own_listener_for_everyone() {
    let address = upstream().await;
    for _ in 0..2 {
        assert!(!is_served(address, "bad+id").await);
    }
    assert!(!is_served(address, &till(2).to_string()).await, "upstream is repaired: see the module's doc");
}
