//! The local channel: how the console of this machine talks to the hub that serves, over a Unix socket that only the data
//! folder's owner can open. One request a connection: a line of JSON, for an import followed by the file's bytes; the
//! answer is a line of JSON.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::State;
use holdfast_domain::bounded::{Label, PriceGroup, TaxClass};
use holdfast_domain::catalog::{Catalog, PriceBook};
use holdfast_domain::command::HubCommand;
use holdfast_domain::staff::{
    Authority, CashLimit, Limits, OwnRole, Permission, Role, RoleNumber, StaffNumber,
};
use holdfast_domain::tax::TaxTable;
use holdfast_domain::tender::TenderType;
use holdfast_money::{Currency, Decimal, Money, Rate};
use holdfast_protocol::chain_hash;
use holdfast_protocol::wire::plain;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::catalogs;
use crate::clock::Machine;
use crate::console::{activate_catalog, register_staff, with_state};
use crate::error::HubError;
use crate::export::{self, Sending};
use crate::folder::DataFolder;
use crate::http::{App, enrol_code};
use crate::identity::Identity;
use crate::import::{self, Mapping};
use crate::people;
use crate::recovery::backup;
use crate::recovery::standing::LastBackup;
use crate::subjects::desk::{self, SubjectAsk, SubjectTold};
use crate::verify::{self, Carried, Evidence, JournalVerdict};

/// Bytes of a request's line.
const LINE_BYTES_MAX: u64 = 64 * 1024;
/// Bytes of an answer: a list of bad rows.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Long answers that go out at once.
const LONG_ANSWERS_MAX: usize = 2;
/// How long one exchange may take: an import of the largest file, or the verification of years of journal.
const EXCHANGE_WITHIN: Duration = Duration::from_secs(600);

/// What the console asks for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    AddStaff {
        number: u32,
        name: String,
        #[serde(with = "plain")]
        role: Role,
        pin: Zeroizing<String>,
    },
    ImportCatalog {
        name: String,
        bytes: u64,
        map: Vec<String>,
        skip_bad_rows: bool,
    },
    /// Price lists, promotions and in-store codes, in place of those there are; the products stay.
    ImportBook {
        name: String,
        bytes: u64,
    },
    /// Taxes in place of the profile's plain rates.
    ImportTaxes {
        name: String,
        bytes: u64,
    },
    Pair {
        name: String,
    },
    Tenders {},
    SetTenders {
        #[serde(with = "plain")]
        types: Vec<TenderType>,
    },
    Status {},
    Verify {
        evidence: Vec<Carried>,
    },
    Export {
        from_seq: u64,
    },
    /// `also` is whom the backup is sealed for beside the recovery code: the console, which reads it back.
    Backup {
        also: String,
    },
    BackupKept {
        backup: LastBackup,
    },
    NewRecoveryCode {},
    RejoinVault {
        code: Zeroizing<String>,
    },
    Subject(SubjectAsk),
    DefineRole(RoleAsk),
}

/// A role of the store's own as it is typed; its amount is in the store's currency.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleAsk {
    pub number: u16,
    pub name: String,
    #[serde(with = "plain")]
    pub permissions: Vec<Permission>,
    #[serde(with = "plain")]
    pub line_discount: Rate,
    #[serde(with = "plain")]
    pub basket_discount: Rate,
    /// None for as much as the drawer holds.
    #[serde(with = "plain")]
    pub cash_refund: Option<Decimal>,
}

impl RoleAsk {
    /// The role that is meant in a store of this currency.
    ///
    /// # Errors
    /// HF-HUB-031.
    pub(crate) fn role(&self, currency: Currency) -> Result<OwnRole, HubError> {
        let what = "largest cash refund";
        let up_to = |amount| Money::new(amount, currency).map(CashLimit::UpTo);
        let cash_refund = self.cash_refund.map_or(Ok(CashLimit::Unlimited), up_to);
        let cash_refund = cash_refund.map_err(|source| HubError::Name { what, source: source.into() })?;
        let (line_discount, basket_discount) = (self.line_discount, self.basket_discount);
        let limits = Limits { line_discount, basket_discount, cash_refund };
        let authority = Authority { permissions: self.permissions.iter().copied().collect(), limits };
        Ok(OwnRole { number: RoleNumber(self.number), name: label("name", &self.name)?, authority })
    }
}

/// The store's currency.
pub(crate) fn currency(state: &holdfast_domain::State) -> Currency {
    state.profile.as_ref().map_or(Currency::EUR, |profile| profile.currency)
}

/// What the hub answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    StaffAdded {
        staff: String,
    },
    Imported(Imported),
    Code {
        code: String,
        fingerprint: String,
        https: String,
    },
    Tenders {
        #[serde(with = "plain")]
        types: Vec<TenderType>,
    },
    BookImported {
        version: u64,
        lists: usize,
        promotions: usize,
    },
    TaxesImported {
        entries: usize,
    },
    Status(serde_json::Value),
    Verified {
        text: String,
        intact: bool,
    },
    Exported {},
    BackupSent {},
    RecoveryCode {
        code: Zeroizing<String>,
    },
    Noted {},
    Subject(SubjectTold),
    Refused {
        text: String,
    },
}

/// What became of an import.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Imported {
    /// Every bad row, as a person reads it.
    pub bad_rows: Vec<String>,
    pub products: usize,
    /// The new version; none when nothing was imported, and then `refusal` says why.
    pub version: Option<u64>,
    pub refusal: Option<String>,
}

/// Asks the hub that serves from a folder.
///
/// # Errors
/// HF-HUB-025 when it does not answer.
pub async fn ask(folder: &DataFolder, ask: &Ask, file: &[u8]) -> Result<Told, HubError> {
    let failed = |source: std::io::Error| HubError::Channel { source: source.into() };
    let exchange = async {
        let mut stream = UnixStream::connect(folder.socket()).await?;
        let mut line = Zeroizing::new(serde_json::to_vec(ask)?);
        line.push(b'\n');
        stream.write_all(&line).await?;
        stream.write_all(file).await?;
        stream.shutdown().await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(serde_json::from_slice(&answer)?)
    };
    let over = |_| HubError::Channel { source: "it took too long".into() };
    timeout(EXCHANGE_WITHIN, exchange).await.map_err(over)?.map_err(failed)
}

/// Opens the channel. The future serves it until it is dropped.
///
/// # Errors
/// HF-HUB-003.
pub(crate) fn listen(
    folder: &DataFolder,
    app: Arc<App>,
) -> Result<impl Future<Output = ()> + use<>, HubError> {
    let path = folder.socket();
    match std::fs::remove_file(&path) {
        Ok(()) => {}
        // Left behind by a process that was killed; the folder's lock says that it is not there any more.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(HubError::file("remove", &path)(error)),
    }
    let listener = UnixListener::bind(&path).map_err(HubError::file("listen at", &path))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
        .map_err(HubError::file("protect", &path))?;
    Ok(async move {
        // One exchange after another: the console is one person. Long answers go out beside them.
        let mut long_answers = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                Some(_) = long_answers.join_next() => continue,
            };
            match accepted {
                Ok((stream, _)) => match timeout(EXCHANGE_WITHIN, exchange(&app, stream)).await {
                    Ok(None) => {}
                    Ok(Some(long)) if long_answers.len() < LONG_ANSWERS_MAX => {
                        long_answers.spawn(answer_at_length(Arc::clone(&app), long));
                    }
                    Ok(Some(_)) => tracing::warn!("too many long answers on the local channel at once"),
                    Err(_) => tracing::warn!("an exchange on the local channel took too long"),
                },
                Err(error) => {
                    tracing::warn!(%error, "the local channel cannot accept");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    })
}

/// A question whose answer is a whole file.
struct Long {
    stream: UnixStream,
    file: LongFile,
}

#[derive(Debug, Clone)]
enum LongFile {
    Export { from_seq: u64 },
    Backup { also: String },
}

async fn answer_at_length(app: Arc<App>, Long { stream, file }: Long) {
    let what = if matches!(file, LongFile::Backup { .. }) { "backup" } else { "export" };
    let sent = Sending::run(stream, move |out| {
        let not_provisioned = || HubError::NotProvisioned { path: app.folder.root().into() };
        let identity = Identity::read(&app.folder)?.ok_or_else(not_provisioned)?;
        match file {
            LongFile::Export { from_seq } => {
                export::write(&app.reader, &identity, from_seq, out)?;
                Ok(Told::Exported {})
            }
            LongFile::Backup { also } => {
                let unreadable = |problem: &str| HubError::Request { problem: problem.to_owned() };
                let also = also.parse().map_err(unreadable)?;
                let catalog = with_state(app.state.as_ref(), |state| state.catalog_hash);
                backup::write(&app.folder, &identity, &app.reader, catalog, Some(&also), out)?;
                Ok(Told::BackupSent {})
            }
        }
    });
    match sent.await {
        Ok(()) => tracing::info!(what, "the journal went out in one file"),
        Err(error) => tracing::warn!(what, %error, "the journal went out in part only"),
    }
}

/// Answers, or says which question takes a long answer.
async fn exchange(app: &Arc<App>, mut stream: UnixStream) -> Option<Long> {
    let told = match read(&mut stream).await {
        Ok((Ask::Export { from_seq }, _)) => {
            return Some(Long { stream, file: LongFile::Export { from_seq } });
        }
        Ok((Ask::Backup { also }, _)) => return Some(Long { stream, file: LongFile::Backup { also } }),
        Ok((ask, file)) => {
            carry_out(app, ask, file).await.unwrap_or_else(|error| Told::Refused { text: error.chain() })
        }
        Err(error) => Told::Refused { text: HubError::Request { problem: error.to_string() }.to_string() },
    };
    let answer = serde_json::to_vec(&told).expect("answers have a JSON form");
    if let Err(error) = stream.write_all(&answer).await {
        tracing::debug!(%error, "the console went away before its answer");
    }
    None
}

async fn read(stream: &mut UnixStream) -> std::io::Result<(Ask, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut line = Zeroizing::new(Vec::new());
    (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
    let ask: Ask = serde_json::from_slice(&line)?;
    let mut file = Vec::new();
    if let Ask::ImportCatalog { bytes, .. } | Ask::ImportBook { bytes, .. } | Ask::ImportTaxes { bytes, .. } =
        &ask
    {
        if *bytes > import::FILE_BYTES_MAX {
            return Err(std::io::Error::other("the file is too large"));
        }
        reader.take(*bytes).read_to_end(&mut file).await?;
        if file.len() as u64 != *bytes {
            return Err(std::io::Error::other("the file did not arrive whole"));
        }
    }
    Ok((ask, file))
}

async fn carry_out(app: &Arc<App>, ask: Ask, file: Vec<u8>) -> Result<Told, HubError> {
    match ask {
        Ask::AddStaff { number, name, role, pin } => {
            add_staff(app, StaffNumber(number), &name, role, pin).await
        }
        Ask::ImportCatalog { name, map, skip_bad_rows, .. } => {
            import(app, name, map, skip_bad_rows, file).await
        }
        Ask::ImportBook { name, .. } => import_book(app, name, file).await,
        Ask::ImportTaxes { name, .. } => {
            let table: TaxTable = import::read_json(&name, "tax table", &file)?;
            let entries = table.entries.len();
            let command = HubCommand::ConfigureTaxes { table: Box::new(table) };
            app.ledger.hub_command(command).await.map_err(crate::http::of_ledger)?;
            Ok(Told::TaxesImported { entries })
        }
        Ask::Pair { name } => {
            let code = enrol_code(app, &label("till's name", &name)?)?;
            let https = crate::cli::reachable(app.addresses.https);
            Ok(Told::Code { code, fingerprint: app.authority.fingerprint(), https })
        }
        Ask::Tenders {} => Ok(Told::Tenders { types: with_state(app.state.as_ref(), State::tender_types) }),
        Ask::SetTenders { types } => {
            let command = HubCommand::ConfigureTenders { types: types.clone() };
            app.ledger.hub_command(command).await.map_err(crate::http::of_ledger)?;
            Ok(Told::Tenders { types })
        }
        Ask::Status {} => Ok(Told::Status(crate::http::status_json(app).await)),
        Ask::Verify { evidence } => {
            let (reader, store) = (app.reader.clone(), app.store);
            let evidence = Evidence::arrived(evidence)?;
            let verified = on_blocking(move || {
                verify::verdict(&reader.verify(chain_hash)?, Some(&reader), store, &evidence)
            });
            let JournalVerdict { text, intact } = verified.await?;
            Ok(Told::Verified { text, intact })
        }
        // They were taken aside before, because their answers are long.
        Ask::Export { .. } | Ask::Backup { .. } => {
            Err(HubError::Request { problem: "a file is not sent from here".into() })
        }
        Ask::BackupKept { backup } => {
            let keeping = Arc::clone(app);
            on_blocking(move || keeping.recovery.note_backup(backup)).await?;
            Ok(Told::Noted {})
        }
        Ask::NewRecoveryCode {} => {
            let minting = Arc::clone(app);
            let code = on_blocking(move || minting.recovery.new_code()).await?;
            Ok(Told::RecoveryCode { code })
        }
        Ask::RejoinVault { code } => {
            app.recovery.rejoin(&code).await?;
            desk::reload(app).await?;
            Ok(Told::Noted {})
        }
        Ask::Subject(ask) => desk::carry_out(app, ask).await.map(Told::Subject),
        Ask::DefineRole(ask) => {
            let currency = with_state(app.state.as_ref(), currency);
            let role = ask.role(currency)?;
            app.ledger.hub_command(HubCommand::DefineRole { role }).await.map_err(crate::http::of_ledger)?;
            Ok(Told::Noted {})
        }
    }
}

/// A name that was typed.
///
/// # Errors
/// HF-HUB-031.
pub(crate) fn label(what: &'static str, text: &str) -> Result<Label, HubError> {
    if holdfast_pan::holds_pan(text) {
        return Err(HubError::Name { what, source: "it looks like a card's number".into() });
    }
    Label::new(text).map_err(|source| HubError::Name { what, source: source.into() })
}

/// A price group that was typed.
///
/// # Errors
/// HF-HUB-031.
pub(crate) fn price_group(text: &str) -> Result<PriceGroup, HubError> {
    PriceGroup::new(text).map_err(|source| HubError::Name { what: "group", source: source.into() })
}

pub(crate) async fn on_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HubError> + Send + 'static,
) -> Result<T, HubError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|source| HubError::Unavailable { source: source.into() })?
}

async fn add_staff(
    app: &Arc<App>,
    number: StaffNumber,
    name: &str,
    role: Role,
    pin: Zeroizing<String>,
) -> Result<Told, HubError> {
    let name = label("name", name)?;
    people::check_form(&pin)?;
    let (staff, command) = with_state(app.state.as_ref(), |state| register_staff(state, number, role));
    app.ledger.hub_command(command).await.map_err(crate::http::of_ledger)?;
    let writing = Arc::clone(app);
    on_blocking(move || writing.people.put(staff, number, &name, &pin)).await?;
    Ok(Told::StaffAdded { staff: staff.to_string() })
}

async fn import(
    app: &Arc<App>,
    name: String,
    map: Vec<String>,
    skip_bad_rows: bool,
    file: Vec<u8>,
) -> Result<Told, HubError> {
    let classes = with_state(app.state.as_ref(), tax_classes);
    let book = app.catalog.borrow().book().clone();
    let writing = Arc::clone(app);
    let prepared = on_blocking(move || {
        let (told, products) = read_sheet(&name, &file, &map, &classes, skip_bad_rows)?;
        let Some(products) = products else { return Ok((told, None)) };
        Ok((told, Some(prepare(&writing, &products, &book)?)))
    });
    let (mut told, prepared) = prepared.await?;
    if let Some(prepared) = prepared {
        told.version = Some(activate(app, prepared).await?);
    }
    Ok(Told::Imported(told))
}

async fn import_book(app: &Arc<App>, name: String, file: Vec<u8>) -> Result<Told, HubError> {
    let (catalog, writing) = (Arc::clone(&app.catalog.borrow()), Arc::clone(app));
    let prepared = on_blocking(move || {
        let book: PriceBook = import::read_json(&name, "price book", &file)?;
        let products: Vec<_> = catalog.products().cloned().collect();
        prepare(&writing, &products, &book)
    });
    let prepared = prepared.await?;
    let book = prepared.1.book();
    let (lists, promotions) = (book.lists.len(), book.promotions.len());
    Ok(Told::BookImported { version: activate(app, prepared).await?, lists, promotions })
}

/// A version that is on disk and not active yet.
pub(crate) type Prepared = ([u8; 32], Arc<Catalog>);

/// Writes the next version of the catalog.
pub(crate) fn prepare(
    app: &App,
    products: &[holdfast_domain::catalog::Product],
    book: &PriceBook,
) -> Result<Prepared, HubError> {
    let hash = catalogs::write(&app.folder, products, book)?;
    let known = with_state(app.state.as_ref(), |state| state.catalog_version);
    let version = known.max(app.catalog.borrow().version()) + 1;
    Ok((hash, Arc::new(catalogs::read(&app.folder, &hash, version)?)))
}

async fn activate(app: &App, (hash, catalog): Prepared) -> Result<u64, HubError> {
    let (version, products) = (catalog.version(), catalog.products().len());
    let started_ms = Machine.now_ms();
    let command = activate_catalog(hash, products);
    app.ledger.activate_catalog(catalog, command).await.map_err(crate::http::of_ledger)?;
    tracing::info!(version, products, took_ms = Machine.now_ms() - started_ms, "a catalog was imported");
    Ok(version)
}

/// The tax classes that the store has rules for.
pub(crate) fn tax_classes(state: &holdfast_domain::State) -> Vec<TaxClass> {
    match &state.taxes {
        Some(table) => table.entries.iter().map(|entry| entry.class.clone()).collect(),
        None => {
            state.profile.iter().flat_map(|profile| &profile.taxes).map(|rule| rule.class.clone()).collect()
        }
    }
}

/// Reads a file and says what became of its rows; the products are there when they may be taken over.
///
/// # Errors
/// HF-IMP-… for a file that cannot be read at all.
pub(crate) fn read_sheet(
    name: &str,
    file: &[u8],
    map: &[String],
    classes: &[TaxClass],
    skip_bad_rows: bool,
) -> Result<(Imported, Option<Vec<holdfast_domain::catalog::Product>>), HubError> {
    let sheet = import::read(name, file, &Mapping::parse(map)?, classes)?;
    let bad_rows = sheet.bad.iter().map(ToString::to_string).collect();
    Ok(match sheet.accept(skip_bad_rows) {
        Ok(products) => {
            let told = Imported { bad_rows, products: products.len(), version: None, refusal: None };
            (told, Some(products))
        }
        Err(refusal) => {
            (Imported { bad_rows, refusal: Some(refusal.to_string()), ..Imported::default() }, None)
        }
    })
}
