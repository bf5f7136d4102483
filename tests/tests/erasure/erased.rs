//! The proof.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use holdfast_domain::ids::SubjectId;
use holdfast_hub::folder::DataFolder;
use holdfast_hub::subjects::vault_part;
use holdfast_protocol::subject::file::decode_part;
use holdfast_protocol::subject::{Details, Private};
use holdfast_testkit::proof::Proof;

use crate::customer::{
    CARD, Counter, EMAIL, NAME, NOTES, PHONE, TAX_ID, canaries, details, in_vault, refused, sealed_vault,
};
use crate::search::{Searched, Wanted};
use crate::shop::{CATALOG, Chain, PIN, STAFF, Shop, text, until};

/// Bytes of HQ's older vault by which it would be recognised.
const VAULT_PIECE_BYTES: usize = 64;

/// Every search of the proof, added up.
#[derive(Default)]
struct Nowhere {
    wanted: Wanted,
    searched: Searched,
}

impl Nowhere {
    fn is_in(&mut self, place: &Path) -> Result<()> {
        let Searched { files, bytes, found } = self.wanted.search(place)?;
        ensure!(found.is_empty(), "something of the customer is left:\n{}", found.join("\n"));
        self.searched.files += files;
        self.searched.bytes += bytes;
        Ok(())
    }
}

async fn subject(chain: &Chain, data: &Path, what: &[&str], pin: Option<&str>) -> Result<String> {
    let command = [&["subject", what[0], "--data", text(data)?], &what[1..]].concat();
    chain.programs.command("holdfast-hub", &command, pin).await
}

async fn show(chain: &Chain, data: &Path, customer: &str) -> Result<String> {
    let what = ["show", "--subject", customer, "--number", STAFF, "--pin-stdin"];
    subject(chain, data, &what, Some(PIN)).await
}

async fn erase(chain: &Chain, data: &Path, customer: &str, number: &str, pin: &str) -> Result<String> {
    let what = ["erase", "--subject", customer, "--reason", "customer-request", "--number", number];
    subject(chain, data, &[&what[..], &["--pin-stdin"]].concat(), Some(pin)).await
}

async fn restore(chain: &Chain, shop: &Shop, backup: &Path, name: &str) -> Result<PathBuf> {
    let data = chain.folder.path().join(name);
    let restore = ["restore", "--from", text(backup)?, "--data", text(&data)?];
    let restore = [&restore[..], &["--recovery-code", &shop.recovery_code]].concat();
    chain.programs.command("holdfast-hub", &restore, None).await?;
    Ok(data)
}

async fn verifies(chain: &Chain, data: &Path) -> Result<()> {
    chain.programs.command("holdfast-hub", &["verify", "--data", text(data)?], None).await.map(drop)
}

/// The events that say that somebody was erased. What was written last is left out: nothing that follows proves it yet.
fn erasures(data: &Path) -> Result<Vec<String>> {
    use holdfast_journal::{DiskStorage, Journal, Options};
    let options = Options::new(data.join("journal"), holdfast_protocol::chain_hash);
    let (reader, _) = Journal::open_read_only(&options, std::sync::Arc::new(DiskStorage::new()))?;
    let mut found = Vec::new();
    for record in reader.scan(1) {
        let record = holdfast_protocol::decode_record(&record?.payload)?;
        let erasures = record.outcome.events().iter().filter(|event| event.name() == "subject_erased");
        found.extend(erasures.map(|event| format!("{event:?}")));
    }
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_customer_is_found_nowhere_and_never_comes_back() -> Result<()> {
    let proof = Proof::of("PII", "erasure");
    let chain = Chain::start().await?;
    let mut shop = chain.open_shop("aviary", CATALOG, 1).await?;
    let (first_data, till) = (shop.data.clone(), shop.tills[0].clone());

    // A customer is registered, sold to and read.
    let counter = Counter::open(&till).await?;
    let customer = counter.mint()?;
    let id = customer.to_string();
    refused(counter.api.put_subject(customer, &details().into()).await, "HF-CMD-101")
        .context("nobody is signed on")?;
    counter.sign_on().await?;
    refused(counter.sell_to(Some(customer)).await, "HF-CMD-190").context("not registered yet")?;
    counter.api.put_subject(customer, &details().into()).await?;
    counter.api.put_subject(customer, &details().into()).await.context("the same again")?;
    counter.knows(customer).await?;
    counter.sell_to(Some(customer)).await?;
    let other = counter.mint()?;
    // Everything of the one but the card, which is theirs alone.
    let alike = Details { notes: None, card: None, ..details() };
    counter.api.put_subject(other, &alike.into()).await?;
    let unlike = Details { name: Some(Private::new("Somebody Else")), ..Details::default() };
    counter.api.put_subject(other, &unlike.clone().into()).await?;
    let shown = show(&chain, &first_data, &id).await?;
    for canary in [NAME, EMAIL, PHONE, NOTES, CARD, TAX_ID] {
        ensure!(shown.contains(canary), "a manager reads it at the console: {shown}");
    }

    // HQ's vault and a backup hold what a new hub needs of them, and a hub made of both shows the customer.
    chain.drained(&shop).await?;
    until("HQ's vault has the customer", async || {
        Ok(in_vault(&shop).await?.keys.is_some_and(|keys| keys.contains_key(&customer)))
    })
    .await?;
    let stick = chain.folder.path().join("stick");
    std::fs::create_dir(&stick)?;
    let backup = ["backup", "--data", text(&first_data)?, "--to", text(&stick)?];
    chain.programs.command("holdfast-hub", &backup, None).await?;
    let backup = std::fs::read_dir(&stick)?.next().context("a backup")??.path();
    let before = restore(&chain, &shop, &backup, "restored-before").await?;
    ensure!(
        show(&chain, &before, &id).await?.contains(NAME),
        "backup and vault together bring customers back"
    );
    std::fs::remove_dir_all(before)?;

    // What is looked for from now on: every detail, the key, the sealed details, and the vault that held them.
    let mut nowhere = Nowhere { wanted: canaries(), ..Nowhere::default() };
    let part = decode_part(&vault_part(&DataFolder::new(&first_data))?.context("customers are kept")?)?;
    let key = part.keys.context("the hub has its keys")?[&customer].clone();
    let sealed = part.sealed[&customer].clone();
    ensure!(
        key_is_in(&first_data, key.bytes())?,
        "the key must be found before, or the search proves nothing"
    );
    let vault = sealed_vault(&shop).await?.context("HQ has a vault")?;
    let middle = vault.len() / 2;

    // Details are nowhere in plain even now.
    nowhere.is_in(chain.folder.path()).context("before the erasure, in plain")?;
    nowhere.wanted.secret("the key", key.bytes());
    nowhere.wanted.secret("the sealed details", &sealed[13..]);

    // Only a manager erases, and a till cannot.
    let cashier = ["staff", "add", "--data", text(&first_data)?, "--number", "305", "--name", "Cashier"];
    let cashier = [&cashier[..], &["--role", "cashier", "--pin-stdin"]].concat();
    chain.programs.command("holdfast-hub", &cashier, Some("2468")).await?;
    for (number, pin, code) in [("305", "2468", "HF-CMD-104"), (STAFF, "0000", "HF-HUB-021")] {
        let refused =
            erase(&chain, &first_data, &id, number, pin).await.expect_err("not permitted").to_string();
        ensure!(refused.contains(code), "{refused}");
    }
    counter.knows(customer).await.context("nothing was erased")?;

    let told = erase(&chain, &first_data, &id, STAFF, PIN).await?;
    ensure!(told.contains("is erased") && told.contains("the key and"), "{told}");
    ensure!(told.contains("the vault is replaced") && !told.contains("WAITING"), "HQ was reachable: {told}");
    let again = erase(&chain, &first_data, &id, STAFF, PIN).await?;
    ensure!(again.contains("was erased before") && again.contains("nothing was left"), "{again}");
    counter.has_lost(customer).await?;
    ensure!(counter.api.subject(other).await?.details == unlike, "nobody else notices");
    counter.sell_to(None).await?;
    counter.sell_to(Some(other)).await?;
    let recorded = erasures(&first_data)?;
    ensure!(recorded.len() == 1 && recorded[0].contains("CustomerRequest"), "one event: {recorded:?}");

    // Hub, till and HQ, while they run.
    chain.drained(&shop).await?;
    let after = in_vault(&shop).await?;
    ensure!(
        after.erased.contains(&customer) && !after.sealed.contains_key(&customer),
        "the vault is another one"
    );
    let mut older = Wanted::default();
    older.secret("HQ's older vault", &vault[middle..middle + VAULT_PIECE_BYTES]);
    let found = older.search(&chain.cloud_data)?.found;
    ensure!(found.is_empty(), "HQ keeps the vault of before: {found:?}");
    for place in [&first_data, &till, &chain.cloud_data, &chain.folder.path().join("logs"), &backup] {
        nowhere.is_in(place)?;
    }
    verifies(&chain, &first_data).await?;

    // A backup of before the erasure, restored without HQ: with the recovery code, and still nobody can be read.
    chain.wan.cut();
    let alone = restore(&chain, &shop, &backup, "restored-alone").await?;
    let kept = DataFolder::new(&alone).subjects();
    ensure!(show(&chain, &alone, &id).await.is_err(), "there is no key anywhere");
    ensure!(std::fs::read_dir(kept.join("keys"))?.count() == 0, "a backup brings no key");
    nowhere.wanted = canaries();
    nowhere.wanted.secret("the key", key.bytes());
    nowhere.is_in(&alone).context("restored without HQ")?;
    std::fs::remove_dir_all(alone)?;
    chain.wan.restore();

    // The same backup, restored in the old hub's place. It meets HQ: the erasure holds, in its journal too.
    counter.close().await?;
    shop.hub.kill_now().await?;
    nowhere.wanted.secret("the sealed details", &sealed[13..]);
    nowhere.is_in(&first_data).context("after a kill")?;
    shop.data = restore(&chain, &shop, &backup, "restored").await?;
    comes_back_without(&chain, &mut shop, &mut nowhere, customer, other).await.context("restored")?;

    // And a hub that is built from HQ's copy and vault alone.
    shop.hub.kill_now().await?;
    shop.data = chain.folder.path().join("rebuilt");
    chain.rebuild_with_code(&shop).await?;
    comes_back_without(&chain, &mut shop, &mut nowhere, customer, other).await.context("rebuilt")?;

    let (files, bytes) = (nowhere.searched.files, nowhere.searched.bytes);
    chain.end([shop]).await?;
    proof
        .counted(6, "canary texts, a key and sealed details in up to 14 forms each")
        .counted(files, "files searched")
        .counted(bytes >> 20, "MiB searched")
        .counted(0, "findings")
        .holds();
    Ok(())
}

/// Serves another hub in the place of the one before, and looks for the customer everywhere.
async fn comes_back_without(
    chain: &Chain,
    shop: &mut Shop,
    nowhere: &mut Nowhere,
    customer: SubjectId,
    other: SubjectId,
) -> Result<()> {
    nowhere.is_in(&shop.data).context("before it serves")?;
    chain.restart(shop).await?;
    let till = shop.tills[0].clone();
    let counter = Counter::open(&till).await?;
    counter.sign_on().await?;
    counter.has_lost(customer).await?;
    let kept = counter.api.subject(other).await?;
    ensure!(kept.details.name.is_some_and(|name| name.reveal() == "Somebody Else"), "the others are there");
    until("the erasure is in this hub's history", async || {
        counter.sell_to(Some(other)).await?;
        Ok(!erasures(&shop.data)?.is_empty())
    })
    .await?;
    counter.close().await?;
    chain.drained(shop).await?;
    let shown = show(chain, &shop.data, &customer.to_string()).await.expect_err("erased").to_string();
    ensure!(shown.contains("HF-CMD-191"), "{shown}");
    for place in [&shop.data, &till, &chain.cloud_data, &chain.folder.path().join("logs")] {
        nowhere.is_in(place)?;
    }
    verifies(chain, &shop.data).await
}

fn key_is_in(data: &Path, key: &[u8]) -> Result<bool> {
    let mut wanted = Wanted::default();
    wanted.secret("the key", key);
    Ok(!wanted.search(data)?.found.is_empty())
}
