//! kill -9 of the real hub at any moment, 8 tills: nothing acknowledged is missing or doubled, no cent differs.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use holdfast_testkit::books::{Books, compare};
use holdfast_testkit::proof::Proof;

use crate::audit::{agree, kept, would_notice};
use crate::shop::{CATALOG, Chain, Shop};
use crate::tills::{Dice, SEGMENT_MIB, Tills, asked_for};

/// Kills of a usual run; `HOLDFAST_KILLS` asks for more.
const KILLS: u64 = 100;
const TILLS: usize = 8;
/// A kill comes within this time after the tills are heard again, or after the hub's program was started.
const AFTER_ANSWER: Duration = Duration::from_millis(250);
const AFTER_START: Duration = Duration::from_millis(900);
/// Of so many kills one comes while the hub starts.
const WHILE_STARTING: u64 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_doubled_however_often_the_hub_is_killed() -> Result<()> {
    let _alone = crate::alone().await;
    let proof = Proof::of("R4", "kill -9 of the real hub");
    let (kills, mut dice) = (asked_for("HOLDFAST_KILLS", KILLS), Dice::thrown());
    let mut chain = Chain::start().await?;
    chain.programs.set("HOLDFAST_HUB_JOURNAL__SEGMENT_MIB", SEGMENT_MIB);
    let mut shop = chain.open_shop("corner", CATALOG, TILLS).await?;
    let mut tills = Tills::trade(&chain, &shop, 600 + kills * 20, "20", &mut dice).await?;
    let (began, mut starting, mut until_ready, mut until_answer) =
        (Instant::now(), 0, Duration::ZERO, Duration::ZERO);
    for kill in 1..=kills {
        shop.hub.kill_now().await?;
        let before = tills.answered_bytes();
        let started = Instant::now();
        let ready = chain.serve_again(&mut shop)?;
        if dice.below(WHILE_STARTING) == 0 {
            dice.a_while(AFTER_START).await;
            starting += 1;
            continue;
        }
        shop.hub.ready(&ready).await.with_context(|| format!("after kill {kill}"))?;
        until_ready += started.elapsed();
        tills.answered_since(&format!("the hub answers after kill {kill}"), before).await?;
        until_answer += started.elapsed();
        dice.a_while(AFTER_ANSWER).await;
    }
    shop.hub.kill_now().await?;
    chain.restart(&mut shop).await?;
    let took = began.elapsed();
    let home = tills.go_home().await?;
    println!(
        "{kills} kills in {took:?}, {starting} while it started; ready after {:?}, first answer after {:?} on average",
        until_ready / u32::try_from((kills - starting).max(1))?,
        until_answer / u32::try_from((kills - starting).max(1))?,
    );
    ensure!(home.resent > kills / 4, "only {} requests were under way at {kills} kills", home.resent);
    chain.reconcile(&shop, home.books()).await?;
    one_sale_more_is_noticed(&chain, &shop, home.books()).await?;
    let data = shop.data.clone();
    shop.hub.stop().await?;
    let (told, kept) = (home.told, kept(&data)?);
    chain.end([]).await?;
    let acknowledged = agree(&told, &kept)?;
    let noticed = would_notice(&told, &kept)?;
    proof
        .counted(kills + 1, "kills")
        .counted(starting, "of them while the hub started")
        .counted(TILLS as u64, "tills")
        .counted(home.resent, "requests sent again")
        .counted(home.sales, "sales, to the cent at tills, hub and HQ")
        .counted(acknowledged, "acknowledged commands, each once in the journal with the acknowledged hash")
        .counted(0, "lost or doubled")
        .counted(noticed, "mistakes planted in the model's copy and noticed")
        .holds();
    Ok(())
}

/// The books must be able to differ: by one sale that only the tills know of.
async fn one_sale_more_is_noticed(chain: &Chain, shop: &Shop, tills: &Books) -> Result<()> {
    let one = serde_json::json!({"currency": "GBP", "transactions": 1, "sales": 1, "returns": 0, "post_voids": 0,
        "net_minor": 99, "tax_minor": 20, "gross_minor": 119, "stock": {"MILK": -1000}});
    let more = Books::read(&one)?.plus(tills)?;
    let (hub, hq) = (shop.books().await?, chain.cloud_books(shop).await?);
    ensure!(!compare(&more, &hub, &hq).equal(), "the books do not notice a sale that only the tills know of");
    Ok(())
}
