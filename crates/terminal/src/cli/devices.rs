//! `card devices`: what can take money now.

use anyhow::Result;
use clap::Args;
use holdfast_protocol::till_api::{DeviceOf, ExposureView, TenderDevice, TendersPage};

use super::ask::Desk;

#[derive(Debug, Args)]
pub struct Devices {
    #[command(flatten)]
    desk: Desk,
}

impl Devices {
    pub async fn run(self) -> Result<()> {
        let page = self.desk.visit(async |_, api| api.tenders().await).await?;
        for line in lines(&page) {
            println!("{line}");
        }
        Ok(())
    }
}

fn lines(page: &TendersPage) -> Vec<String> {
    let mut lines: Vec<String> = page.devices.iter().map(|device| line(device, page)).collect();
    if page.devices.is_empty() {
        lines.push("the store has no card terminal and no wallet".to_owned());
    }
    let by_hand: Vec<&str> = page.by_hand.iter().map(|code| code.as_str()).collect();
    lines.push(format!("by hand: {}", by_hand.join(", ")));
    lines.extend(page.exposure.as_ref().and_then(at_risk));
    lines
}

/// One device in one line, with what to take instead.
fn line(device: &TenderDevice, page: &TendersPage) -> String {
    let of = match device.of {
        DeviceOf::ThisTill => "this till's",
        DeviceOf::AllTills => "shared",
        DeviceOf::OtherTills => "another till's",
    };
    let mut line = format!("{:<16} {:<12} {of:<14} {}", device.device, device.tender, device.text);
    if !device.state.takes_money() {
        match (&device.instead, page.by_hand.first()) {
            (Some(other), _) => line += &format!("; take {other}"),
            (None, Some(tender)) => line += &format!("; take {tender} or another tender"),
            (None, None) => {}
        }
    }
    line
}

fn at_risk(exposure: &ExposureView) -> Option<String> {
    if exposure.count == 0 {
        return None;
    }
    let mut line =
        format!("without a bank: {} in {} payments are outstanding", exposure.outstanding, exposure.count);
    if let Some(limits) = &exposure.limits {
        line += &format!(" of at most {}", limits.cumulative);
    }
    if let Some(left) = exposure.left {
        line += &format!("; a terminal without its bank takes {left} at most");
    }
    Some(line)
}
