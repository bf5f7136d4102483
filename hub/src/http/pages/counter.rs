//! The counter of software: the paper that came out of each simulated printer, its drawer, the simulated terminals with
//! their screens and buttons, scanners that read what is typed, scales with a slider; and how every device of the store is.

pub(in crate::http) mod beside;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use futures::Stream;
use holdfast_devices::simulated::{Sheet, SimulatedPrinter};
use holdfast_money::{Currency, Money};
use maud::{Markup, html};
use serde::Deserialize;

use super::devices::devices;
use super::markup::page;
use super::store_name;
use crate::console::with_state;
use crate::counter::{Press, TerminalView};
use crate::error::HubError;
use crate::http::App;
use crate::http::problem::Refused;
use crate::http::reports::blocking;
use crate::http::who::{AtCounter, Viewer};

/// The counter is looked at this often while somebody watches; only what changed is sent.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// Sheets of a printer that are shown, newest first.
const SHEETS_SHOWN: usize = 6;

pub(in crate::http) async fn counter(viewer: Viewer, State(app): State<Arc<App>>) -> Result<Markup, Refused> {
    let name = store_name(&app);
    let shown = shown(&app).await?;
    let content = html! {
        p #lost .state.bad hidden role="alert" { "The hub does not answer. What follows is old." }
        div #live data-source="/counter/live" { (shown) }
    };
    Ok(page("Counter", &name, &viewer, &content))
}

/// The counter, each time something on it changed.
pub(in crate::http) async fn live(
    _: Viewer,
    State(app): State<Arc<App>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stop = app.stop.clone();
    let changes = futures::stream::unfold((app, String::new()), |(app, last)| async move {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let Ok(now) = shown(&app).await else {
                let event = Event::default().comment("the counter cannot be shown now");
                return Some((Ok(event), (app, last)));
            };
            let now = now.into_string();
            if now != last {
                return Some((Ok(Event::default().event("page").data(now.as_str())), (app, now)));
            }
        }
    });
    let until_stop = futures::StreamExt::take_until(changes, stop.cancelled_owned());
    Sse::new(until_stop).keep_alive(KeepAlive::default())
}

/// A button of a simulated terminal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Pressed {
    terminal: String,
    press: Press,
}

pub(in crate::http) async fn press(
    _: AtCounter,
    State(app): State<Arc<App>>,
    form: Result<Form<Pressed>, FormRejection>,
) -> Result<Response, Refused> {
    let Form(Pressed { terminal, press }) =
        form.map_err(|_| Refused::request("the form is not one of this page; load the page again"))?;
    let found = app.counter.terminal(&terminal).ok_or(Refused(HubError::NotFound { what: "terminal" }))?;
    // A button that nothing waits for does nothing, as at a real terminal.
    let _did_something = found.press(press);
    Ok(Redirect::to("/counter").into_response())
}

/// A hand at the drawer of a simulated printer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Moved {
    printer: String,
    open: bool,
}

pub(in crate::http) async fn move_drawer(
    _: AtCounter,
    State(app): State<Arc<App>>,
    form: Result<Form<Moved>, FormRejection>,
) -> Result<Response, Refused> {
    let Form(Moved { printer, open }) =
        form.map_err(|_| Refused::request("the form is not one of this page; load the page again"))?;
    let found = app.counter.printers.iter().find(|(name, _)| *name == printer);
    let (_, printer) = found.ok_or(Refused(HubError::NotFound { what: "printer" }))?;
    printer.move_drawer(open);
    Ok(Redirect::to("/counter").into_response())
}

/// One printer with the newest of its paper.
struct PrinterView {
    name: String,
    drawer_openings: u64,
    drawer_is_open: bool,
    sheets: Vec<Sheet>,
    more: usize,
}

async fn shown(app: &Arc<App>) -> Result<Markup, Refused> {
    let health = match app.running.read().await.as_ref() {
        Some(running) => serde_json::to_value(running.devices().await).unwrap_or_default(),
        None => serde_json::Value::Null,
    };
    let app = Arc::clone(app);
    blocking(move || {
        let printers = app.counter.printers.iter();
        let printers = printers.map(|(name, printer)| look(name, printer)).collect::<Result<Vec<_>, _>>()?;
        let terminals: Vec<(String, TerminalView)> =
            app.counter.terminals.iter().map(|(name, terminal)| (name.clone(), terminal.view())).collect();
        let currency = with_state(app.state.as_ref(), |state| {
            state.profile.as_ref().map_or(Currency::EUR, |profile| profile.currency)
        });
        let cards = html! {
            @for (name, terminal) in &terminals { (terminal_card(name, terminal, currency)) }
            (beside::cards(&app))
            @for printer in &printers { (printer_card(printer)) }
        };
        let nothing = app.counter.is_empty();
        Ok(markup(nothing, &cards, &devices(&health, &serde_json::Value::Null)))
    })
    .await
}

fn look(name: &str, printer: &SimulatedPrinter) -> Result<PrinterView, Refused> {
    let mut sheets = printer.sheets().map_err(|_| Refused(HubError::NotFound { what: "paper" }))?;
    sheets.reverse();
    let more = sheets.len().saturating_sub(SHEETS_SHOWN);
    sheets.truncate(SHEETS_SHOWN);
    let (drawer_openings, drawer_is_open) = (printer.drawer_openings(), printer.drawer_is_open());
    Ok(PrinterView { name: name.to_owned(), drawer_openings, drawer_is_open, sheets, more })
}

fn markup(nothing: bool, cards: &Markup, health: &Markup) -> Markup {
    html! {
        @if nothing {
            section.card {
                h2 { "Nothing here is made of software" }
                p.soft { "This page shows devices that the hub plays itself: printers, terminals, scanners and scales whose address in the settings is " code { "simulated" } "." }
            }
            (health)
        } @else {
            p.soft { "These devices are made of software: no real money moves here, and nothing is really weighed." }
            div.counter {
                (cards)
                (health)
            }
        }
    }
}

fn terminal_card(name: &str, terminal: &TerminalView, currency: Currency) -> Markup {
    let TerminalView { screen, waits, by_itself, plugged_in, payments, given_back, net_minor } = terminal;
    let button = |press: &str, label: &str, class: &str, enabled: bool| {
        html! {
            button #{ (name) "-" (press) } .(class) name="press" value=(press) disabled[!enabled] { (label) }
        }
    };
    let pressable = *waits && *plugged_in;
    html! {
        section.card aria-label={ "Terminal " (name) } {
            div.titled {
                h2 { "Terminal " (name) }
                @match (plugged_in, waits) {
                    (false, _) => span.state.bad { "no cable" },
                    (true, true) => span.state.warn { "a customer is at it" },
                    (true, false) => span.state.good { "ready" },
                }
            }
            p.screen.off[!plugged_in] role="status" { (screen) }
            form method="post" action="/counter" data-quiet {
                input type="hidden" name="terminal" value=(name);
                div.buttons {
                    (button("approve", "Approve", "yes", pressable))
                    (button("decline", "Decline", "no", pressable))
                    (button("cancel", "Cancel", "quiet", pressable))
                }
                div.buttons {
                    @if *by_itself { (button("by_hand", "Play the customer", "quiet", true)) }
                    @else { (button("by_itself", "Let customers pay by themselves", "quiet", true)) }
                    @if *plugged_in { (button("unplug", "Pull the cable", "quiet", true)) }
                    @else { (button("plug_in", "Put the cable in", "yes", true)) }
                }
            }
            dl {
                dt { "Its own book" }
                dd { (payments) " payments, " (given_back) " given back, " (Money::from_minor(*net_minor, currency)) " left" }
                dt { "Customers" }
                dd { @if *by_itself { "pay by themselves" } @else { "wait for these buttons" } }
            }
        }
    }
}

fn printer_card(printer: &PrinterView) -> Markup {
    let PrinterView { name, drawer_openings, drawer_is_open, sheets, more } = printer;
    html! {
        section.card aria-label={ "Printer " (name) } {
            div.titled {
                h2 { "Printer " (name) }
                @if *drawer_is_open { span.state.warn { "drawer open" } } @else { span.state.good { "drawer shut" } }
            }
            form method="post" action="/counter/drawer" data-quiet {
                input type="hidden" name="printer" value=(name);
                div.buttons {
                    @if *drawer_is_open { button #{ (name) "-drawer" } .yes name="open" value="false" { "Shut the drawer" } }
                    @else { button #{ (name) "-drawer" } .quiet name="open" value="true" { "Open the drawer with the key" } }
                    span.soft { "The till opened it " (drawer_openings) @if *drawer_openings == 1 { " time." } @else { " times." } }
                }
            }
            @if sheets.is_empty() { p.soft { "No paper has come out yet." } }
            @else {
                div.roll tabindex="0" aria-label="Paper, the newest first" {
                    @for sheet in sheets {
                        @let path = format!("/paper/{name}/{}", sheet.number);
                        figure {
                            a href=(path) { img.paper src=(path) alt={ "Sheet " (sheet.number) " of printer " (name) } loading="lazy"; }
                            figcaption { "sheet " (sheet.number) }
                        }
                    }
                    @if *more > 0 { p.soft { (more) " older sheets are kept." } }
                }
            }
        }
    }
}
