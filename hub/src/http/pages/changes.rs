//! What a manager may change at the store by themselves, as three forms.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use holdfast_domain::bounded::TaxClass;
use holdfast_domain::staff::StaffNumber;
use maud::{Markup, html};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::markup::{page, problem};
use super::store_name;
use crate::amend::{self, TypedItem, TypedMarkdown};
use crate::console::with_state;
use crate::http::App;
use crate::http::amend::{last_day, role};
use crate::http::problem::Refused;
use crate::http::who::{ManagingViewer, Signed, Viewer};

/// What became of the form that was sent. What was typed stays when it was refused.
enum Told {
    Nothing,
    Done(String),
    Refused(Refused, Typed),
}

/// What was typed, by form and field; never a PIN.
#[derive(Default)]
struct Typed(Vec<(&'static str, &'static str, String)>);

impl Typed {
    fn of(change: &Change) -> Self {
        let (what, fields): (_, Vec<(_, &String)>) = match change {
            Change::Item { sku, description, barcode, unit, tax_class, unit_price } => {
                let names = ["sku", "description", "barcode", "unit", "tax_class", "unit_price"];
                let values = [sku, description, barcode, unit, tax_class, unit_price];
                ("item", names.into_iter().zip(values).collect())
            }
            Change::Markdown { item, price, until, reason } => {
                let names = ["item", "price", "until", "reason"];
                ("markdown", names.into_iter().zip([item, price, until, reason]).collect())
            }
            Change::Staff { number, name, role, .. } => {
                ("staff", ["number", "name", "role"].into_iter().zip([number, name, role]).collect())
            }
        };
        Self(fields.into_iter().map(|(name, value)| (what, name, value.clone())).collect())
    }

    fn value(&self, what: &str, name: &str) -> &str {
        let found = self.0.iter().find(|(of, field, _)| (*of, *field) == (what, name));
        found.map_or("", |(_, _, value)| value)
    }
}

pub(in crate::http) async fn changes(
    ManagingViewer(viewer): ManagingViewer,
    State(app): State<Arc<App>>,
) -> Response {
    shown(&app, &viewer, Told::Nothing)
}

/// One of the three forms. Fields of the others are refused.
#[derive(Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::http) enum Change {
    Item {
        sku: String,
        description: String,
        barcode: String,
        unit: String,
        tax_class: String,
        unit_price: String,
    },
    Markdown {
        item: String,
        price: String,
        until: String,
        reason: String,
    },
    Staff {
        number: String,
        name: String,
        role: String,
        pin: Zeroizing<String>,
    },
}

pub(in crate::http) async fn change(
    ManagingViewer(viewer): ManagingViewer,
    Signed(person): Signed,
    State(app): State<Arc<App>>,
    form: Result<Form<Change>, FormRejection>,
) -> Response {
    let told = match form {
        Ok(Form(change)) => {
            let typed = Typed::of(&change);
            let carried_out = carry_out(&app, person.staff, change).await;
            carried_out.map_or_else(|refused| Told::Refused(refused, typed), Told::Done)
        }
        Err(_) => {
            let refused = Refused::request("the form is not one of this page; load the page again");
            Told::Refused(refused, Typed::default())
        }
    };
    shown(&app, &viewer, told)
}

async fn carry_out(
    app: &Arc<App>,
    by: holdfast_domain::ids::StaffId,
    change: Change,
) -> Result<String, Refused> {
    match change {
        Change::Item { sku, description, barcode, unit, tax_class, unit_price } => {
            let typed = TypedItem { sku, description, barcode, unit, tax_class, unit_price };
            let added = amend::add_item(app, by, &typed).await?;
            Ok(format!(
                "Product {} is sold from now on, with version {} of the catalog.",
                added.sku, added.version
            ))
        }
        Change::Markdown { item, price, until, reason } => {
            let typed = TypedMarkdown { item, price, until: last_day(Some(&until))?, reason };
            let marked = amend::mark_down(app, by, &typed).await?;
            Ok(format!(
                "Product {} costs less from now on, with version {} of the catalog.",
                marked.sku, marked.version
            ))
        }
        Change::Staff { number, name, role: typed, pin } => {
            let number = number.trim().parse().map_err(|_| Refused::request("a staff number is a number"))?;
            amend::add_staff(app, by, StaffNumber(number), &name, role(&typed)?, pin).await?;
            Ok(format!("{name} signs on with {number} and the PIN from now on."))
        }
    }
}

fn shown(app: &App, viewer: &Viewer, told: Told) -> Response {
    let classes = with_state(app.state.as_ref(), crate::admin::tax_classes);
    let status = if let Told::Refused(refused, _) = &told { refused.status() } else { StatusCode::OK };
    let content = markup(&classes, viewer.name.is_some(), &told);
    (status, page("Changes", &store_name(app), viewer, &content)).into_response()
}

fn markup(classes: &[TaxClass], signed: bool, told: &Told) -> Markup {
    let nothing = Typed::default();
    let typed = if let Told::Refused(_, typed) = told { typed } else { &nothing };
    html! {
        @match told {
            Told::Nothing => {},
            Told::Done(text) => p.state.good role="status" { (text) },
            Told::Refused(refused, _) => (problem(&refused.0.to_string())),
        }
        @if !signed {
            p.card.soft { "Changes are made by somebody with a name: " a href="/sign-in" { "sign in" } "." }
        } @else {
            div.grid {
                (form("item", "A product that is in no catalog", html! {
                    (field(typed, "item", "barcode", "Barcode", "numeric", false))
                    (field(typed, "item", "sku", "Number, where it is not the barcode", "text", false))
                    (field(typed, "item", "description", "Name", "text", true))
                    (field(typed, "item", "unit_price", "Price of one", "decimal", true))
                    div {
                        label for="unit" { "Sold by" }
                        select #unit name="unit" {
                            @for (value, name) in [("piece", "piece"), ("kg", "kilogram"), ("l", "litre"), ("m", "metre")] {
                                option value=(value) selected[typed.value("item", "unit") == value] { (name) }
                            }
                        }
                    }
                    div {
                        label for="tax_class" { "Tax class" }
                        select #tax_class name="tax_class" { @for class in classes { option selected[typed.value("item", "tax_class") == class.as_str()] { (class) } } }
                    }
                }, "Add"))
                (form("markdown", "A lower price", html! {
                    (field(typed, "markdown", "item", "Number or barcode", "text", true))
                    (field(typed, "markdown", "price", "New price of one", "decimal", true))
                    div { label for="until" { "Last day; none where it is for good" } input #until name="until" type="date" value=(typed.value("markdown", "until")); }
                    (field(typed, "markdown", "reason", "Why", "text", true))
                }, "Mark down"))
                (form("staff", "Somebody new", html! {
                    (field(typed, "staff", "number", "Staff number", "numeric", true))
                    (field(typed, "staff", "name", "Name", "text", true))
                    div {
                        label for="role" { "Role" }
                        select #role name="role" { @for role in ["cashier", "supervisor", "manager"] { option selected[typed.value("staff", "role") == role] { (role) } } }
                    }
                    div { label for="pin" { "PIN" } input #pin name="pin" type="password" inputmode="numeric" autocomplete="new-password" required; }
                }, "Take on"))
            }
            p.soft { "The shop goes on with it at once. Headquarters is shown who changed what." }
        }
    }
}

fn form(what: &str, title: &str, fields: Markup, button: &str) -> Markup {
    html! {
        form.card.change method="post" action="/changes" {
            h2 { (title) }
            input type="hidden" name="what" value=(what);
            (fields)
            button { (button) }
        }
    }
}

fn field(typed: &Typed, what: &str, name: &str, label: &str, mode: &str, required: bool) -> Markup {
    html! {
        div {
            label for=(name) { (label) }
            input id=(name) name=(name) inputmode=(mode) value=(typed.value(what, name)) autocomplete="off" required[required];
        }
    }
}
