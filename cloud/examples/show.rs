//! Serves a cloud with three simulated stores and believable figures in a fresh folder, for looking at HQ's pages.
//! Sign in as `boss` with `a long enough password`. Ends with Ctrl-C; the folder is removed.

#![allow(dead_code, reason = "the tests' hub can do more than this needs")]
#![allow(clippy::unwrap_used, reason = "a picture that cannot be shown fails where it stands")]

#[path = "../tests/cloud/support.rs"]
mod support;

use holdfast_cloud::app::now_ms;
use holdfast_cloud::projection::StoreClock;
use holdfast_cloud::store::Scope;
use holdfast_money::Currency;
use support::{Cloud, Hub};

const GOODS: [(&str, &str, i64); 12] = [
    ("4001", "Sourdough loaf 750 g", 480),
    ("4002", "Butter croissant", 190),
    ("4003", "Mountain cheese 200 g", 649),
    ("4004", "Free-range eggs, ten", 429),
    ("4005", "Whole milk 1 l", 165),
    ("4006", "Tomatoes on the vine 500 g", 279),
    ("4007", "Espresso beans 500 g", 1_190),
    ("4008", "Apple juice, cloudy 1 l", 249),
    ("4009", "Dark chocolate 70 %", 299),
    ("4010", "Olive oil extra virgin 0.5 l", 899),
    ("4011", "Sparkling water 6 × 1.5 l", 354),
    ("4012", "Basil in a pot", 229),
];

/// Sales by hour of a day, from 7:00.
const DAY: [u32; 14] = [6, 14, 11, 9, 12, 18, 16, 10, 9, 12, 17, 21, 13, 5];

#[tokio::main]
async fn main() {
    let port: u16 = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let cloud = Cloud::start_with(|config| config.listen.set_port(port)).await;
    cloud.add_user("boss", &Scope::All).await;
    let mut hubs = Vec::new();
    for (name, zone, currency, share) in [
        ("Wien Mitte", "Europe/Vienna", "EUR", 3),
        ("Graz Hauptplatz", "Europe/Vienna", "EUR", 2),
        ("London Borough", "Europe/London", "GBP", 2),
    ] {
        hubs.push(store(&cloud, name, zone, currency, share).await);
    }
    // The second store's disk was copied: two hubs sell under one identity, and one of them has noticed.
    let mut copy = copied(&cloud, &mut hubs[1]).await;
    cloud.add_store("Salzburg Altstadt", "Europe/Vienna", "EUR").await;
    println!("listening {} (boss / {})", cloud.url, support::PASSWORD);
    let mut beat = tokio::time::interval(std::time::Duration::from_secs(4));
    let mut random: u64 = 7;
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => break,
            _ = beat.tick() => {
                // The last store is left silent, as it looks when its line is cut.
                for hub in hubs[..2].iter_mut().chain([&mut copy]) {
                    let from = hub.journal.len() as u64 + 1;
                    hub.now_ms = now_ms();
                    sale(hub, &mut random);
                    hub.send_from(&cloud, from).await;
                    hub.heartbeat(&cloud, 3, true).await;
                    let head = hub.journal.len() as u64;
                    hub.bring(&cloud, &hub.head(head, hub.hash_at(head), &hub.key)).await;
                }
            }
        }
    }
    cloud.stop().await;
}

async fn copied(cloud: &Cloud, hub: &mut Hub) -> Hub {
    let shared = hub.journal.len() as u64;
    let mut copy = hub.clone();
    copy.parent = Some((hub.epoch, shared));
    copy.epoch = holdfast_replication::Epoch(*uuid::Uuid::now_v7().as_bytes());
    let mut random = 5;
    for (side, sales) in [(hub, 46), (&mut copy, 17)] {
        (0..sales).for_each(|_| sale(side, &mut random));
        side.register(cloud).await;
        side.send_from(cloud, shared + 1).await;
    }
    copy
}

async fn store(cloud: &Cloud, name: &str, zone: &str, currency: &str, share: u32) -> Hub {
    let claim = cloud.add_store(name, zone, currency).await;
    let mut hub = Hub::new(&claim);
    hub.currency = Currency::from_code(currency).expect("a known currency");
    hub.enrol(cloud, &claim.code).await;
    hub.register(cloud).await;
    let clock = StoreClock::new(zone, 240).expect("a known zone");
    let now = now_ms();
    let mut random = u64::from(share) * 77;
    for till in 1..=3 {
        hub.enrol_till(till, &format!("Till {till}"));
    }
    for (sku, _, _) in GOODS.iter().skip(1) {
        hub.receive_goods(sku, 2_600);
    }
    for days in (0..9).rev() {
        for (hour, count) in DAY.iter().enumerate() {
            let day = clock.zoned(now - days * 86_400_000);
            let at = day.with().hour(7 + hour as i8).minute(0).second(0).build().expect("a time of that day");
            for n in 0..count * share {
                hub.now_ms =
                    at.timestamp().as_millisecond() + i64::from(n) * 3_500_000 / i64::from(count * share);
                if hub.now_ms > now {
                    break;
                }
                hub.date = clock.business_date(hub.now_ms).parse().expect("a date");
                hub.till = 1 + (n % 3) as u16;
                sale(&mut hub, &mut random);
            }
        }
    }
    let mut from = 1;
    while from <= hub.journal.len() as u64 {
        let to = (from + 1_999).min(hub.journal.len() as u64);
        hub.send(cloud, from, to).await;
        from = to + 1;
    }
    hub
}

fn sale(hub: &mut Hub, random: &mut u64) {
    let mut next = |below: u64| {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*random >> 33) % below
    };
    let lines: Vec<_> = (0..1 + next(5))
        .map(|number| {
            let (sku, description, price) = GOODS[next(GOODS.len() as u64) as usize];
            hub.line(number as u16 + 1, sku, description, 1 + next(2) as i32, price)
        })
        .collect();
    let transaction = hub.sell(lines.clone());
    match next(40) {
        0 => drop(hub.take_back(Some(transaction), vec![lines[0].clone()])),
        1 => drop(hub.post_void(transaction, &lines)),
        _ => {}
    }
}
