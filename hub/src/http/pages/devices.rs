//! How the devices of the store are, in plain words for whoever stands beside them.

use holdfast_protocol::till_api::ExposureView;
use maud::{Markup, html};
use serde_json::Value;

use super::markup::{alive, number, text, time};

/// Every device with what it did and how it is.
pub(super) fn devices(actors: &Value, exposure: &Value) -> Markup {
    let printers = actors["printers"].as_object();
    let drawers = &actors["drawers"];
    html! {
        section.card.devices {
            h2 { "Devices" }
            table {
                tr { th { "Device" } th.number { "Done" } th.number { "Waiting" } th { "State" } }
                @for (name, printer) in printers.into_iter().flatten() {
                    tr {
                        td { "Printer " (name) }
                        td.number { (number(&printer["printed"])) }
                        td.number { (number(&printer["waiting"])) }
                        td { (printer_state(printer)) }
                    }
                }
                @for (name, device) in actors["payments"].as_object().into_iter().flatten() {
                    tr {
                        td { "Terminal " (name) }
                        td.number { (number(&device["approved"])) }
                        td.number { (number(&device["open"])) }
                        td { (terminal_state(device)) }
                    }
                }
                @for (name, device) in actors["scanners"].as_object().into_iter().flatten() {
                    tr {
                        td { "Scanner " (name) }
                        td.number { (number(&device["scans"])) }
                        td.number { "–" }
                        td { (scanner_state(device)) }
                    }
                }
                @for (name, device) in actors["scales"].as_object().into_iter().flatten() {
                    tr {
                        td { "Scale " (name) }
                        td.number { (number(&device["asked"])) }
                        td.number { (number(&device["under_way"])) }
                        td { (scale_state(device)) }
                    }
                }
                @for (name, opened) in drawers["opened"].as_object().into_iter().flatten() {
                    tr { td { "Drawer at " (name) } td.number { (number(opened)) } td.number { "–" } td { (alive(true, "ready", "")) } }
                }
            }
            (exposed(exposure))
        }
    }
}

/// What terminals approved without their banks. The whole of it is on the page of the card terminals.
fn exposed(exposure: &Value) -> Markup {
    let shown: Option<ExposureView> = serde_json::from_value(exposure.clone()).ok();
    html! {
        @if let Some(exposure) = shown.filter(|exposure| exposure.count > 0) {
            @let spent = exposure.beyond > 0 || exposure.left.is_some_and(|left| !left.is_positive());
            p { span.state.bad[spent].warn[!spent] { (exposure.outstanding) } " approved by terminals without their banks in "
                (exposure.count) " payments"
                @if let Some(limits) = &exposure.limits { ", " (limits.cumulative) " are allowed" }
                @if exposure.beyond > 0 { ", " (exposure.beyond) " were beyond the limits" }
                ". " a href="/device-days" { "Card terminals" } }
        }
    }
}

/// How a printer is, for whoever can do something about it: the words of UnifiedPOS in plain ones.
fn printer_state(printer: &Value) -> Markup {
    let says = |word: &str| printer["state"].as_array().is_some_and(|words| words.iter().any(|w| w == word));
    let matter = [
        ("CoverOpen", "its cover is open"),
        ("PaperEmpty", "it has no paper"),
        ("Error", "it stopped for an error"),
        ("Offline", "it is off or not connected"),
    ];
    let matter =
        matter.into_iter().find(|(word, _)| says(word)).map_or("it does not print", |(_, plain)| plain);
    let words: Vec<&str> =
        printer["state"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    html! {
        @if let Some(since) = printer["down_since"].as_i64() {
            span.state.bad title=(text(&printer["why_down"])) { (matter) }
            " since " (time(since))
            @if let Some(other) = printer["goes_to"].as_str() { ", " (other) " prints instead" }
            @else if number(&printer["waiting"]) > 0 { ", what waits is printed when it is ready" }
        } @else if says("PaperNearEmpty") {
            span.state.warn title=(words.join(", ")) { "ready, its paper is nearly at its end" }
        } @else {
            span title=(words.join(", ")) { (alive(!printer.is_null(), "ready", "restarting")) }
        }
    }
}

/// How a payment device is, for whoever stands beside it.
fn terminal_state(device: &Value) -> Markup {
    let in_doubt = device["in_doubt"].as_u64().unwrap_or(0);
    let rests = device["gateway"]["rests_seconds"].as_u64().unwrap_or(0);
    let was = &device["look"]["was"];
    let away = &was["out_of_reach"];
    let not_ready = was["not_ready"]["says"].as_str().or(was["not_understood"]["says"].as_str());
    html! {
        @match (in_doubt, device["gateway"]["state"].as_str(), device["last_fault"].as_str()) {
            (0, Some("left_alone"), _) => span.state.bad { "its gateway does not answer, tried again in " (rests) " s" },
            (0, _, _) if away["since_ms"].is_i64() => span.state.bad {
                "not reachable since " (time(away["since_ms"].as_i64().unwrap_or_default())) " (" (text(&away["code"])) ")"
            },
            (0, _, _) if not_ready.is_some() => span.state.warn { "takes nothing now: " (not_ready.unwrap_or_default()) },
            (0, Some("on_trial"), _) => span.state.warn { "its gateway is tried again" },
            (0, _, _) => (alive(!device.is_null(), "ready", "restarting")),
            (_, _, fault) => span.state.bad title=(fault.unwrap_or_default()) { (in_doubt) " in doubt" },
        }
    }
}

/// How a scanner is, and what of its scans came to nothing.
pub(super) fn scanner_state(device: &Value) -> Markup {
    let dropped: u64 = ["too_long", "unfinished", "garbled", "too_fast", "unread"]
        .iter()
        .map(|reason| number(&device[*reason]))
        .sum();
    let not_shown = number(&device["not_shown"]);
    html! {
        @match device["connected"].as_bool() {
            None => span.state.bad { "restarting" },
            Some(false) => span.state.bad title=(text(&device["why_away"])) { "it is off or not connected" },
            Some(true) => span.state.good { "ready" },
        }
        @if dropped > 0 { ", " (dropped) " unreadable" }
        @if not_shown > 0 { ", " (not_shown) " while till " (number(&device["till"])) " was not there" }
    }
}

/// What a scale shows.
pub(super) fn scale_state(device: &Value) -> Markup {
    let (class, word) = match device["state"].as_str() {
        Some("stable") => ("good", "weighs"),
        Some("zero") => ("good", "ready"),
        Some("in_motion") => ("warn", "in motion"),
        Some("below_zero") => ("warn", "below zero"),
        Some("over_capacity") => ("warn", "too much is on it"),
        Some("not_ready") => ("warn", "not ready"),
        Some("not_connected") => ("bad", "it is off or not connected"),
        _ => ("bad", "restarting"),
    };
    html! {
        span.state.(class) title=[device["why_away"].as_str()] { (word) }
        @if let Some(net) = device["net"].as_str() { " " (net) }
        @if let Some(tare) = device["tare"].as_str() { ", tare " (tare) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_printer_is_told_of_in_plain_words() {
        let told = |printer: Value| printer_state(&printer).into_string();
        let down = json!({"state": ["CoverOpen", "PaperOK"], "down_since": 1_796_000_000_000_i64,
            "why_down": "CoverOpen", "goes_to": "kitchen", "waiting": 3});
        let down = told(down);
        assert!(down.contains("its cover is open") && down.contains("kitchen prints instead"), "{down}");
        let off = told(json!({"state": ["Offline"], "down_since": 1, "goes_to": null, "waiting": 2}));
        assert!(off.contains("off or not connected") && off.contains("what waits is printed"), "{off}");
        let low = told(json!({"state": ["CoverOK", "PaperNearEmpty"], "down_since": null}));
        assert!(low.contains("nearly at its end"), "{low}");
        assert!(told(json!({"state": ["CoverOK", "PaperOK"], "down_since": null})).contains("ready"));
        assert!(told(Value::Null).contains("restarting"));
    }

    #[test]
    fn a_scanner_and_a_scale_are_told_of_in_plain_words() {
        let told = |device: Value| scanner_state(&device).into_string();
        let ready = json!({ "connected": true, "garbled": 2, "too_fast": 1, "not_shown": 0 });
        assert_eq!(told(ready), "<span class=\"state good\">ready</span>, 3 unreadable");
        let missed = json!({ "connected": true, "not_shown": 1, "till": 4 });
        assert!(told(missed).ends_with(", 1 while till 4 was not there"));
        let away = told(json!({ "connected": false, "why_away": "HF-DEV-051: a \"b\"" }));
        assert!(away.contains("it is off or not connected") && away.contains("&quot;b&quot;"), "{away}");
        assert!(told(Value::Null).contains("restarting"));
        let told = |device: Value| scale_state(&device).into_string();
        let weighs = json!({ "state": "stable", "net": "0.750 kg", "tare": "0.012 kg" });
        assert!(told(weighs).ends_with("weighs</span> 0.750 kg, tare 0.012 kg"));
        assert!(told(json!({ "state": "over_capacity" })).contains("too much is on it"));
        assert!(told(Value::Null).contains("restarting"));
    }
}
