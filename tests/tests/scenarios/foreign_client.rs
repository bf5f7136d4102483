//! Mosquitto's own clients, with a till's credential: let in, and kept to the till's own topics.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;
use tokio::time::timeout;

use crate::shop::{CATALOG, Chain, json};

#[tokio::test(flavor = "multi_thread")]
async fn mosquittos_clients_connect_as_a_till_and_reach_nothing_else() -> Result<()> {
    let chain = Chain::start().await?;
    let shop = chain.open_shop("corner", CATALOG, 2).await?;
    let till = json(&shop.tills[0].join("till.json"))?;
    let other = json(&shop.tills[1].join("till.json"))?;
    let ca = chain.folder.path().join("ca.pem");
    std::fs::write(&ca, till["ca_pem"].as_str().context("the store's CA")?)?;
    let run = async |program: &str, secret: &str, rest: &[&str]| -> Result<(bool, String)> {
        let (host, port) = till["mqtt"].as_str().and_then(|at| at.rsplit_once(':')).context("an address")?;
        let id = till["terminal"].as_str().context("an id")?;
        let child = Command::new(program)
            .args(["-h", host, "-p", port, "-i", id, "-u", id, "-P", secret, "-V", "mqttv311", "--cafile"])
            .arg(&ca)
            .args(rest)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = timeout(Duration::from_secs(30), child)
            .await
            .with_context(|| format!("{program} does not end"))?
            .with_context(|| format!("{program} is missing: install the package mosquitto-clients"))?;
        let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        Ok((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
    };
    let store = till["store"].as_str().context("a store")?;
    let secret = till["secret"].as_str().context("a secret")?;
    let own = format!("hf/1/{store}/t/{}", till["terminal"].as_str().context("an id")?);
    let foreign = format!("hf/1/{store}/t/{}", other["terminal"].as_str().context("an id")?);

    let status = format!("hf/1/{store}/store/status");
    let (ok, said) = run("mosquitto_sub", secret, &["-t", &status, "-C", "1", "-W", "20"]).await?;
    ensure!(ok && said.contains("head_seq"), "the store's status is read: {said}");
    let (ok, said) =
        run("mosquitto_pub", secret, &["-q", "1", "-t", &format!("{own}/cmd"), "-m", "{}"]).await?;
    ensure!(ok, "a command is taken on the own topic: {said}");

    for topic in ["#".to_owned(), format!("{foreign}/reply"), format!("hf/1/{store}/#"), "$SYS/#".to_owned()]
    {
        let (_, said) = run("mosquitto_sub", secret, &["-t", &topic, "-C", "1", "-W", "3"]).await?;
        ensure!(said.contains("denied") && !said.contains("head_seq"), "{topic} must be denied: {said}");
    }
    for topic in [format!("{foreign}/cmd"), format!("{own}/reply"), status] {
        let (ok, said) = run("mosquitto_pub", secret, &["-q", "1", "-t", &topic, "-m", "{}"]).await?;
        ensure!(!ok, "nothing may be published on {topic}: {said}");
    }
    let wrong = "0".repeat(64);
    let (ok, said) =
        run("mosquitto_pub", &wrong, &["-q", "1", "-t", &format!("{own}/cmd"), "-m", "{}"]).await?;
    ensure!(!ok, "a wrong secret is not let in: {said}");
    chain.stop([shop]).await
}
