//! Catalog versions on disk: files named by the SHA-256 of their bytes, synced before a journal record names them.

use std::path::PathBuf;
use std::sync::Arc;

use holdfast_domain::catalog::{Catalog, PriceBook, Product};
use holdfast_domain::state::State;
use holdfast_protocol::catalog_file;
use sha2::{Digest, Sha256};

use crate::error::HubError;
use crate::folder::{self, DataFolder};
use crate::import::ImportError;

fn path(folder: &DataFolder, hash: &[u8; 32]) -> PathBuf {
    folder.catalog().join(format!("{}.hfc", hex::encode(hash)))
}

/// Writes a version and returns the hash that names it. Writing the same again changes nothing.
///
/// # Errors
/// HF-HUB-003; HF-IMP-007 when products and price book do not make a catalog.
pub fn write(folder: &DataFolder, products: &[Product], book: &PriceBook) -> Result<[u8; 32], HubError> {
    let sound = Catalog::new(0, products.iter().cloned()).and_then(|catalog| catalog.with_book(book.clone()));
    sound.map_err(ImportError::Contradiction)?;
    let (bytes, hash) = catalog_file::encode(products, book);
    folder::create_private(&folder.catalog())?;
    folder::replace(&path(folder, &hash), &bytes)?;
    Ok(hash)
}

/// The stored bytes of a version.
///
/// # Errors
/// HF-HUB-029.
pub(crate) fn read_bytes(folder: &DataFolder, hash: &[u8; 32]) -> Result<Vec<u8>, HubError> {
    let path = path(folder, hash);
    let faulty = |source: Box<dyn std::error::Error + Send + Sync>| HubError::CatalogFile {
        path: path.clone(),
        source,
    };
    let bytes = std::fs::read(&path).map_err(|error| faulty(error.into()))?;
    if <[u8; 32]>::from(Sha256::digest(&bytes)) != *hash {
        return Err(faulty("its bytes are not those that the journal names".into()));
    }
    Ok(bytes)
}

/// Puts the stored bytes of a version where their hash says.
///
/// # Errors
/// HF-HUB-003.
pub(crate) fn write_bytes(folder: &DataFolder, bytes: &[u8]) -> Result<(), HubError> {
    folder::create_private(&folder.catalog())?;
    folder::replace(&path(folder, &Sha256::digest(bytes).into()), bytes)
}

/// Reads a version.
///
/// # Errors
/// HF-HUB-029 when the file is missing, or is not what its name says.
pub fn read(folder: &DataFolder, hash: &[u8; 32], version: u64) -> Result<Catalog, HubError> {
    let bytes = read_bytes(folder, hash)?;
    catalog_file::decode(&bytes, version)
        .map_err(|error| HubError::CatalogFile { path: path(folder, hash), source: error.into() })
}

/// The catalog that a state names. A store whose file is lost still serves, without a product to sell, and says so: a
/// rebuilt hub has HQ's copy of the journal and not the file.
pub fn active(folder: &DataFolder, state: &State) -> Arc<Catalog> {
    let Some(hash) = state.catalog_hash else { return Arc::new(Catalog::empty()) };
    match read(folder, &hash, state.catalog_version) {
        Ok(catalog) => Arc::new(catalog),
        Err(error) => {
            tracing::error!(error = error.chain(), "the active catalog cannot be read; import it again");
            Arc::new(Catalog::empty())
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::bounded::{Description, Sku, TaxClass};
    use holdfast_domain::catalog::{ProductDetails, StockRule, Unit};
    use holdfast_money::UnitPrice;

    use super::*;

    #[test]
    fn a_version_is_read_back_and_a_changed_byte_is_noticed() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::new(place.path());
        let product = Product {
            sku: Sku::new("A").unwrap(),
            description: Description::new("Tea").unwrap(),
            barcodes: Vec::new(),
            unit: Unit::Piece,
            tax_class: TaxClass::new("standard").unwrap(),
            unit_price: UnitPrice::ZERO,
            stock: StockRule::Counter,
            details: ProductDetails::default(),
        };
        let book = PriceBook::default();
        let hash = write(&folder, std::slice::from_ref(&product), &book).unwrap();
        assert_eq!(hash, write(&folder, &[product], &book).unwrap());
        assert_eq!(read(&folder, &hash, 4).unwrap().version(), 4);
        let mut bytes = std::fs::read(path(&folder, &hash)).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(path(&folder, &hash), bytes).unwrap();
        assert!(matches!(read(&folder, &hash, 4), Err(HubError::CatalogFile { .. })));
        let lost = State { catalog_hash: Some(hash), ..State::default() };
        assert_eq!(active(&folder, &lost).products().len(), 0);
    }
}
