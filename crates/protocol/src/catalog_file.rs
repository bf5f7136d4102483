//! The stored form of a catalog version: a synced file named by the SHA-256 of its bytes, which one journal record names.

use holdfast_domain::catalog::{Catalog, CatalogError, PriceBook, Product};
use sha2::{Digest, Sha256};

use crate::wire::{ProductV1, Wired};

/// What is written today: products, then the price book.
const VERSION: u8 = 2;

#[derive(Debug, thiserror::Error)]
pub enum CatalogFileError {
    #[error("the catalog file has an unknown version {version}")]
    UnknownVersion { version: u8 },
    #[error("the catalog file is damaged")]
    Malformed(#[source] postcard::Error),
    #[error("the catalog file contradicts itself")]
    Contradiction(#[source] CatalogError),
}

/// The file's bytes for products in the order of their numbers and what is priced beside them, and the bytes' SHA-256.
pub fn encode<'a>(products: impl IntoIterator<Item = &'a Product>, book: &PriceBook) -> (Vec<u8>, [u8; 32]) {
    let mut products: Vec<Wired<Product>> = products.into_iter().cloned().map(Wired).collect();
    products.sort_by(|a, b| a.0.sku.cmp(&b.0.sku));
    let bytes = postcard::to_extend(&(products, Wired(book.clone())), vec![VERSION])
        .expect("every product and price book has a stored form");
    let hash = Sha256::digest(&bytes).into();
    (bytes, hash)
}

/// Reads a catalog file as `version`.
///
/// # Errors
/// [`CatalogFileError`] for bytes that are no catalog.
pub fn decode(bytes: &[u8], version: u64) -> Result<Catalog, CatalogFileError> {
    let (&form, body) = bytes.split_first().ok_or(CatalogFileError::UnknownVersion { version: 0 })?;
    let (products, book): (Vec<Product>, PriceBook) = match form {
        1 => {
            let products: Vec<Wired<ProductV1>> =
                postcard::from_bytes(body).map_err(CatalogFileError::Malformed)?;
            (products.into_iter().map(|wired| wired.0.into()).collect(), PriceBook::default())
        }
        VERSION => {
            let (products, book): (Vec<Wired<Product>>, Wired<PriceBook>) =
                postcard::from_bytes(body).map_err(CatalogFileError::Malformed)?;
            (products.into_iter().map(|wired| wired.0).collect(), book.0)
        }
        form => return Err(CatalogFileError::UnknownVersion { version: form }),
    };
    let catalog = Catalog::new(version, products).and_then(|catalog| catalog.with_book(book));
    catalog.map_err(CatalogFileError::Contradiction)
}
