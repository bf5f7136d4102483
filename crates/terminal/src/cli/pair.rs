//! `pair`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use holdfast_terminal::Folder;
use holdfast_terminal::pair::{Pairing, pair};

/// Pairs the till in a folder with a hub. A till that was paired before keeps its identity and its number.
#[derive(Debug, Args)]
pub struct Pair {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
    /// https://HOST:PORT of the hub
    #[arg(long)]
    hub: String,
    /// The code that `holdfast-hub pair` printed
    #[arg(long)]
    code: String,
    /// SHA-256 of the store's certificate authority, as `holdfast-hub pair` printed it; may be left out on the hub's own
    /// machine
    #[arg(long, alias = "ca-fingerprint", value_name = "HEX")]
    fingerprint: Option<String>,
}

impl Pair {
    pub async fn run(self) -> Result<()> {
        let folder = Folder::new(self.data);
        let again = folder.known()?.is_some();
        let pairing = Pairing { hub: self.hub, code: self.code, fingerprint: self.fingerprint };
        let identity = pair(&folder, &pairing).await?;
        let paired = identity.paired();
        let how = if again { "again " } else { "" };
        println!("paired {how}with {}: till {} ({})", paired.store_name, paired.number.0, paired.name);
        println!("store {}", paired.store);
        println!("terminal {}", paired.terminal);
        println!("number {}", paired.number.0);
        println!("mqtt {}", paired.mqtt);
        println!("https {}", paired.https);
        Ok(())
    }
}
