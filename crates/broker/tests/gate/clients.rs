//! Clients that other people wrote: the Rust client of our tills, and the tools of Mosquitto.

use std::process::{Output, Stdio};
use std::time::Duration;

use bytes::Bytes;
use holdfast_broker::{Delivery, Refusal};
use holdfast_domain::ids::TerminalId;
use holdfast_protocol::topics::Stream;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS, TlsConfiguration, Transport};
use tokio::process::Command;
use tokio::time::timeout;

use crate::rig::{PATIENCE, Rig, open_limits, secret, till, until};

fn options(rig: &Rig, till: TerminalId) -> MqttOptions {
    let mut options = MqttOptions::new(till.to_string(), "localhost", rig.tls.port());
    options.set_credentials(till.to_string(), secret(till));
    options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(rig.client.clone())));
    options.set_max_packet_size(256 * 1024, 256 * 1024);
    options.set_keep_alive(Duration::from_secs(5));
    options
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rumqttc_till_sends_commands_and_gets_its_replies_over_tls() {
    let rig = Rig::start(open_limits()).await;
    let me = till(1);
    let (client, mut events) = AsyncClient::new(options(&rig, me), 64);
    client.subscribe(rig.topics.reply(me), QoS::AtLeastOnce).await.unwrap();
    client.subscribe(rig.topics.stream(Stream::Stock), QoS::AtLeastOnce).await.unwrap();
    let topics = rig.topics;
    let sender = client.clone();
    let sending = tokio::spawn(async move {
        for n in 0..500_u32 {
            let payload = if n == 250 { vec![b'x'; 240 * 1024] } else { n.to_string().into_bytes() };
            sender.publish(topics.command(me), QoS::AtLeastOnce, false, payload).await.unwrap();
        }
    });
    let mut acknowledged = 0;
    let (mut replies, mut stock) = (Vec::new(), 0);
    timeout(PATIENCE, async {
        while replies.len() < 500 || acknowledged < 500 || stock < 1 {
            match events.poll().await.expect("the connection holds") {
                Event::Incoming(Packet::PubAck(_)) => acknowledged += 1,
                Event::Incoming(Packet::Publish(message)) if message.topic == topics.reply(me) => {
                    replies.push(message.payload);
                    if replies.len() == 100 {
                        rig.gate.publish(Stream::Stock, Bytes::from_static(b"{}"));
                    }
                }
                Event::Incoming(Packet::Publish(message)) => {
                    assert_eq!(message.topic, topics.stream(Stream::Stock));
                    stock += 1;
                }
                _ => {}
            }
        }
    })
    .await
    .expect("all replies come");
    sending.await.unwrap();
    for (n, reply) in replies.iter().enumerate() {
        if n == 250 {
            assert_eq!(reply.len(), 240 * 1024);
        } else {
            assert_eq!(reply, n.to_string().as_bytes());
        }
    }
    assert_eq!(rig.hub.commands(), replies);
    client.disconnect().await.unwrap();
    timeout(PATIENCE, async { while events.poll().await.is_ok() {} }).await.unwrap();
    until("it left", || rig.metrics().connected == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_does_not_wait_for_the_tills_delayed_acknowledgement_of_its_puback() {
    let rig = Rig::start(open_limits()).await;
    let mut raw = rig.enter(till(1)).await;
    raw.subscribe(&rig.topics.reply(till(1)), 1).await;
    let command = crate::rig::publish(&rig.topics.command(till(1)), 1, false, b"x");
    let mut took = Vec::new();
    for _ in 0..1_000 {
        let start = std::time::Instant::now();
        raw.send(&command).await;
        raw.packet().await.unwrap();
        raw.message().await.unwrap();
        took.push(start.elapsed());
    }
    took.sort_unstable();
    println!("command to reply over TLS: p50 {:?}, p99 {:?}, most {:?}", took[500], took[990], took[999]);
    assert!(took[500] < Duration::from_millis(5), "p50 {:?}", took[500]);
    // As on a real hub: the PUBACK at once, the reply in a later write. Without TCP_NODELAY the reply would wait 40 ms
    // for the till's delayed acknowledgement of the PUBACK.
    let command = crate::rig::publish(&rig.topics.command(till(1)), 1, false, b"unanswered");
    took.clear();
    for _ in 0..50 {
        raw.send(&command).await;
        raw.packet().await.unwrap();
        let start = std::time::Instant::now();
        assert_eq!(rig.gate.reply(till(1), None, Bytes::from_static(b"durable")), Delivery::Queued);
        raw.message().await.unwrap();
        took.push(start.elapsed());
    }
    took.sort_unstable();
    println!("reply after its PUBACK: p50 {:?}, most {:?}", took[25], took[49]);
    assert!(took[25] < Duration::from_millis(5), "p50 {:?}", took[25]);
}

/// Runs a tool of the Debian package mosquitto-clients as `till`.
async fn mosquitto(tool: &str, rig: &Rig, till: TerminalId, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &rig.certificate_pem).unwrap();
    let mut command = Command::new(tool);
    command
        .args(["-V", "mqttv311", "-h", "localhost", "-p", &rig.tls.port().to_string(), "--cafile"])
        .arg(&ca)
        .args(["-i", &till.to_string(), "-u", &till.to_string(), "-P", &secret(till)])
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let child = command.spawn().unwrap_or_else(|error| {
        panic!("{tool} cannot be run ({error}): install the Debian package mosquitto-clients")
    });
    match timeout(Duration::from_secs(5), child.wait_with_output()).await {
        Ok(output) => output.unwrap(),
        // It tries again for ever; dropping it has ended it.
        Err(_) => {
            Output { status: std::process::ExitStatus::default(), stdout: Vec::new(), stderr: Vec::new() }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mosquitto_clients_of_the_debian_package_work_as_tills() {
    let rig = Rig::start(open_limits()).await;
    let command = rig.topics.command(till(1));
    for qos in ["0", "1"] {
        let output = mosquitto("mosquitto_pub", &rig, till(1), &["-q", qos, "-t", &command, "-m", qos]).await;
        assert!(output.status.success(), "{output:?}");
    }
    until("both commands came", || rig.hub.commands() == ["0", "1"]).await;
    let reply = rig.topics.reply(till(2));
    let asked = ["-q", "1", "-t", &reply, "-C", "1"];
    let (output, ()) = tokio::join!(mosquitto("mosquitto_sub", &rig, till(2), &asked), async {
        until("it has subscribed", || rig.gate.present().iter().any(|p| p.hears_replies)).await;
        assert_eq!(rig.gate.reply(till(2), None, Bytes::from_static(b"paid")), Delivery::Queued);
    });
    assert_eq!((output.status.success(), &output.stdout[..]), (true, &b"paid\n"[..]), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mosquitto_clients_of_the_debian_package_are_refused_on_foreign_topics() {
    let rig = Rig::start(open_limits()).await;
    let foreign = rig.topics.command(till(2));
    let all = format!("hf/1/{}/#", rig.store);
    let victims = rig.topics.reply(till(2));
    let publish = ["-q", "1", "-t", &foreign, "-m", "steal"];
    let subscribe = ["-t", &all, "-t", &victims, "-W", "4"];
    let (publishing, subscribing) = tokio::join!(
        mosquitto("mosquitto_pub", &rig, till(1), &publish),
        mosquitto("mosquitto_sub", &rig, till(3), &subscribe),
    );
    // The tool calls a connection that ends before the PUBACK an error, or tries again until it is ended.
    assert!(!publishing.status.success() || publishing.stderr.is_empty(), "{publishing:?}");
    let said = String::from_utf8_lossy(&subscribing.stderr).into_owned();
    assert!(said.contains("denied"), "{subscribing:?}");
    assert!(rig.refused(Refusal::ForeignTopic) >= 1);
    assert_eq!((rig.refused(Refusal::WildcardFilter), rig.refused(Refusal::ForeignFilter)), (1, 1));
    assert!(rig.hub.commands().is_empty());
}
