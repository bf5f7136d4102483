//! What tills send over MQTT: every value of every command that the protocol documents, one after another replaced by a card's
//! number; and the same through the till's own client, which keeps what it sends.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use holdfast_domain::ids::{StoreId, TerminalId, Uuid};
use holdfast_hub::cloud::install_cryptography;
use holdfast_protocol::message::Request;
use holdfast_protocol::topics::Topics;
use holdfast_terminal::{Folder, Pace, Till, TillError};
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS, TlsConfiguration, Transport};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::numbers::Mint;
use crate::shop;

const SOON: Duration = Duration::from_secs(30);
/// Requests whose replies are outstanding.
const AHEAD: usize = 32;

/// A client that says whatever it is told to, with a till's credential.
pub struct RawTill {
    client: AsyncClient,
    connection: EventLoop,
    topic: String,
    /// Everything that the hub ever sent to it.
    pub heard: Vec<u8>,
    replies: usize,
    /// How often each code was answered.
    pub codes: std::collections::BTreeMap<String, usize>,
}

impl RawTill {
    pub async fn connect(folder: &Path) -> Result<Self> {
        install_cryptography();
        let till = shop::json(&folder.join("till.json"))?;
        let word = |name: &str| till[name].as_str().with_context(|| format!("no {name}"));
        let (host, port) = word("mqtt")?.rsplit_once(':').context("an address")?;
        let (terminal, store): (TerminalId, StoreId) = (word("terminal")?.parse()?, word("store")?.parse()?);
        let mut options = MqttOptions::new(word("terminal")?, host, port.parse()?);
        let ca = word("ca_pem")?.as_bytes().to_vec();
        options
            .set_credentials(word("terminal")?, word("secret")?)
            .set_transport(Transport::tls_with_config(TlsConfiguration::Simple {
                ca,
                alpn: None,
                client_auth: None,
            }))
            .set_clean_session(true)
            .set_max_packet_size(2 << 20, 2 << 20);
        let (client, connection) = AsyncClient::new(options, 2 * AHEAD);
        let topics = Topics::new(store);
        for filter in [topics.reply(terminal), topics.event(terminal), format!("hf/1/{store}/store/+")] {
            client.subscribe(filter, QoS::AtLeastOnce).await?;
        }
        let topic = topics.command(terminal);
        let (heard, codes) = (Vec::new(), Default::default());
        Ok(Self { client, connection, topic, heard, replies: 0, codes })
    }

    /// Sends every payload and hears an answer to each.
    pub async fn send(&mut self, payloads: Vec<Vec<u8>>) -> Result<()> {
        let (first, all) = (self.replies, payloads.len());
        for (index, payload) in payloads.into_iter().enumerate() {
            self.client.publish(&self.topic, QoS::AtLeastOnce, false, payload).await?;
            while index + 1 - (self.replies - first) >= AHEAD {
                self.listen().await?;
            }
        }
        while self.replies - first < all {
            self.listen().await?;
        }
        Ok(())
    }

    async fn listen(&mut self) -> Result<()> {
        match timeout(SOON, self.connection.poll()).await.context("the hub says nothing")?? {
            Event::Incoming(Packet::Publish(message)) => {
                self.heard.extend_from_slice(message.topic.as_bytes());
                self.heard.push(b' ');
                self.heard.extend_from_slice(&message.payload);
                self.heard.push(b'\n');
                if message.topic.ends_with("/reply") {
                    self.replies += 1;
                    let reply: Value = serde_json::from_slice(&message.payload)?;
                    let answers = reply["answer"].as_object().context("an answer")?;
                    let (kind, answer) = answers.iter().next().context("a kind of answer")?;
                    let code = answer["code"].as_str().unwrap_or_default();
                    *self.codes.entry(format!("{kind} {code}")).or_default() += 1;
                }
            }
            Event::Incoming(Packet::Disconnect) => bail!("the hub closed the connection"),
            _ => {}
        }
        Ok(())
    }
}

/// An example of every request that tills make, from the document that a test holds equal to the code.
pub fn examples() -> Result<Vec<Value>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/mqtt/asyncapi.yaml");
    let document: Value = serde_norway::from_str(&std::fs::read_to_string(path)?)?;
    let messages = document["components"]["messages"].as_object().context("messages")?;
    let examples = messages.values().filter_map(|message| message["examples"].as_array()).flatten();
    let payloads = examples.map(|example| example["payload"].clone());
    let requests: Vec<Value> =
        payloads.filter(|payload| Request::parse(payload.to_string().as_bytes()).is_ok()).collect();
    ensure!(requests.len() >= 40, "only {} requests are documented", requests.len());
    Ok(requests)
}

/// The places of every value below, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                places(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                places(value, &format!("{at}/{index}"), found);
            }
        }
        _ => found.push(at.to_owned()),
    }
}

/// The names of fields under which articles are named: their numbers are taken whatever they look like.
fn names_an_article(place: &str) -> bool {
    place.split('/').any(|part| matches!(part, "barcode" | "barcodes" | "scanned" | "sku"))
}

/// Each value of each request with a card's number in its place, twice at least and until so many were minted, and some where
/// JSON hides it.
pub fn planted(mint: &mut Mint, until: usize) -> Result<Vec<Vec<u8>>> {
    let mut payloads = Vec::new();
    let mut rounds = 0;
    while rounds < 2 || mint.planted.len() < until {
        rounds += 1;
        for example in examples()? {
            let mut all = Vec::new();
            places(&example, "", &mut all);
            for place in all.iter().filter(|place| !names_an_article(place)) {
                let mut changed = example.clone();
                *changed.pointer_mut(place).context("a place")? = Value::String(mint.written());
                payloads.push(changed.to_string().into_bytes());
            }
            let mut named = example.clone();
            let inner = named.as_object_mut().and_then(|fields| fields.values_mut().next());
            let inner = inner.and_then(Value::as_object_mut).context("a request is an object")?;
            inner.insert(mint.written(), json!(1));
            payloads.push(named.to_string().into_bytes());
            // Behind an escape, as a number, and in what is no JSON at all.
            let number = mint.number();
            let (first, rest) = number.split_at(1);
            payloads.push(
                format!(r#"{{"command":{{"id":"{}","x":"\u003{first}{rest}"}}}}"#, Uuid::from_u128(7))
                    .into_bytes(),
            );
            payloads.push(format!(r#"{{"command":{{"amount":{}}}}}"#, mint.number()).into_bytes());
            payloads.push(format!("{{\"command\": {}", mint.written()).into_bytes());
        }
    }
    Ok(payloads)
}

/// What the till's own client makes of the same: it keeps nothing and sends nothing.
pub async fn through_the_till(folder: &Path, mint: &mut Mint) -> Result<()> {
    let (till, _api) = Till::open(&Folder::new(folder), Pace::default()).await?;
    till.ready(SOON).await?;
    for example in examples()? {
        let mut all = Vec::new();
        places(&example, "", &mut all);
        for place in all.iter().filter(|place| !names_an_article(place)) {
            let mut changed = example.clone();
            let number = mint.number();
            *changed.pointer_mut(place).context("a place")? = Value::String(number);
            // Whatever has a form for such a text at all.
            let Ok(typed) = serde_json::from_value::<Request>(changed) else { continue };
            if matches!(typed, Request::Offer(_)) {
                continue;
            }
            let refused = timeout(SOON, till.request(&typed)).await.context("the till waits")?;
            ensure!(matches!(refused, Err(TillError::Typed { .. })), "the till took {place}: {refused:?}");
        }
    }
    till.close().await?;
    Ok(())
}
