//! `catalog-from-receipts`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use holdfast_terminal::replay::catalog::{products, write};
use holdfast_terminal::replay::receipts::Receipts;

/// Lists the products of receipts as a catalog: postage, discounts, fees and samples without stock, everything else with.
#[derive(Debug, Args)]
pub struct CatalogFromReceipts {
    /// CSV files of receipts, as for `replay`
    #[arg(long = "file", required = true, value_name = "CSV")]
    files: Vec<PathBuf>,
    /// The catalog to write
    #[arg(long, value_name = "CSV")]
    out: PathBuf,
}

impl CatalogFromReceipts {
    pub fn run(self) -> Result<()> {
        let receipts = Receipts::read(&self.files)?;
        let listed = products(&receipts);
        write(&self.out, &listed)?;
        println!("{} products in {}", listed.len(), self.out.display());
        for bad in &receipts.bad {
            eprintln!("HF-TIL-020 row {} was not read: {}", bad.place.row, bad.what);
        }
        Ok(())
    }
}
