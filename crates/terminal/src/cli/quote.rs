//! `quote`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use holdfast_domain::ids::OrderId;
use holdfast_domain::order::Channel;
use holdfast_domain::promotion::PromotionOutcome;
use holdfast_terminal::{Folder, Pace, Till};

use super::basket::{Basket, print_lines};

/// Prints what a basket would cost now and what became of every promotion. Nothing of it is kept.
#[derive(Debug, Args)]
#[command(mut_arg("barcode", |barcode| barcode.required(true)))]
pub struct Quote {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    basket: Basket,
}

impl Quote {
    pub async fn run(mut self) -> Result<()> {
        let (till, api) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let quoted = async {
            self.basket.weigh(&api).await?;
            let place = self.basket.place(OrderId(till.mint()?), Channel::Counter)?;
            api.quote(place).await
        };
        let quoted = quoted.await;
        till.close().await?;
        let quote = quoted?;
        print_lines(&quote.lines);
        println!("net      {:>14}", quote.totals.net.to_string());
        println!("tax      {:>14}", quote.totals.tax.to_string());
        println!("total    {:>14}", quote.totals.gross.to_string());
        for promotion in &quote.promotions {
            println!("{}: {}", promotion.name, told(&promotion.outcome));
        }
        if let Some(refusal) = &quote.refusal {
            println!("not yet: {} {}", refusal.code, refusal.text);
        }
        Ok(())
    }
}

/// Why a promotion took something off, or did not.
fn told(outcome: &PromotionOutcome) -> String {
    match outcome {
        PromotionOutcome::Applied { amount } => format!("takes {amount} off"),
        PromotionOutcome::NotNow => "not at this time".to_owned(),
        PromotionOutcome::OtherGroup => "for other customers".to_owned(),
        PromotionOutcome::CouponMissing => "needs its coupon".to_owned(),
        PromotionOutcome::NothingMatches => "for other items".to_owned(),
        PromotionOutcome::TooFew { have, need } => format!("{have} of {need} items"),
        PromotionOutcome::BelowThreshold { have, need } => format!("from {need} on, the basket has {have}"),
        PromotionOutcome::AnotherIsBetter => "another one is better".to_owned(),
    }
}
