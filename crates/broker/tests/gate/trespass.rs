//! Topic trespass: every combination of topic, verb, quality and retain flag, against a list of what is allowed that was
//! written by hand from the table of the topics, not computed by the code under test.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use holdfast_broker::Refusal;
use holdfast_domain::ids::{StoreId, Uuid};
use holdfast_protocol::topics::Stream;

use crate::rig::{Rig, open_limits, publish, subscribe, till, until};

/// Topics and filters that a rogue till might try, around its own id, a victim's, its own store and another one.
fn places(rig: &Rig) -> BTreeSet<String> {
    let (me, victim) = (till(1).to_string(), till(2).to_string());
    let other_store = StoreId(Uuid::from_u128(0xbad));
    let roots = [
        format!("hf/1/{}", rig.store),
        format!("hf/1/{other_store}"),
        format!("hf/2/{}", rig.store),
        format!("HF/1/{}", rig.store),
        format!("/hf/1/{}", rig.store),
        format!("hf/1/{}/", rig.store),
        "hf/1/+".into(),
        "hf/+/+".into(),
        "+/+/+".into(),
    ];
    let mut leaves =
        vec!["".to_owned(), "#".into(), "+".into(), "+/#".into(), "t/#".into(), "t/+/cmd".into()];
    leaves.extend(["t/+/reply", "t/+/+", "t/+/#", "t//cmd", "t/cmd", "$SYS/broker"].map(Into::into));
    for id in [&me, &victim, &me.to_uppercase(), &me.replace('-', "")] {
        for leaf in
            ["cmd", "reply", "event", "#", "+", "", "cmd/", "cmd/x", "+/x", "#/x", "other", "CMD", "cmd#"]
        {
            leaves.push(format!("t/{id}/{leaf}"));
        }
        leaves.push(format!("t/{id}"));
    }
    for leaf in
        ["stock", "orders", "catalog", "status", "#", "+", "secret", "stock/x", "stock/#", "+/x", "", "Stock"]
    {
        leaves.push(format!("store/{leaf}"));
    }
    let mut places: BTreeSet<String> =
        roots.iter().flat_map(|root| leaves.iter().map(move |leaf| format!("{root}/{leaf}"))).collect();
    places.extend(["", "#", "+", "/", "$SYS/#", "$SYS/broker/clients", "\u{0}", "a"].map(Into::into));
    let own_root = format!("hf/1/{}", rig.store);
    for group in ["$share/g", "$share/", "$share/+", "$queue"] {
        places.extend(leaves.iter().map(|leaf| format!("{group}/{own_root}/{leaf}")));
    }
    places
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_beyond_a_tills_own_are_refused_one_by_one() {
    let rig = Rig::start(open_limits()).await;
    let me = till(1);
    let root = format!("hf/1/{}", rig.store);
    let allowed: BTreeSet<String> = [
        format!("t/{me}/reply"),
        format!("t/{me}/event"),
        format!("t/{me}/#"),
        format!("t/{me}/+"),
        "store/stock".into(),
        "store/orders".into(),
        "store/catalog".into(),
        "store/status".into(),
        "store/#".into(),
        "store/+".into(),
    ]
    .map(|leaf| format!("{root}/{leaf}"))
    .into();
    let places = places(&rig);
    assert!(allowed.is_subset(&places));
    let mut raw = rig.enter(me).await;
    let (mut cases, mut granted) = (0, 0);
    for place in &places {
        for qos in 0..=2 {
            raw.send(&subscribe(place, qos)).await;
            let expected = if allowed.contains(place) && qos < 2 { qos } else { 0x80 };
            assert_eq!(raw.packet().await, Some(vec![0x90, 3, 0, 2, expected]), "{place:?} at QoS {qos}");
            cases += 1;
            granted += u64::from(expected != 0x80);
        }
    }
    assert_eq!(granted, 20);
    let metrics = rig.metrics();
    let refused: u64 = metrics.refusals.iter().map(|(_, count)| count).sum();
    assert_eq!(refused, cases - granted);
    assert_eq!(metrics.refused(Refusal::QosTwo), 10);
    for refusal in [Refusal::SharedSubscription, Refusal::WildcardFilter, Refusal::ForeignFilter] {
        assert!(metrics.refused(refusal) > 100, "{refusal:?}");
    }
    println!("{cases} subscriptions, {granted} granted");
    // After all that it still hears its own alone.
    let mut victim = rig.enter(till(2)).await;
    victim.command_and_reply(&rig.topics, till(2), b"private").await;
    raw.send(&[0xc0, 0]).await;
    assert_eq!(raw.packet().await.unwrap(), [0xd0, 0], "nothing of the victim's came");
}

#[tokio::test(flavor = "multi_thread")]
async fn publishes_beyond_a_tills_own_command_topic_end_the_connection_and_reach_nobody() {
    let rig = Rig::start(open_limits()).await;
    let command = rig.topics.command(till(1));
    let mut victim = rig.enter(till(2)).await;
    victim.subscribe(&rig.topics.reply(till(2)).replace("/reply", "/#"), 1).await;
    for stream in Stream::ALL {
        victim.subscribe(&rig.topics.stream(stream), 1).await;
    }
    let places = places(&rig);
    assert!(places.contains(&command));
    let cases: Vec<_> = places
        .iter()
        .flat_map(|place| (0..=2).flat_map(move |qos| [(place, qos, false), (place, qos, true)]))
        .collect();
    // A till each, so that cases run side by side without taking each other's place. Its own id stands in the topic.
    let results = stream::iter(cases.iter().enumerate())
        .map(|(index, (place, qos, retain))| {
            let (rig, command) = (&rig, &command);
            async move {
                let me = till(0x1_0000 + index as u128);
                let topic = place
                    .replace(&till(1).to_string(), &me.to_string())
                    .replace(&till(1).to_string().to_uppercase(), &me.to_string().to_uppercase())
                    .replace(&till(1).0.simple().to_string(), &me.0.simple().to_string());
                let mut raw = crate::websocket::enter(rig, me).await;
                let mut bytes = publish(&topic, *qos, *retain, index.to_string().as_bytes());
                bytes.extend([0xc0, 0]);
                raw.send(&bytes).await;
                let allowed = *place == command && *qos < 2 && !*retain;
                if allowed && *qos == 1 {
                    assert_eq!(raw.packet().await, Some(vec![0x40, 2, 0, 1]), "{topic}");
                }
                let end = raw.packet().await;
                assert_eq!(end.is_some(), allowed, "{topic:?} QoS {qos} retain {retain}: {end:02x?}");
                allowed.then_some(index)
            }
        })
        .buffer_unordered(16);
    let mut passed: Vec<usize> = results.filter_map(std::future::ready).collect().await;
    passed.sort_unstable();
    assert_eq!(passed.len(), 2);
    let mut seen: Vec<usize> =
        rig.hub.commands().iter().map(|c| std::str::from_utf8(c).unwrap().parse().unwrap()).collect();
    seen.sort_unstable();
    assert_eq!(seen, passed, "the hub saw what was allowed and nothing else");
    until("all have left", || rig.metrics().connected == 1).await;
    let metrics = rig.metrics();
    let refused: u64 = metrics.refusals.iter().map(|(_, count)| count).sum();
    assert_eq!(refused, (cases.len() - 2) as u64);
    let third = (cases.len() / 3) as u64;
    assert_eq!((metrics.refused(Refusal::QosTwo), metrics.refused(Refusal::Retained)), (third, 2));
    println!("{} publishes, {} allowed; {:?}", cases.len(), passed.len(), metrics.refusals);
    victim.send(&[0xc0, 0]).await;
    assert_eq!(victim.packet().await.unwrap(), [0xd0, 0], "the victim heard nothing");
    assert_eq!(metrics.published, 0, "nothing of a till's reached the router");
}
