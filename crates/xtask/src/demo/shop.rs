//! One store of the demo, set up with the same commands that an installer types.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::catalog;
use super::counter::{Counter, Means};
use holdfast_testkit::books::Books;
use holdfast_testkit::http::{Server, escaped};
use holdfast_testkit::programs::{Program, Programs, printed_value};

/// Where the hub answers with its books.
pub const HUB_BOOKS: &str = "/api/v1/reconciliation";

/// A free port of this machine.
pub const ANY_PORT: &str = "127.0.0.1:0";

/// Rows of one page of HQ's stock.
const STOCK_ROWS: usize = 500;

/// Customers a second at each till: enough to see, and far from what a hub can take.
const RATE: &str = "2";

/// What a store is at HQ.
#[derive(Debug)]
pub struct Plan {
    /// The name of its folder and logs.
    pub key: &'static str,
    pub name: &'static str,
    pub currency: &'static str,
    pub time_zone: &'static str,
    pub prices_include_tax: &'static str,
    pub means: Means,
    legal_name: &'static str,
    address: &'static str,
    tax_id: &'static str,
}

/// Three stores that share neither time zone nor currency nor what takes money electronically.
pub const PLANS: [Plan; 3] = [
    Plan {
        key: "vienna",
        name: "Naschmarkt",
        currency: "EUR",
        time_zone: "Europe/Vienna",
        prices_include_tax: "true",
        means: Means::ThreeTerminals,
        legal_name: "Holdfast Demo Lebensmittel GmbH",
        address: "Linke Wienzeile 4, 1060 Wien",
        tax_id: "ATU00000000",
    },
    Plan {
        key: "new-york",
        name: "Hudson Corner",
        currency: "USD",
        time_zone: "America/New_York",
        prices_include_tax: "false",
        means: Means::TwoGateways,
        legal_name: "Holdfast Demo Grocers Inc.",
        address: "310 Hudson Street, New York, NY 10013",
        tax_id: "00-0000000",
    },
    Plan {
        key: "sao-paulo",
        name: "Liberdade",
        currency: "BRL",
        time_zone: "America/Sao_Paulo",
        prices_include_tax: "true",
        means: Means::QrCodes,
        legal_name: "Holdfast Demo Mercearia Ltda.",
        address: "Praca da Liberdade 100, Sao Paulo",
        tax_id: "00.000.000/0000-00",
    },
];

/// The store whose only till is the one in the browser of whoever looks at the demo.
pub const YOURS: Plan = Plan {
    key: "yours",
    name: "Your shop",
    currency: "EUR",
    time_zone: "Europe/Vienna",
    prices_include_tax: "true",
    means: Means::ThreeTerminals,
    legal_name: "Holdfast Demo Greisslerei OG",
    address: "Am Markt 1, 1060 Wien",
    tax_id: "ATU00000001",
};

/// Staff of every demo store: number, name, role, PIN. The last one, a manager, may do everything and works the tills.
pub const STAFF: [(&str, &str, &str, &str); 4] = [
    ("101", "Anna", "cashier", "4711"),
    ("102", "Ben", "cashier", "4712"),
    ("103", "Carla", "cashier", "4713"),
    ("201", "Maria", "manager", "8642"),
];

/// What the customers of a store pay with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaidWith<'a> {
    CashOnly,
    /// Cash, and at devices that are programs of their own.
    Devices,
    /// Cash, and at devices that the hub plays itself, as its defaults are; the web till is served from this folder.
    Played {
        till_app: &'a Path,
    },
}

/// A running store.
#[derive(Debug)]
pub struct Shop {
    pub plan: &'static Plan,
    pub id: String,
    pub hub: Program,
    /// The hub's page on loopback.
    pub page: Server,
    pub page_url: String,
    folder: PathBuf,
    tills: Vec<PathBuf>,
    selling: Option<Program>,
    /// How its hub is started again where it was.
    serve: Vec<String>,
    /// What takes money electronically; none where only cash is taken.
    pub counter: Option<Counter>,
    /// Where the tills wrote what was acknowledged, round by round.
    reports: Vec<PathBuf>,
}

impl Shop {
    /// Adds the store at HQ, provisions its hub, starts it at these addresses for MQTT and HTTPS with its devices, and pairs
    /// its tills.
    pub async fn open(
        programs: &Programs,
        plan: &'static Plan,
        folder: &Path,
        cloud_data: &Path,
        hq_url: &str,
        (tills, paid_with): (usize, PaidWith<'_>),
        [mqtt, https]: [&str; 2],
    ) -> Result<Self> {
        let folder = folder.join(plan.key);
        let hub_data = folder.join("hub");
        fs::create_dir_all(&folder)?;
        let (cloud_data, hub) = (text(cloud_data)?, text(&hub_data)?);

        let Plan { name, currency, time_zone, prices_include_tax, legal_name, address, tax_id, .. } = plan;
        let mut store = vec!["store", "add", "--data", cloud_data, "--name", name, "--currency", currency];
        store.extend([
            "--timezone",
            time_zone,
            "--cutover",
            "04:00",
            "--prices-include-tax",
            prices_include_tax,
        ]);
        store.extend(["--legal-name", legal_name, "--address", address, "--tax-id", tax_id]);
        let output = programs.command("holdfast-cloud", &store, None).await?;
        let (id, claim) = (printed(&output, &["store"])?, printed(&output, &["claim-code", "claim"])?);

        let provision = ["provision", "--data", hub, "--cloud", hq_url, "--claim", &claim, "--name", name];
        programs.command("holdfast-hub", &provision, None).await?;
        let ready = folder.join("hub-ready.json");
        let serve =
            ["serve", "--data", hub, "--mqtt", mqtt, "--https", https, "--http", ANY_PORT, "--ready-file"];
        let counter = match paid_with {
            PaidWith::CashOnly | PaidWith::Played { .. } => None,
            PaidWith::Devices => Some(Counter::open(programs, plan, &folder).await?),
        };
        let settings = match (&counter, paid_with) {
            (Some(counter), _) => Some(counter.settings.clone()),
            (None, PaidWith::Played { till_app }) => Some(with_app(&folder, till_app)?),
            (None, _) => None,
        };
        let settings = match &settings {
            Some(settings) => vec!["--config", text(settings)?],
            None => Vec::new(),
        };
        let mut serving = programs.start(
            &format!("{}-hub", plan.key),
            "holdfast-hub",
            &[serve.as_slice(), &[text(&ready)?], &settings].concat(),
        )?;
        let addresses = serving.ready(&ready).await?;
        let (https, page_url) = (url(&addresses, "https")?, url(&addresses, "http")?);
        let mut again = vec!["serve".to_owned(), "--data".to_owned(), hub.to_owned()];
        for (option, name) in [("--mqtt", "mqtt"), ("--https", "https"), ("--http", "http")] {
            let address = url(&addresses, name)?;
            let address = address.split_once("://").map_or(address.as_str(), |(_, address)| address);
            again.extend([option.to_owned(), address.to_owned()]);
        }
        again.extend(settings.iter().map(|part| (*part).to_owned()));

        for (number, person, role, pin) in STAFF {
            let add = [
                "staff",
                "add",
                "--data",
                hub,
                "--number",
                number,
                "--name",
                person,
                "--role",
                role,
                "--pin-stdin",
            ];
            programs.command("holdfast-hub", &add, Some(pin)).await?;
        }
        let file = folder.join("catalog.csv");
        fs::write(&file, catalog::csv())?;
        programs.command("holdfast-hub", &["import", "catalog", "--data", hub, text(&file)?], None).await?;

        let mut paired = Vec::new();
        for number in 1..=tills {
            let till = folder.join(format!("till-{number}"));
            let name = format!("Till {number}");
            let output =
                programs.command("holdfast-hub", &["pair", "--data", hub, "--name", &name], None).await?;
            let code = printed(&output, &["pairing-code", "code"])?;
            let pair = ["pair", "--data", text(&till)?, "--hub", &https, "--code", &code];
            programs.command("holdfast-terminal", &pair, None).await?;
            paired.push(till);
        }
        let page = Server::at(&page_url)?;
        let (_, _, _, pin) = STAFF[STAFF.len() - 1];
        fs::write(folder.join("pin"), pin)?;
        Ok(Self {
            plan,
            id,
            hub: serving,
            page,
            page_url,
            folder,
            tills: paired,
            selling: None,
            serve: again,
            counter,
            reports: Vec::new(),
        })
    }

    /// Starts the hub again at the addresses that it had.
    pub async fn restart(&mut self, programs: &Programs) -> Result<()> {
        let ready = self.folder.join("hub-ready-again.json");
        if ready.exists() {
            fs::remove_file(&ready)?;
        }
        let mut serve: Vec<&str> = self.serve.iter().map(String::as_str).collect();
        serve.extend(["--ready-file", text(&ready)?]);
        let mut hub = programs.start(&format!("{}-hub-again", self.plan.key), "holdfast-hub", &serve)?;
        hub.ready(&ready).await?;
        self.hub = hub;
        Ok(())
    }

    /// The address at which a browser is a till of this store from the first moment. It holds for ten minutes, once.
    pub async fn till_address(&self, programs: &Programs) -> Result<String> {
        let hub = self.folder.join("hub");
        let pair = ["pair", "--data", text(&hub)?, "--name", "Web till"];
        let output = programs.command("holdfast-hub", &pair, None).await?;
        let code = printed(&output, &["pairing-code", "code"])?;
        Ok(format!("{}/till/#pair={code}", self.page_url))
    }

    /// What the hub wrote.
    pub async fn hub_books(&self) -> Result<Books> {
        Books::read(&self.page.json(HUB_BOOKS).await?)
    }

    /// HQ's sums of this store, without its stock.
    pub async fn cloud_totals(&self, hq: &Server) -> Result<Value> {
        hq.json(&format!("/api/v1/stores/{}/totals", self.id)).await
    }

    /// What HQ holds.
    pub async fn cloud_books(&self, hq: &Server) -> Result<Books> {
        let totals = self.cloud_totals(hq).await?;
        let mut stock: Vec<Value> = Vec::new();
        loop {
            let after = stock.last().and_then(|row| row["sku"].as_str()).unwrap_or_default();
            let path =
                format!("/api/v1/stores/{}/stock?limit={STOCK_ROWS}&after={}", self.id, escaped(after));
            let page = hq.json(&path).await?;
            let rows = page.as_array().context("HF-DEMO-008: HQ's stock is not a list")?;
            stock.extend(rows.iter().cloned());
            if rows.len() < STOCK_ROWS {
                return Books::of_cloud(&totals, &stock);
            }
        }
    }

    /// What the tills saw acknowledged, over all rounds.
    ///
    /// # Errors
    /// HF-DEMO-008 when a round left no report or one that cannot be read.
    pub fn till_books(&self) -> Result<Books> {
        let mut sum: Option<Books> = None;
        for path in &self.reports {
            let report = fs::read(path)
                .with_context(|| format!("HF-DEMO-008: the tills left no report in {}", path.display()))?;
            let books =
                Books::read(&serde_json::from_slice(&report).context("HF-DEMO-008: the tills' report")?)?;
            sum = Some(match sum {
                Some(sum) => sum.plus(&books)?,
                None => books,
            });
        }
        sum.context("HF-DEMO-008: the tills never sold")
    }

    /// Transactions that the tills saw acknowledged so far.
    pub fn acknowledged(&self) -> Option<i64> {
        self.till_books().ok().map(|books| books.figure("transactions"))
    }

    /// Starts a round of the tills: one process that drives all of them, and closes their shifts half-way.
    pub fn start_tills(&mut self, programs: &Programs, time: Duration) -> Result<()> {
        let report = self.folder.join(format!("tills-{}.json", self.reports.len() + 1));
        let (seconds, manager) = (time.as_secs().to_string(), STAFF[STAFF.len() - 1]);
        let pin = self.folder.join("pin");
        let mut load = vec!["load", "--staff", manager.0, "--pin-file", text(&pin)?, "--rate", RATE];
        for till in &self.tills {
            load.extend(["--data", text(till)?]);
        }
        load.extend(["--seconds", &seconds, "--report", text(&report)?]);
        if self.counter.is_some() {
            load.extend(["--electronic", self.plan.means.tender()]);
        }
        let name = format!("{}-tills", self.plan.key);
        self.selling = Some(programs.start(&name, "holdfast-terminal", &load)?);
        self.reports.push(report);
        Ok(())
    }

    /// Whether the tills' round is over.
    ///
    /// # Errors
    /// HF-DEMO-002 when they ended otherwise than by themselves.
    pub fn tills_are_done(&mut self) -> Result<bool> {
        match &mut self.selling {
            Some(selling) => selling.is_done(),
            None => Ok(true),
        }
    }

    /// Asks the tills to stop and waits for their last answers.
    pub async fn stop_tills(&mut self) -> Result<()> {
        match self.selling.take() {
            Some(selling) => selling.stop().await,
            None => Ok(()),
        }
    }
}

/// Settings that add the web till to the defaults.
fn with_app(folder: &Path, app: &Path) -> Result<PathBuf> {
    let settings = folder.join("hub.toml");
    fs::write(&settings, format!("[till_app]\nfolder = {:?}\n", text(app)?))?;
    Ok(settings)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))
}

/// The value of the first of these words that a command printed.
fn printed(printed: &str, words: &[&str]) -> Result<String> {
    words.iter().find_map(|word| printed_value(printed, word)).with_context(|| {
        format!("HF-DEMO-005: no line `{} …` was printed, but:\n{printed}", words.join(" …` or `"))
    })
}

/// An address of a ready file as a URL.
pub fn url(ready: &Value, name: &str) -> Result<String> {
    let address =
        ready[name].as_str().with_context(|| format!("HF-DEMO-008: the ready file has no `{name}`"))?;
    Ok(if address.contains("://") { address.to_owned() } else { format!("{name}://{address}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_command_prints_for_programs_is_found_between_lines_for_people() {
        let text = "checking the clock … ok\nstore 018f\nclaim-code AB-CD\nstored elsewhere\n";
        assert_eq!(printed(text, &["store"]).expect("printed"), "018f");
        assert_eq!(printed(text, &["claim", "claim-code"]).expect("printed"), "AB-CD");
        assert!(printed(text, &["pairing-code"]).is_err());
        assert!(printed("claim-code AB", &["claim-code"]).is_err(), "the line is not whole yet");
    }

    #[test]
    fn addresses_become_urls() {
        let ready = json!({"http": "http://127.0.0.1:1", "https": "127.0.0.1:2"});
        assert_eq!(url(&ready, "http").expect("there"), "http://127.0.0.1:1");
        assert_eq!(url(&ready, "https").expect("there"), "https://127.0.0.1:2");
        assert!(url(&ready, "mqtt").is_err());
    }
}
