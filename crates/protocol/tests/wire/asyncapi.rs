//! `docs/mqtt/asyncapi.yaml` is true: its channels are the topics, its examples are messages, and no kind is missing.

use std::collections::BTreeMap;

use holdfast_domain::ids::{StoreId, TerminalId, Uuid};
use holdfast_protocol::topics::{Stream, Topics};
use serde_json::Value;

use crate::messages::Coverage;

fn document() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mqtt/asyncapi.yaml");
    let text = std::fs::read_to_string(path).expect("the document");
    serde_norway::from_str(&text).expect("YAML that is also JSON")
}

#[test]
fn its_channels_are_the_topics() {
    let (store, terminal) = (StoreId(Uuid::from_u128(1)), TerminalId(Uuid::from_u128(2)));
    let topics = Topics::new(store);
    let mut expected: BTreeMap<String, String> = BTreeMap::from([
        ("cmd".into(), topics.command(terminal)),
        ("reply".into(), topics.reply(terminal)),
        ("event".into(), topics.event(terminal)),
    ]);
    for stream in Stream::ALL {
        expected.insert(stream.name().to_owned(), topics.stream(stream));
    }
    let document = document();
    let channels = document["channels"].as_object().expect("channels");
    let addresses: BTreeMap<String, String> = channels
        .iter()
        .map(|(name, channel)| {
            let address = channel["address"].as_str().expect("an address");
            let topic =
                address.replace("{store}", &store.to_string()).replace("{terminal}", &terminal.to_string());
            (name.clone(), topic)
        })
        .collect();
    assert_eq!(addresses, expected);
}

#[test]
fn its_examples_are_messages_and_show_every_kind() {
    let document = document();
    let messages = document["components"]["messages"].as_object().expect("messages");
    let mut coverage = Coverage::default();
    for (kind, message) in messages {
        for example in message["examples"].as_array().expect("examples") {
            let payload = &example["payload"];
            assert_eq!(coverage.read(kind, payload), *payload, "{kind}: {}", example["name"]);
        }
    }
    coverage.expect_everything();
}

#[test]
fn every_channel_and_every_reference_leads_somewhere() {
    fn follow(root: &Value, at: &Value) {
        match at {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.strip_prefix('#').expect("a reference inside the document");
                    assert!(root.pointer(pointer).is_some(), "{reference} leads nowhere");
                }
                fields.values().for_each(|value| follow(root, value));
            }
            Value::Array(values) => values.iter().for_each(|value| follow(root, value)),
            _ => {}
        }
    }
    let document = document();
    assert_eq!(document["asyncapi"], "3.0.0");
    follow(&document, &document);
    let operations = document["operations"].as_object().expect("operations");
    for channel in document["channels"].as_object().expect("channels").keys() {
        let reference = format!("#/channels/{channel}");
        let used = operations.values().any(|operation| operation["channel"]["$ref"] == reference.as_str());
        assert!(used, "{channel}");
    }
}
