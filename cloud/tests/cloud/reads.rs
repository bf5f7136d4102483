//! What HQ reads is what stores sold.

use holdfast_cloud::store::Scope;
use holdfast_domain::ids::OrderId;
use holdfast_domain::shift::Mode;
use reqwest::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use crate::support::Cloud;

#[tokio::test]
async fn sales_returns_and_post_voids_add_up_in_every_view() {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let mut hub = cloud.hub("Wien Mitte").await;
    hub.trade(4);
    let tea = hub.line(1, "TEA", "Green tea 100 g", 2, 499);
    let sale = hub.sell(vec![tea.clone()]);
    let back = hub.take_back(Some(sale), vec![hub.line(1, "TEA", "Green tea 100 g", 1, 499)]);
    let mug = hub.line(1, "MUG", "Mug, blue", 1, 1_250);
    let wrong = hub.sell(vec![mug.clone()]);
    let void = hub.post_void(wrong, &[mug]);
    hub.mode = Mode::Training;
    hub.sell(vec![tea]);
    hub.mode = Mode::Live;
    // One record a batch: what a later batch needs of an earlier one is found again.
    for seq in 1..=hub.journal.len() as u64 {
        assert_eq!(hub.send(&cloud, seq, seq).await.status(), StatusCode::OK);
    }
    let token = cloud.token("boss").await;
    let base = format!("/api/v1/stores/{}", hub.store);
    let totals = cloud.json(&token, &format!("{base}/totals")).await;
    assert_eq!(
        (&totals["sales"], &totals["returns"], &totals["post_voids"], &totals["transactions"]),
        (&6.into(), &1.into(), &1.into(), &8.into())
    );
    assert_eq!(
        (&totals["gross_minor"], &totals["net_minor"]),
        (&hub.sold.gross.into(), &hub.sold.net.into())
    );

    let stock = cloud.json(&token, &format!("{base}/stock")).await;
    let on_hand = |sku: &str| {
        let row = stock.as_array().unwrap().iter().find(|row| row["sku"] == sku).unwrap();
        (row["on_hand_thousandths"].as_i64().unwrap(), row["negative"].as_bool().unwrap())
    };
    // Sold 1 + 2 + 3 + 1 in trade, then 2, one came back.
    assert_eq!(on_hand("TEA"), ((500 - 7 - 2 + 1) * 1_000, false));
    assert_eq!(on_hand("MUG"), (-2_000, true));
    assert_eq!(cloud.json(&token, &format!("{base}/stock?negative=true")).await.as_array().unwrap().len(), 1);
    assert_eq!(cloud.json(&token, &format!("{base}/stock?after=MUG&limit=1")).await[0]["sku"], "TEA");

    for hourly in ["true", "false"] {
        let path = format!("/api/v1/sales?from=2026-11-01&to=2026-11-30&hourly={hourly}");
        let rows = cloud.json(&token, &path).await;
        let sum = |field: &str| {
            rows.as_array().unwrap().iter().map(|row| row[field].as_i64().unwrap()).sum::<i64>()
        };
        assert_eq!((sum("net_minor"), sum("gross_minor")), (hub.sold.net, hub.sold.gross), "{rows}");
        assert_eq!(sum("sales"), 6);
    }

    let latest = cloud.json(&token, "/api/v1/transactions?limit=3").await;
    assert_eq!(latest.as_array().unwrap().len(), 3, "training is left out");
    assert!(
        latest
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["kind"] == "post_void" && row["gross_minor"] == -1_250)
    );

    let receipt = cloud.json(&token, &format!("{base}/transactions/{sale}")).await;
    assert_eq!(receipt["lines"][0]["sku"], "TEA");
    assert_eq!(
        (&receipt["tenders"][0]["kind"], &receipt["transaction"]["till"]),
        (&"cash".into(), &"Till 1".into())
    );
    assert_eq!(receipt["related"][0]["transaction"], back.to_string());
    let trail = receipt["trail"].as_array().unwrap();
    let events: Vec<&str> = trail.iter().map(|step| step["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["order_placed", "sale_completed", "goods_returned"]);
    for step in trail {
        let seq = step["seq"].as_u64().unwrap();
        assert_eq!(step["hash"], hex::encode(hub.hash_at(seq)), "the place in the journal is the right one");
    }
    let void = cloud.json(&token, &format!("{base}/transactions/{void}")).await;
    assert_eq!(void["lines"][0]["sku"], "MUG");
    assert_eq!(void["related"][0]["transaction"], wrong.to_string());
    cloud.verify().await;
}

#[tokio::test]
async fn a_sale_whose_steps_come_in_two_batches_is_whole() {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let mut hub = cloud.hub("Wien Mitte").await;
    let lines = vec![hub.line(1, "TEA", "Green tea 100 g", 3, 499)];
    let (placed, completed, _) = hub.sale_events(OrderId(Uuid::now_v7()), lines);
    hub.append(vec![placed]);
    hub.append(vec![completed]);
    let token = cloud.token("boss").await;
    let stock = format!("/api/v1/stores/{}/stock", hub.store);
    hub.send(&cloud, 1, 1).await;
    let row = cloud.json(&token, &stock).await[0].clone();
    assert_eq!((&row["on_hand_thousandths"], &row["reserved_thousandths"]), (&0.into(), &3_000.into()));
    hub.send(&cloud, 2, 2).await;
    let row = cloud.json(&token, &stock).await[0].clone();
    assert_eq!((&row["on_hand_thousandths"], &row["reserved_thousandths"]), (&(-3_000).into(), &0.into()));
    cloud.verify().await;
}

#[tokio::test]
async fn a_store_says_up_to_when_its_data_is_complete_and_sums_are_compared() {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let mut hub = cloud.hub("Wien Mitte").await;
    let token = cloud.token("boss").await;
    let path = format!("/api/v1/stores/{}", hub.store);
    assert_eq!(cloud.json(&token, &path).await["status"], "silent");
    hub.trade(3);
    assert_eq!(hub.heartbeat(&cloud, 2, true).await.status(), StatusCode::OK);
    let store = cloud.json(&token, &path).await;
    assert_eq!((&store["status"], &store["backlog"]), (&"catching_up".into(), &hub.journal.len().into()));
    hub.send_from(&cloud, 1).await;
    let store = cloud.json(&token, &path).await;
    assert_eq!((&store["status"], &store["backlog"]), (&"live".into(), &0.into()));
    assert!(store["lag_ms"].as_i64().unwrap() < 20_000);
    assert_eq!(store["alarms"], Value::Array(vec![]), "the sums agree");

    hub.sold.gross += 1;
    hub.heartbeat(&cloud, 2, true).await;
    let store = cloud.json(&token, &path).await;
    assert_eq!(store["alarms"][0]["code"], "HF-CLD-042");
}

#[tokio::test]
async fn the_hour_is_the_stores_own() {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let claim = cloud.add_store("Tokyo", "Asia/Tokyo", "JPY").await;
    let mut hub = crate::support::Hub::new(&claim);
    hub.currency = holdfast_money::Currency::JPY;
    hub.enrol(&cloud, &claim.code).await;
    hub.register(&cloud).await;
    // 23:30 in Tokyo, and a sale after midnight that still belongs to the day before.
    hub.now_ms = "2026-11-28T14:30:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let lines = vec![hub.line(1, "TEA", "Tea", 1, 600)];
    hub.sell(lines.clone());
    hub.now_ms += 3_600_000;
    hub.sell(lines);
    hub.send_from(&cloud, 1).await;
    let token = cloud.token("boss").await;
    let rows = cloud.json(&token, "/api/v1/sales?from=2026-11-28&to=2026-11-28&hourly=true").await;
    let hours: Vec<i64> =
        rows.as_array().unwrap().iter().map(|row| row["local_hour"].as_i64().unwrap()).collect();
    assert_eq!(hours, [0, 23]);
}

#[tokio::test]
async fn parameters_that_make_no_sense_are_named() {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let token = cloud.token("boss").await;
    for path in [
        "/api/v1/sales?from=2026-11-31&to=2026-12-01",
        "/api/v1/sales?from=2026-12-02&to=2026-12-01",
        "/api/v1/sales?from=2020-01-01&to=2026-12-01",
        "/api/v1/sales?from=2026-12-01",
        "/api/v1/transactions?limit=0",
        "/api/v1/transactions?limit=501",
        "/api/v1/transactions?unknown=1",
    ] {
        let answer = cloud.get(&token, path).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "HF-CLD-024", "{path}");
    }
}

#[tokio::test]
async fn the_clouds_stock_is_what_the_hubs_own_state_says() {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let mut hub = cloud.hub("Wien Mitte").await;
    hub.trade(40);
    let tea = |hub: &crate::support::Hub, pieces| hub.line(1, "TEA", "Green tea 100 g", pieces, 499);
    let mug = |hub: &crate::support::Hub, pieces| hub.line(2, "MUG", "Mug, blue", pieces, 1_250);
    // An order that stays open, one that is cancelled, one paid with a deposit before: reservations come and go.
    for fate in ["open", "cancelled", "paid"] {
        let order = OrderId(Uuid::now_v7());
        let lines = vec![tea(&hub, 4), mug(&hub, 2)];
        let (placed, completed, _) = hub.sale_events(order, lines);
        hub.append(vec![placed]);
        match fate {
            "cancelled" => drop(hub.cancel(order)),
            "paid" => drop(hub.append(vec![completed])),
            _ => {}
        }
    }
    let lines = vec![tea(&hub, 3), mug(&hub, 1)];
    let sale = hub.sell(lines.clone());
    let back = tea(&hub, 2);
    hub.take_back(Some(sale), vec![back]);
    let wrong = hub.sell(lines.clone());
    hub.post_void(wrong, &lines);
    let back = mug(&hub, 1);
    hub.take_back(None, vec![back]);
    hub.receive_goods("MUG", 7);

    let mut state = holdfast_domain::State::default();
    let mut changes = holdfast_domain::evolve::Changes::default();
    for stored in &hub.journal {
        let record = holdfast_protocol::decode_record(&stored.payload).unwrap();
        state.evolve_all(record.recorded_at, record.outcome.events(), &mut changes);
    }
    for (from, to) in [(1, 11), (12, 42), (43, hub.journal.len() as u64)] {
        assert_eq!(hub.send(&cloud, from, to).await.status(), StatusCode::OK);
    }
    let token = cloud.token("boss").await;
    let rows = cloud.json(&token, &format!("/api/v1/stores/{}/stock", hub.store)).await;
    assert_eq!(rows.as_array().unwrap().len(), state.stock.len());
    for (sku, level) in &state.stock {
        let row = rows.as_array().unwrap().iter().find(|row| row["sku"] == sku.to_string()).unwrap();
        assert_eq!(row["on_hand_thousandths"], level.on_hand.thousandths(), "{sku}");
        assert_eq!(row["reserved_thousandths"], level.reserved.thousandths(), "{sku}");
    }
    assert!(state.stock.values().any(|level| !level.reserved.is_zero()), "something is still reserved");
    cloud.verify().await;
}
