//! Simulated scanners and scales on the page of the counter: a box for a code, a slider for a weight, and their cables.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_devices::gs1::SEPARATOR;
use holdfast_devices::simulated::scale::{Appearance, SimulatedScale};
use holdfast_domain::barcode::is_gtin;
use maud::{Markup, html};
use serde::Deserialize;

use crate::error::HubError;
use crate::http::App;
use crate::http::problem::Refused;
use crate::http::who::AtCounter;

/// The longest code that is typed, in bytes; scanners of the hub read no longer ones.
const CODE_BYTES_MAX: usize = 512;
/// How the separator of GS1's element strings is typed.
const SEPARATOR_TYPED: &str = "<GS>";
/// Codes of the catalog that are offered.
const CODES_OFFERED: usize = 20;
/// A code with a weight and a date in it, as a label of GS1 has them.
const ELEMENTS: (&str, &str) =
    ("]C10104006381333931310300075015271231", "an element string: article, 0.750 kg, best before");
/// One step of the slider, as counter scales show them.
const STEP: i64 = 5;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct AtScanner {
    scanner: String,
    act: ScannerAct,
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ScannerAct {
    Scan,
    Unplug,
    PlugIn,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct AtScale {
    scale: String,
    act: ScaleAct,
    #[serde(default)]
    grams: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ScaleAct {
    Put,
    Unload,
    Lift,
    Shake,
    HoldStill,
    Unplug,
    PlugIn,
}

fn malformed(_: FormRejection) -> Refused {
    Refused::request("the form is not one of this page; load the page again")
}

/// Pulls the trigger of a scanner, or its cable.
pub(in crate::http) async fn scan(
    _: AtCounter,
    State(app): State<Arc<App>>,
    form: Result<Form<AtScanner>, FormRejection>,
) -> Result<Response, Refused> {
    let Form(AtScanner { scanner, act, code }) = form.map_err(malformed)?;
    let gun = app.counter.scanner(&scanner).ok_or(Refused(HubError::NotFound { what: "scanner" }))?;
    match act {
        ScannerAct::Unplug => gun.set_plugged_in(false),
        ScannerAct::PlugIn => gun.set_plugged_in(true),
        ScannerAct::Scan => {
            let code = code.trim().replace(SEPARATOR_TYPED, &SEPARATOR.to_string());
            if code.is_empty() || code.len() > CODE_BYTES_MAX {
                return Err(Refused::request(format!("type a code of 1 to {CODE_BYTES_MAX} bytes")));
            }
            if code.chars().any(|c| c.is_control() && c != SEPARATOR) {
                return Err(Refused::request("no code has such characters"));
            }
            // A scanner without its cable beeps for nobody.
            if gun.is_plugged_in() {
                gun.scan(&code);
            }
        }
    }
    Ok(Redirect::to("/counter").into_response())
}

/// Moves what lies on a scale, or its cable.
pub(in crate::http) async fn weigh(
    _: AtCounter,
    State(app): State<Arc<App>>,
    form: Result<Form<AtScale>, FormRejection>,
) -> Result<Response, Refused> {
    let Form(AtScale { scale, act, grams }) = form.map_err(malformed)?;
    let scale = app.counter.scale(&scale).ok_or(Refused(HubError::NotFound { what: "scale" }))?;
    match act {
        ScaleAct::Put if (0..=heaviest(scale)).contains(&grams) => scale.put(grams),
        ScaleAct::Put => {
            return Err(Refused::request(format!("it takes 0 to {} grams", heaviest(scale))));
        }
        ScaleAct::Unload => scale.put(0),
        ScaleAct::Lift => scale.put(-scale.model().capacity / 10),
        ScaleAct::Shake => scale.shake(true),
        ScaleAct::HoldStill => scale.shake(false),
        ScaleAct::Unplug => scale.set_plugged_in(false),
        ScaleAct::PlugIn => scale.set_plugged_in(true),
    }
    Ok(Redirect::to("/counter").into_response())
}

/// A little more than it can weigh.
fn heaviest(scale: &SimulatedScale) -> i64 {
    scale.model().capacity + scale.model().capacity / 10
}

/// The scanners and scales of software.
pub(super) fn cards(app: &App) -> Markup {
    let codes = codes(app);
    html! {
        @for (name, gun) in &app.counter.scanners { (scanner_card(name, gun.is_plugged_in(), &codes)) }
        @for (name, scale) in &app.counter.scales { (scale_card(name, scale.appearance(), heaviest(scale))) }
    }
}

/// Codes of the store's goods with what they are.
fn codes(app: &App) -> Vec<(String, String)> {
    let catalog = Arc::clone(&app.catalog.borrow());
    let goods = catalog.products().filter_map(|product| {
        let code = product.barcodes.iter().find(|code| is_gtin(code.as_str()))?;
        Some((code.to_string(), product.description.to_string()))
    });
    let elements = (ELEMENTS.0.to_owned(), ELEMENTS.1.to_owned());
    goods.take(CODES_OFFERED).chain([elements]).collect()
}

fn cable(name: &str, plugged_in: bool) -> Markup {
    html! {
        @if plugged_in {
            button.quiet #{ (name) "-unplug" } name="act" value="unplug" formnovalidate { "Pull the cable" }
        } @else {
            button.yes #{ (name) "-plug-in" } name="act" value="plug_in" formnovalidate { "Put the cable in" }
        }
    }
}

fn scanner_card(name: &str, plugged_in: bool, codes: &[(String, String)]) -> Markup {
    html! {
        section.card aria-label={ "Scanner " (name) } {
            div.titled {
                h2 { "Scanner " (name) }
                @if plugged_in { span.state.good { "plugged in" } } @else { span.state.bad { "no cable" } }
            }
            form method="post" action="/counter/scanner" data-quiet {
                input type="hidden" name="scanner" value=(name);
                label for={ (name) "-code" } { "Code" }
                input #{ (name) "-code" } name="code" list={ (name) "-codes" } maxlength=(CODE_BYTES_MAX) required autocomplete="off" spellcheck="false" data-keep;
                datalist #{ (name) "-codes" } {
                    @for (code, what) in codes { option value=(code) { (what) } }
                }
                div.buttons {
                    button.yes #{ (name) "-scan" } name="act" value="scan" disabled[!plugged_in] { "Scan" }
                    (cable(name, plugged_in))
                }
            }
            p.soft { "Pick a code of the catalog or type any. " code { "]C1" } " in front says GS1-128, " code { (SEPARATOR_TYPED) } " stands for the separator." }
        }
    }
}

fn scale_card(name: &str, seen: Appearance, heaviest: i64) -> Markup {
    let Appearance { load, tare, is_shaken, is_plugged_in } = seen;
    html! {
        section.card aria-label={ "Scale " (name) } {
            div.titled {
                h2 { "Scale " (name) }
                @match (is_plugged_in, is_shaken) {
                    (false, _) => span.state.bad { "no cable" },
                    (true, true) => span.state.warn { "in motion" },
                    (true, false) => span.state.good { "at rest" },
                }
            }
            p.screen.off[!is_plugged_in] role="status" { (kilograms(load - tare)) @if tare != 0 { "  NET" } }
            form method="post" action="/counter/scale" data-quiet {
                input type="hidden" name="scale" value=(name);
                label for={ (name) "-grams" } { "Lies on it: " b { (load.max(0)) " g" } }
                input #{ (name) "-grams" } type="range" name="grams" min="0" max=(heaviest) step=(STEP) value=(load.max(0)) data-send={ (name) "-put" };
                div.buttons {
                    button.yes #{ (name) "-put" } name="act" value="put" { "Put it on" }
                    button.quiet #{ (name) "-unload" } name="act" value="unload" { "Take it off" }
                    button.quiet #{ (name) "-lift" } name="act" value="lift" { "Lift the plate" }
                    @if is_shaken { button.yes #{ (name) "-hold-still" } name="act" value="hold_still" { "Hold it still" } }
                    @else { button.quiet #{ (name) "-shake" } name="act" value="shake" { "Shake it" } }
                    (cable(name, is_plugged_in))
                }
            }
            dl {
                dt { "Tare" }
                dd { @if tare == 0 { "none" } @else { (kilograms(tare)) } }
            }
        }
    }
}

/// Grams as the scale shows them.
fn kilograms(grams: i64) -> String {
    let sign = if grams < 0 { "-" } else { "" };
    format!("{sign}{}.{:03} kg", grams.unsigned_abs() / 1_000, grams.unsigned_abs() % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_shows_what_is_on_it_less_its_tare() {
        let seen = Appearance { load: 762, tare: 12, is_shaken: false, is_plugged_in: true };
        let card = scale_card("scale-1", seen, 16_500).into_string();
        assert!(card.contains("0.750 kg  NET") && card.contains("<dd>0.012 kg</dd>"), "{card}");
        let seen = Appearance { load: -1_500, tare: 0, is_shaken: true, is_plugged_in: false };
        let card = scale_card("scale-1", seen, 16_500).into_string();
        assert!(
            card.contains("-1.500 kg") && card.contains("Hold it still") && card.contains("no cable"),
            "{card}"
        );
    }

    #[test]
    fn what_goods_are_called_is_shown_and_never_run() {
        let codes = [("4006381333931".to_owned(), "<script>x</script>".to_owned())];
        let card = scanner_card("scanner-1", true, &codes).into_string();
        assert!(card.contains("&lt;script&gt;x") && !card.contains("<script>"), "{card}");
    }
}
