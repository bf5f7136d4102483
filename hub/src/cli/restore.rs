//! `restore`: a backup becomes a data folder that serves.

use std::path::PathBuf;

use super::{Place, recovery::typed_code};
use crate::error::HubError;
use crate::recovery::restore::{self, Request};

pub(super) async fn run(place: &Place, from: PathBuf, code: String) -> Result<(), HubError> {
    let request = Request { from, data: place.data.clone(), code: typed_code(code)?.to_string() };
    let done = restore::run(&request, &place.config()?, &mut std::io::stdout()).await?;
    println!("store {}", done.store);
    println!("ca-fingerprint {}", done.fingerprint);
    println!(
        "\nRestored up to record {}. Now: holdfast-hub serve --data {}",
        done.head.seq,
        place.data.display()
    );
    println!(
        "The tills need nothing: they find this hub where the old one was, and give back what the backup lacks."
    );
    for note in done.notes {
        println!("{note}");
    }
    Ok(())
}
