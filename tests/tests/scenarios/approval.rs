//! Roles of the store's own, their limits, and the manager who comes to the till and approves.

use anyhow::{Result, ensure};

use crate::shop::{CATALOG, Chain, PIN, STAFF, text};

const HELP: &str = "300";
const OTHER_PIN: &str = "97531";

#[tokio::test(flavor = "multi_thread")]
async fn a_second_person_approves_what_the_one_at_the_till_may_not() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("corner", CATALOG, 1).await?;
    let (till, hub) = (text(&shop.tills[0])?, text(&shop.data)?);
    let staff = async |arguments: &[&str], pin: Option<&str>| {
        let all = [&["staff"], arguments].concat();
        chain.programs.command("holdfast-hub", &all, pin).await
    };
    let add =
        |role| ["add", "--data", hub, "--number", HELP, "--name", "Help", "--role", role, "--pin-stdin"];
    let refused = staff(&add("7"), Some(OTHER_PIN)).await.expect_err("nobody defined the role");
    ensure!(refused.to_string().contains("HF-CMD-240"), "{refused}");
    let role = ["role", "--data", hub, "--number", "7", "--name", "Holiday help", "--may", "discount"];
    staff(&[&role[..], &["--line-discount", "20", "--basket-discount", "20"]].concat(), None).await?;
    staff(&add("7"), Some(OTHER_PIN)).await?;
    let demoted =
        ["add", "--data", hub, "--number", STAFF, "--name", "Manager", "--role", "cashier", "--pin-stdin"];
    let refused = staff(&demoted, Some(PIN)).await.expect_err("nobody would be left");
    ensure!(refused.to_string().contains("HF-CMD-244"), "{refused}");

    let sell = async |more: &[&str], typed: &str| {
        let person = ["sell", "--data", till, "--staff", HELP, "--pin-stdin", "--barcode", "4006381333931"];
        let all = [&person[..], &["--cash", "5.00", "--float", "50"], more].concat();
        chain.programs.command("holdfast-terminal", &all, Some(typed)).await
    };
    let both = format!("{OTHER_PIN}\n{PIN}\n");
    sell(&["--discount", "20", "--reason", "short date"], OTHER_PIN).await?;
    let half = ["--discount", "50", "--reason", "broken seal"];
    let refused = sell(&half, OTHER_PIN).await.expect_err("more than the role may");
    ensure!(refused.to_string().contains("HF-CMD-241"), "{refused}");
    sell(&[&half[..], &["--approve", STAFF]].concat(), &both).await?;
    let price = ["--price", "0.50", "--reason", "dented"];
    let refused = sell(&price, OTHER_PIN).await.expect_err("a price needs somebody else");
    ensure!(refused.to_string().contains("HF-CMD-104"), "{refused}");
    let wrong = format!("{OTHER_PIN}\n0000\n");
    let refused = sell(&[&price[..], &["--approve", STAFF]].concat(), &wrong).await.expect_err("a wrong PIN");
    ensure!(refused.to_string().contains("HF-CMD-246"), "{refused}");
    let themselves = format!("{OTHER_PIN}\n{OTHER_PIN}\n");
    let refused =
        sell(&[&price[..], &["--approve", HELP]].concat(), &themselves).await.expect_err("no second");
    ensure!(refused.to_string().contains("HF-CMD-249"), "{refused}");
    let sold = sell(&[&price[..], &["--approve", STAFF]].concat(), &both).await?;
    ensure!(sold.contains("1-000003") && sold.contains("0.50"), "{sold}");

    // Five wrong PINs of the manager at somebody else's till lock the manager's number.
    for _ in 0..5 {
        sell(&[&price[..], &["--approve", STAFF]].concat(), &wrong).await.expect_err("a wrong PIN");
    }
    let refused = sell(&[&price[..], &["--approve", STAFF]].concat(), &both).await.expect_err("locked");
    ensure!(refused.to_string().contains("HF-CMD-247"), "{refused}");

    chain.drained(&shop).await?;
    // Neither the till nor the hub has kept what was typed.
    for folder in [&shop.tills[0], &shop.data] {
        let mut folders = vec![folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    let bytes = std::fs::read(&path)?;
                    let found = |pin: &str| bytes.windows(pin.len()).any(|seen| seen == pin.as_bytes());
                    ensure!(!found("\"97531\"") && !found(&format!("\"{PIN}\"")), "a PIN stands in {path:?}");
                }
            }
        }
    }
    // The console lets the manager in again.
    chain.take_on(&shop, STAFF, "manager").await?;
    chain.stop([shop]).await
}
