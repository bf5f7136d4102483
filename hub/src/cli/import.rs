//! `import catalog`, `import book`, `import taxes`.

use std::path::Path;
use std::process::ExitCode;

use holdfast_domain::catalog::{PriceBook, Product};
use holdfast_domain::command::HubCommand;
use holdfast_domain::tax::TaxTable;

use super::{Place, idle, unexpected};
use crate::admin::{self, Ask, Told};
use crate::error::HubError;
use crate::import;

/// Bad rows that are printed; the rest is counted.
const BAD_ROWS_PRINTED_MAX: usize = 200;

fn read(file: &Path) -> Result<(String, Vec<u8>), HubError> {
    let name = file.display().to_string();
    let unreadable = |source: std::io::Error| {
        HubError::from(import::ImportError::Unreadable { name: name.clone(), source: source.into() })
    };
    if std::fs::metadata(file).map_err(unreadable)?.len() > import::FILE_BYTES_MAX {
        return Err(import::ImportError::TooLarge { limit: import::FILE_BYTES_MAX, unit: "bytes" }.into());
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    Ok((name, bytes))
}

pub(super) async fn book(place: &Place, file: &Path) -> Result<(), HubError> {
    let (name, bytes) = read(file)?;
    let (version, lists, promotions) = match idle(place)? {
        Some(mut console) => {
            let book: PriceBook = import::read_json(&name, "price book", &bytes)?;
            let products: Vec<Product> = console.catalog().products().cloned().collect();
            let version = console.activate_with(&products, &book)?;
            console.close()?;
            (version, book.lists.len(), book.promotions.len())
        }
        None => {
            let ask = Ask::ImportBook { name, bytes: bytes.len() as u64 };
            match admin::ask(&place.folder(), &ask, &bytes).await? {
                Told::BookImported { version, lists, promotions } => (version, lists, promotions),
                other => return Err(unexpected(other)),
            }
        }
    };
    println!("catalog version {version}: {lists} price lists, {promotions} promotions");
    Ok(())
}

pub(super) async fn taxes(place: &Place, file: &Path) -> Result<(), HubError> {
    let (name, bytes) = read(file)?;
    let entries = match idle(place)? {
        Some(mut console) => {
            let table: TaxTable = import::read_json(&name, "tax table", &bytes)?;
            let entries = table.entries.len();
            console.record(&HubCommand::ConfigureTaxes { table: Box::new(table) })?;
            console.close()?;
            entries
        }
        None => {
            let ask = Ask::ImportTaxes { name, bytes: bytes.len() as u64 };
            match admin::ask(&place.folder(), &ask, &bytes).await? {
                Told::TaxesImported { entries } => entries,
                other => return Err(unexpected(other)),
            }
        }
    };
    println!("taxes of {entries} classes and tags are in force for new baskets");
    Ok(())
}

pub(super) async fn catalog(
    place: &Place,
    file: &Path,
    map: Vec<String>,
    skip_bad_rows: bool,
) -> Result<ExitCode, HubError> {
    let (name, bytes) = read(file)?;
    let told = match idle(place)? {
        Some(mut console) => {
            let classes = console.with_state(admin::tax_classes);
            let (mut told, products) = admin::read_sheet(&name, &bytes, &map, &classes, skip_bad_rows)?;
            if let Some(products) = products {
                told.version = Some(console.activate(&products)?);
            }
            console.close()?;
            told
        }
        None => {
            let ask = Ask::ImportCatalog { name, bytes: bytes.len() as u64, map, skip_bad_rows };
            match admin::ask(&place.folder(), &ask, &bytes).await? {
                Told::Imported(told) => told,
                other => return Err(unexpected(other)),
            }
        }
    };
    for row in told.bad_rows.iter().take(BAD_ROWS_PRINTED_MAX) {
        eprintln!("{row}");
    }
    if let Some(more) = told.bad_rows.len().checked_sub(BAD_ROWS_PRINTED_MAX).filter(|more| *more > 0) {
        eprintln!("… and {more} more");
    }
    match (told.version, told.refusal) {
        (Some(version), _) => {
            println!(
                "catalog version {version}: {} products, {} faults in rows left out",
                told.products,
                told.bad_rows.len()
            );
            Ok(ExitCode::SUCCESS)
        }
        (None, refusal) => {
            eprintln!("{}", refusal.unwrap_or_default());
            Ok(ExitCode::FAILURE)
        }
    }
}
