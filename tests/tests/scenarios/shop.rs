//! A cloud, a WAN that can be cut, and stores set up with the commands that an installer types.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use holdfast_testkit::books::{Books, compare};
use holdfast_testkit::http::{Server, escaped};
use holdfast_testkit::programs::{Program, Programs, printed_value};
use holdfast_testkit::wan::Wan;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// How long anything may take that has to come true.
pub const SOON: Duration = Duration::from_secs(60);
/// Papers are looked at one by one up to so many transactions.
const PAPERS_MAX: usize = 100;
const POLL: Duration = Duration::from_millis(50);
const PASSWORD: &str = "correct horse battery staple";
/// The manager of every store here.
pub const STAFF: &str = "201";
pub const PIN: &str = "8642";

/// HQ and the line to it.
pub struct Chain {
    pub programs: Programs,
    pub wan: Wan,
    pub hq: Server,
    pub cloud: Program,
    pub cloud_data: PathBuf,
    // Last, so that everything that uses the folder is gone before it.
    pub folder: TempDir,
}

/// One store. Its hub can be killed, started again, or replaced.
pub struct Shop {
    pub id: String,
    pub data: PathBuf,
    pub hub: Program,
    pub page: Server,
    pub https: String,
    pub tills: Vec<PathBuf>,
    /// As it was printed at provisioning; kept nowhere else.
    pub recovery_code: String,
    /// Settings of its own, for the next start.
    pub config: Option<PathBuf>,
    ports: [u16; 3],
    name: String,
    folder: PathBuf,
    starts: u32,
}

/// The goods of these stores: a counter product with a barcode, a weighed one, a strict one, a fee.
pub const CATALOG: &str = "sku,description,barcode,unit,tax_class,unit_price,stock\n\
    MILK,Whole milk 1 l,4006381333931,piece,reduced,1.19,counter\n\
    SOAP,Olive soap,5000112637922,piece,standard,2.49,counter\n\
    PEARS,Pears,4012345678901,kilogram,reduced,3.29,counter\n\
    RADIO,Radio,9780201379624,piece,standard,49.00,strict\n\
    BAG,Carrier bag,,piece,standard,0.20,none\n";

impl Chain {
    pub async fn start() -> Result<Self> {
        let folder = TempDir::with_prefix("holdfast-")?;
        let programs = Programs::new(folder.path().join("logs"))?;
        let cloud_data = folder.path().join("cloud");
        let data = text(&cloud_data)?;
        let add = ["user", "add", "--data", data, "--name", "hq", "--stores", "all", "--password-stdin"];
        programs.command("holdfast-cloud", &add, Some(PASSWORD)).await?;
        let serve = ["serve", "--data", data, "--listen", "127.0.0.1:0"];
        let mut cloud = programs.start("cloud", "holdfast-cloud", &serve)?;
        let mut hq = Server::at(&cloud.says("listening").await?)?;
        hq.sign_in("/api/v1/session", "hq", PASSWORD).await?;
        let wan = Wan::to(hq.address()).await?;
        Ok(Self { programs, wan, hq, cloud, cloud_data, folder })
    }

    /// Adds a store at HQ, provisions its hub, starts it, and pairs its tills.
    pub async fn open_shop(&self, key: &str, catalog: &str, tills: usize) -> Result<Shop> {
        let folder = self.folder.path().join(key);
        std::fs::create_dir_all(&folder)?;
        let add = [
            ["store", "add"].as_slice(),
            &["--data", text(&self.cloud_data)?, "--name", key, "--currency", "GBP"],
            &["--timezone", "Europe/London", "--cutover", "04:00", "--prices-include-tax", "true"],
            &["--legal-name", "Shop Ltd", "--address", "1 High Street", "--tax-id", "GB000000000"],
        ]
        .concat();
        let added = self.programs.command("holdfast-cloud", &add, None).await?;
        let (id, claim) = (value(&added, "store")?, value(&added, "claim")?);
        let ports = [free_port()?, free_port()?, free_port()?];
        let data = folder.join("hub");
        let printed = self.provision(&data, key, &claim, &[]).await?;
        let ready = folder.join("ready-1.json");
        let mut hub = self.serve(key, &data, ports, &ready, None)?;
        let addresses = hub.ready(&ready).await?;
        let mut shop = Shop {
            id,
            page: Server::at(&url(&addresses, "http")?)?,
            https: url(&addresses, "https")?,
            hub,
            data,
            tills: Vec::new(),
            recovery_code: value(&printed, "recovery-code")?,
            config: None,
            ports,
            name: key.to_owned(),
            folder,
            starts: 1,
        };
        self.furnish(&shop, catalog).await?;
        for number in 1..=tills {
            let till = shop.folder.join(format!("till-{number}"));
            self.pair(&shop, &till, number).await?;
            shop.tills.push(till);
        }
        Ok(shop)
    }

    /// Takes somebody on at the hub's console, with the PIN of everybody here.
    pub async fn take_on(&self, shop: &Shop, number: &str, role: &str) -> Result<()> {
        let person = ["--number", number, "--name", "Clerk", "--role", role, "--pin-stdin"];
        let add = [["staff", "add", "--data", text(&shop.data)?].as_slice(), &person].concat();
        self.programs.command("holdfast-hub", &add, Some(PIN)).await.map(drop)
    }

    /// What somebody types at a till.
    pub async fn ask(
        &self,
        shop: &Shop,
        till: usize,
        what: &str,
        staff: &str,
        more: &[&str],
    ) -> Result<String> {
        let person = ["--data", text(&shop.tills[till])?, "--staff", staff, "--pin-stdin"];
        let words: Vec<&str> = what.split(' ').collect();
        self.programs.command("holdfast-terminal", &[&words[..], &person, more].concat(), Some(PIN)).await
    }

    /// What a till is asked without anybody at it.
    pub async fn read(&self, shop: &Shop, till: usize, what: &str, more: &[&str]) -> Result<String> {
        let asked = [[what, "--data", text(&shop.tills[till])?].as_slice(), more].concat();
        self.programs.command("holdfast-terminal", &asked, None).await
    }

    async fn provision(&self, data: &Path, name: &str, claim: &str, more: &[&str]) -> Result<String> {
        let cloud = format!("http://{}", self.wan.address());
        let provision =
            ["provision", "--data", text(data)?, "--cloud", &cloud, "--claim", claim, "--name", name];
        self.programs.command("holdfast-hub", &[provision.as_slice(), more].concat(), None).await
    }

    fn serve(
        &self,
        name: &str,
        data: &Path,
        [mqtt, http, https]: [u16; 3],
        ready: &Path,
        config: Option<&Path>,
    ) -> Result<Program> {
        let at = |port: u16| format!("127.0.0.1:{port}");
        let (mqtt, http, https) = (at(mqtt), at(http), at(https));
        let serve = ["serve", "--data", text(data)?, "--mqtt", &mqtt, "--http", &http, "--https", &https];
        let mut serve = [serve.as_slice(), &["--ready-file", text(ready)?]].concat();
        if let Some(config) = config {
            serve.extend(["--config", text(config)?]);
        }
        self.programs.start(&format!("{name}-hub"), "holdfast-hub", &serve)
    }

    /// The people and the goods of a store.
    async fn furnish(&self, shop: &Shop, catalog: &str) -> Result<()> {
        let data = text(&shop.data)?;
        let add =
            ["staff", "add", "--data", data, "--number", STAFF, "--name", "Manager", "--role", "manager"];
        let add = [add.as_slice(), &["--pin-stdin"]].concat();
        self.programs.command("holdfast-hub", &add, Some(PIN)).await?;
        let file = shop.folder.join("catalog.csv");
        std::fs::write(&file, catalog)?;
        self.programs
            .command("holdfast-hub", &["import", "catalog", "--data", data, text(&file)?], None)
            .await?;
        Ok(())
    }

    pub async fn pair(&self, shop: &Shop, till: &Path, number: usize) -> Result<()> {
        let name = format!("Till {number}");
        let pair = ["pair", "--data", text(&shop.data)?, "--name", &name];
        let code = value(&self.programs.command("holdfast-hub", &pair, None).await?, "pairing-code")?;
        let pair = ["pair", "--data", text(till)?, "--hub", &shop.https, "--code", &code];
        self.programs.command("holdfast-terminal", &pair, None).await.map(drop)
    }

    /// Starts a hub again that was killed or stopped, where its tills know it.
    pub async fn restart(&self, shop: &mut Shop) -> Result<()> {
        let ready = self.serve_again(shop)?;
        shop.hub.ready(&ready).await?;
        Ok(())
    }

    /// Starts the hub's program again without waiting for it; returns its ready file.
    pub fn serve_again(&self, shop: &mut Shop) -> Result<PathBuf> {
        shop.starts += 1;
        let ready = shop.folder.join(format!("ready-{}.json", shop.starts));
        shop.hub = self.serve(&shop.name, &shop.data, shop.ports, &ready, shop.config.as_deref())?;
        Ok(ready)
    }

    /// Puts a new hub in the place of one whose disk is gone: a new claim, HQ's copy, the people, the goods, the tills.
    pub async fn replace_hub(&self, shop: &mut Shop, catalog: &str) -> Result<()> {
        let claim = self.claim_again(shop).await?;
        self.provision(&shop.data, &shop.name, &claim, &[]).await?;
        self.restart(shop).await?;
        self.furnish(shop, catalog).await?;
        for (index, till) in shop.tills.iter().enumerate() {
            self.pair(shop, till, index + 1).await?;
        }
        Ok(())
    }

    /// The data folder of a hub whose disk is gone, from a new claim and the recovery code alone.
    pub async fn rebuild_with_code(&self, shop: &Shop) -> Result<String> {
        let claim = self.claim_again(shop).await?;
        self.provision(&shop.data, &shop.name, &claim, &["--recovery-code", &shop.recovery_code]).await
    }

    async fn claim_again(&self, shop: &Shop) -> Result<String> {
        let claim = ["store", "claim", "--data", text(&self.cloud_data)?, "--store", &shop.id];
        value(&self.programs.command("holdfast-cloud", &claim, None).await?, "claim")
    }

    /// Waits until HQ has the vault as the store is now.
    pub async fn vault_is_at_hq(&self, shop: &Shop) -> Result<()> {
        until("HQ has the vault", async || {
            let status = shop.page.json("/api/v1/status").await?;
            Ok(status["recovery"]["vault"]["state"] == "at_hq")
        })
        .await
    }

    /// Lets the tills of a store trade by themselves; the report names what was acknowledged.
    pub fn trade(&self, shop: &Shop, run: &str, seconds: u32, rate: &str) -> Result<(Program, PathBuf)> {
        let report = shop.folder.join(format!("load-{run}.json"));
        let pin = shop.folder.join("pin");
        std::fs::write(&pin, PIN)?;
        let seconds = seconds.to_string();
        let mut load = vec!["load"];
        for till in &shop.tills {
            load.extend(["--data", text(till)?]);
        }
        load.extend(["--staff", STAFF, "--pin-file", text(&pin)?, "--seconds", &seconds, "--rate", rate]);
        load.extend(["--seed", "7", "--report", text(&report)?]);
        let program =
            self.programs.start(&format!("{}-load-{run}", shop.name), "holdfast-terminal", &load)?;
        Ok((program, report))
    }

    /// Waits until HQ has everything that the hub has.
    pub async fn drained(&self, shop: &Shop) -> Result<()> {
        until("HQ has everything", async || {
            let head = shop.page.json("/api/v1/reconciliation").await?["head_seq"].as_u64();
            let confirmed = self.confirmed(shop).await?;
            Ok(confirmed.is_some() && confirmed >= head)
        })
        .await
    }

    /// The last record of a store that HQ has confirmed to its hub.
    pub async fn confirmed(&self, shop: &Shop) -> Result<Option<u64>> {
        let totals = self.hq.json(&format!("/api/v1/stores/{}/totals", shop.id)).await?;
        let through = &totals["acked_through"];
        Ok(through.as_u64().or(through.as_str().and_then(|n| n.parse().ok())))
    }

    pub async fn cloud_books(&self, shop: &Shop) -> Result<Books> {
        let totals = self.hq.json(&format!("/api/v1/stores/{}/totals", shop.id)).await?;
        let mut stock: Vec<Value> = Vec::new();
        loop {
            let after = escaped(stock.last().and_then(|row| row["sku"].as_str()).unwrap_or_default());
            let page =
                self.hq.json(&format!("/api/v1/stores/{}/stock?limit=500&after={after}", shop.id)).await?;
            let rows = page.as_array().context("HQ's stock is a list")?;
            stock.extend(rows.iter().cloned());
            if rows.len() < 500 {
                return Books::of_cloud(&totals, &stock);
            }
        }
    }

    async fn all_agree(&self, shop: &Shop) -> Result<()> {
        let hub = shop.books().await?;
        self.reconcile(shop, &hub).await?;
        let transactions = shop.transactions().await?;
        let dates = transactions.iter().filter_map(|row| row["view"]["business_date"].as_str());
        let (Some(from), Some(to)) = (dates.clone().min(), dates.max()) else { return Ok(()) };
        let path = format!("/api/v1/reports/sales?from={from}&to={to}");
        let report = shop.page.json(&path).await?;
        ensure!(report["shifts"]["agrees_with_z"] != false, "the Zs say something else: {report}");
        let mut counted = report["shifts"]["z_gross_minor"].as_i64().context("gross of the Zs")?;
        for till in 0..shop.tills.len() {
            counted += self.open_turnover(shop, till).await?;
        }
        ensure!(report["all"]["gross_minor"] == counted, "Zs and X reports come to {counted}: {report}");
        if transactions.len() <= PAPERS_MAX && shop.starts == 1 {
            shop.is_on_paper(&transactions).await?;
        }
        Ok(())
    }

    /// What the X report of a till's open shift says was turned over; nothing where none is open.
    async fn open_turnover(&self, shop: &Shop, till: usize) -> Result<i64> {
        match self.ask(shop, till, "x-report", STAFF, &[]).await {
            Ok(x) => {
                let row = x.lines().find_map(|line| line.strip_prefix("turnover")).context("no turnover")?;
                let amount = row.split_whitespace().next().context("no amount")?;
                Ok(amount.replace('.', "").parse()?)
            }
            Err(error) if error.to_string().contains("HF-CMD-110") => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Tills, hub and HQ must tell the same.
    pub async fn reconcile(&self, shop: &Shop, tills: &Books) -> Result<()> {
        self.drained(shop).await?;
        let comparison = compare(tills, &shop.books().await?, &self.cloud_books(shop).await?);
        ensure!(comparison.equal(), "the books differ:\n{}", comparison.table(&shop.name));
        Ok(())
    }

    /// Ends everything, but first each store's paper, stock, X reports, Zs and HQ must say the same of what was done there.
    pub async fn stop(self, shops: impl IntoIterator<Item = Shop>) -> Result<()> {
        self.wan.restore();
        let shops: Vec<Shop> = shops.into_iter().collect();
        for shop in &shops {
            self.all_agree(shop).await.with_context(|| format!("what is known of {}", shop.name))?;
        }
        self.end(shops).await
    }

    /// Ends everything as it is: of a store whose history forked HQ knows more than its hub.
    pub async fn end(self, shops: impl IntoIterator<Item = Shop>) -> Result<()> {
        for shop in shops {
            shop.hub.stop().await?;
        }
        self.cloud.stop().await
    }
}

impl Shop {
    pub async fn books(&self) -> Result<Books> {
        Books::read(&self.page.json("/api/v1/reconciliation").await?)
    }

    /// Whether each transaction that comes with a paper has one that bears its number.
    async fn is_on_paper(&self, transactions: &[Value]) -> Result<()> {
        let on_paper = |kind: &str| !matches!(kind, "cancelled" | "abandoned");
        let wanted = transactions.iter().filter(|row| row["view"]["kind"].as_str().is_some_and(on_paper));
        let wanted: Vec<&str> = wanted.filter_map(|row| row["view"]["receipt"].as_str()).collect();
        let folder = self.data.join("paper");
        until("every receipt is on paper", async || {
            let papers = printed(&folder)?;
            let has =
                |number: &&str| papers.iter().any(|paper| paper.contains(&format!("Receipt {number} ")));
            Ok(wanted.iter().all(has))
        })
        .await
    }

    /// Every transaction that the hub has, newest first.
    pub async fn transactions(&self) -> Result<Vec<Value>> {
        let mut all: Vec<Value> = Vec::new();
        let mut path = "/api/v1/transactions?limit=500".to_owned();
        loop {
            let page = self.page.json(&path).await?;
            all.extend(page["transactions"].as_array().context("a page of transactions")?.clone());
            match page["next_before_seq"].as_u64() {
                Some(before) => path = format!("/api/v1/transactions?limit=500&before_seq={before}"),
                None => return Ok(all),
            }
        }
    }
}

/// Waits for something to come true, and says what did not.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + SOON;
    loop {
        let answer = holds().await;
        if matches!(answer, Ok(true)) {
            return Ok(());
        }
        if Instant::now() >= end {
            answer.with_context(|| format!("waiting until {what}"))?;
            anyhow::bail!("it did not come true within {SOON:?} that {what}");
        }
        sleep(POLL).await;
    }
}

pub fn json(file: &Path) -> Result<Value> {
    let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
    Ok(serde_json::from_slice(&bytes)?)
}

pub fn text(path: &Path) -> Result<&str> {
    path.to_str().context("paths of tests are UTF-8")
}

pub fn value(printed: &str, word: &str) -> Result<String> {
    printed_value(printed, word).with_context(|| format!("no line `{word} …` in:\n{printed}"))
}

fn url(ready: &Value, name: &str) -> Result<String> {
    let address = ready[name].as_str().with_context(|| format!("the ready file has no `{name}`"))?;
    Ok(if address.contains("://") { address.to_owned() } else { format!("{name}://{address}") })
}

/// A port that stays free while a hub that has it is down, for it must be found again where its tills know it. It is below
/// those that a system gives out by itself, and no other test of this process gets it.
fn free_port() -> Result<u16> {
    const FIRST: u32 = 10_240;
    const COUNT: u32 = 20_000;
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    // Each process begins elsewhere.
    let begin = std::process::id().wrapping_mul(7_919);
    for _ in 0..COUNT {
        let port = FIRST + begin.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = u16::try_from(port)?;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    anyhow::bail!("no port is free")
}

/// What the simulated printer put on paper.
pub fn printed(folder: &Path) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "txt") {
                texts.push(std::fs::read_to_string(&path)?);
            }
        }
    }
    Ok(texts)
}
