//! No card's number is anywhere: pushed through every input that hub, tills and devices have, and looked for in every byte that
//! any of them wrote.

mod commands;
mod devices;
mod goods;
mod numbers;
mod pages;
mod stores;

#[path = "../scenarios/shop.rs"]
#[allow(dead_code, reason = "the scenarios use the rest")]
mod shop;

use std::path::Path;

use anyhow::{Result, ensure};
use holdfast_testkit::proof::Proof;
use tempfile::TempDir;

use numbers::{Form, Mint};
use shop::{CATALOG, Chain, text, value};
use stores::{Searched, Wanted, encodings};

/// How many numbers the proof is about, at least.
const PLANTED_MIN: usize = 10_000;
const DEVICE_NUMBERS: usize = 900;
const GTINS: usize = 240;

/// The search finds what is there: one number, in each form, in a copy of something that is searched.
fn it_can_fail(wanted: &Wanted, number: &str, copy_of: &[u8], folder: &Path) -> Result<()> {
    let file = folder.join("copy");
    let written = Form::ALL.map(|form| form.write(number).into_bytes());
    for form in written.into_iter().chain(encodings(number)) {
        let (before, after) = copy_of.split_at(copy_of.len() / 2);
        std::fs::write(&file, [before, b"\0", form.as_slice(), b"\0", after].concat())?;
        let found = wanted.absent_from(folder, &mut Searched::default());
        ensure!(found.is_err(), "{:?} is not found", String::from_utf8_lossy(&form));
    }
    std::fs::write(&file, copy_of)?;
    wanted.absent_from(folder, &mut Searched::default())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cards_number_is_anywhere_and_no_article_is_refused() -> Result<()> {
    let proof = Proof::of("R28", "every input, every store");
    let gtins = goods::gtins(GTINS);
    let like_cards = goods::are_scanned(&gtins)?;
    ensure!(like_cards >= GTINS / 2, "only {like_cards} of the articles look like cards");

    let chain = Chain::start().await?;
    let shop = chain.open_shop("cards", CATALOG, 3).await?;
    let folder = chain.folder.path().to_owned();
    let keep = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes);
    let mut mint = Mint::default();

    // Articles first, so that the shop has something to write about.
    let file = folder.join("goods.csv");
    std::fs::write(&file, goods::catalog(&gtins))?;
    let import = ["import", "catalog", "--data", text(&shop.data)?, text(&file)?];
    chain.programs.command("holdfast-hub", &import, None).await?;
    goods::are_sold(&shop.tills[0], &gtins).await?;

    keep("devices.txt", devices::said(&mut mint, DEVICE_NUMBERS).as_bytes())?;
    keep("consoles.txt", &pages::at_consoles(&chain, &shop, &mut mint).await?)?;
    keep("hub-http.txt", &pages::over_http(shop.page.address(), "hub.json", &mut mint, 3).await?)?;
    keep("cloud-http.txt", &pages::over_http(chain.hq.address(), "cloud.json", &mut mint, 3).await?)?;
    pages::details(&shop.tills[1], &mut mint, 25).await?;
    commands::through_the_till(&shop.tills[1], &mut mint).await?;
    let mut raw = commands::RawTill::connect(&shop.tills[2]).await?;
    raw.send(commands::planted(&mut mint, PLANTED_MIN)?).await?;
    println!("the hub answered: {:?}", raw.codes);
    ensure!(
        raw.codes.keys().all(|code| code.starts_with("rejected")),
        "something was taken: {:?}",
        raw.codes
    );
    keep("mqtt.txt", &raw.heard)?;
    drop(raw);
    let planted = mint.planted.len();
    ensure!(planted >= PLANTED_MIN, "only {planted} numbers were planted");

    // Everything that was written, and what is made of it.
    chain.drained(&shop).await?;
    let stick = folder.join("stick");
    std::fs::create_dir(&stick)?;
    let backup = ["backup", "--data", text(&shop.data)?, "--to", text(&stick)?];
    let backup = value(&chain.programs.command("holdfast-hub", &backup, None).await?, "backup")?;
    let export = folder.join("export.hfx");
    let export = ["export", "--data", text(&shop.data)?, "--to", text(&export)?];
    chain.programs.command("holdfast-hub", &export, None).await?;
    let restored = folder.join("restored");
    let restore = ["restore", "--from", &backup, "--data", text(&restored)?];
    let restore = [&restore[..], &["--recovery-code", &shop.recovery_code]].concat();
    chain.programs.command("holdfast-hub", &restore, None).await?;
    for (name, path) in [("sales", "/api/v1/journal?limit=500"), ("losses", "/api/v1/reports/losses.csv")] {
        keep(&format!("hub-{name}.txt"), shop.page.text(path).await.unwrap_or_default().as_bytes())?;
    }

    let wanted = Wanted::of(&mint.planted);
    let proof_of_search = TempDir::with_prefix("holdfast-")?;
    let copy = std::fs::read(folder.join("mqtt.txt"))?;
    it_can_fail(&wanted, &mint.planted[planted / 2], &copy, proof_of_search.path())?;
    let mut searched = Searched::default();
    for store in std::fs::read_dir(&folder)? {
        let store = store?.path();
        // The store's own folder is searched part by part: journal, state, papers, keys, what waits for HQ.
        if store == shop.data.parent().unwrap_or(&shop.data) {
            for part in std::fs::read_dir(&store)?.chain(std::fs::read_dir(&shop.data)?) {
                let part = part?.path();
                if part != shop.data {
                    wanted.absent_from(&part, &mut searched).or_else(no_file)?;
                }
            }
        } else {
            wanted.absent_from(&store, &mut searched).or_else(no_file)?;
        }
    }
    let Searched { stores, files, bytes } = searched;
    println!("R28: {planted} planted, {stores} stores searched, 0 found ({files} files, {bytes} bytes)");
    println!("R28: {} articles taken, {like_cards} of them look like cards", gtins.len());
    proof
        .counted(planted as u64, "card numbers planted")
        .counted(stores, "stores searched")
        .counted(gtins.len() as u64, "articles taken")
        .holds();
    chain.stop([shop]).await
}

/// An empty folder holds no number either.
fn no_file(error: anyhow::Error) -> Result<()> {
    if error.to_string().starts_with("there is nothing in") { Ok(()) } else { Err(error) }
}
