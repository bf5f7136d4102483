//! The store's sales as a manager reads them.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use holdfast_money::{Currency, Money};
use maud::{Markup, html};

use super::markup::{figure, page};
use super::store_name;
use crate::http::App;
use crate::http::problem::Refused;
use crate::http::reports::blocking;
use crate::http::sales::{By, DatesQuery, SalesReport, TurnoverRow, query, report};
use crate::http::who::ManagingViewer;

/// Products on the page; the file has all of them.
const PRODUCTS_SHOWN: usize = 100;

pub(in crate::http) async fn sales(
    ManagingViewer(viewer): ManagingViewer,
    State(app): State<Arc<App>>,
    asked: Result<Query<DatesQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let asked = query(asked)?;
    let (reading, dates) = (Arc::clone(&app), asked.clone());
    let open_drawers = viewer.open_drawers;
    let content = match blocking(move || report(&reading, &dates, open_drawers)).await {
        Ok(report) => report_markup(&report),
        Err(refused) if refused.status().is_client_error() => {
            html! { (dates_form("/reports", &asked, &html! {})) (super::markup::problem(&refused.0.to_string())) }
        }
        Err(refused) => return Err(refused),
    };
    Ok(page("Sales", &store_name(&app), &viewer, &content).into_response())
}

/// The dates that are shown, and others to ask for.
pub(super) fn dates_form(action: &str, asked: &DatesQuery, more: &Markup) -> Markup {
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    html! {
        form.card.asked method="get" action=(action) {
            div { label for="from" { "From" } input #from name="from" type="date" value=(of(&asked.from)); }
            div { label for="to" { "To" } input #to name="to" type="date" value=(of(&asked.to)); }
            (more)
            button { "Show" }
        }
    }
}

fn report_markup(report: &SalesReport) -> Markup {
    let currency = Currency::from_code(&report.currency).expect("the report names the store's own currency");
    let money = |minor| Money::from_minor(minor, currency).to_string();
    let asked = DatesQuery { from: Some(report.from.clone()), to: Some(report.to.clone()) };
    let (all, outside) = (&report.all, &report.outside_turnover);
    html! {
        (dates_form("/reports", &asked, &html! {}))
        @if report.unreadable_records > 0 {
            (super::markup::problem(&format!("{} records of these dates cannot be read by this version; the sums are not complete.", report.unreadable_records)))
        }
        div.grid {
            section.card {
                h2 { "Turnover" }
                div.figures {
                    (figure(&money(all.gross_minor), "gross"))
                    (figure(&money(all.net_minor), "net"))
                    (figure(&money(all.tax_minor), "tax"))
                    (figure(&money(all.discount_minor), "discount"))
                    (figure(&money(all.returned_minor), "returned"))
                }
                p.soft { (all.sales) " sales, " (all.returns) " returns, " (all.post_voids) " post-voids, " (outside.cancelled) " cancelled" }
            }
            section.card {
                h2 { "Shifts " (agreement(report)) }
                div.figures {
                    (figure(&report.shifts.opened.to_string(), "opened"))
                    (figure(&report.shifts.still_open.to_string(), "still open"))
                    (figure(&money(report.shifts.z_gross_minor), "gross of the Z reports"))
                    (figure(&money(report.shifts.over_short_minor), "over or short"))
                }
            }
            section.card {
                h2 { "Outside turnover" }
                div.figures {
                    (figure(&money(outside.deposits_minor), "open deposits"))
                    (figure(&money(outside.rounding_minor), "cash rounding"))
                    (figure(&money(outside.tips_minor), "tips"))
                    (figure(&money(outside.cash_expected_minor), "expected in the drawers"))
                }
                (left_out(report))
            }
        }
        @if report.by_day.is_empty() { p.card.soft { "Nothing happened on these dates." } }
        @else {
            @if report.from != report.to { (table("By date", By::Day, report, currency)) }
            (hours(report, currency))
            (table("By product", By::Product, report, currency))
            (table("By person", By::Staff, report, currency))
            (table("By till", By::Till, report, currency))
            (table("By tender", By::Tender, report, currency))
            (table("By tax rate", By::Tax, report, currency))
            @if !report.tips.is_empty() { (table("Tips by person", By::Tips, report, currency)) }
        }
        (definitions())
        p.soft { "As of record " (report.as_of_seq) "." }
    }
}

/// That something is missing, and why.
fn left_out(report: &SalesReport) -> Markup {
    let left_out = report.shifts.drawers_left_out;
    html! {
        @if left_out > 0 {
            p.state.warn {
                "Without " (left_out) @if left_out == 1 { " open shift" } @else { " open shifts" } ": "
                "cash and tenders are told after the count, or to somebody signed in who may read an X report."
            }
        }
    }
}

fn agreement(report: &SalesReport) -> Markup {
    html! {
        @match (report.shifts.agrees_with_z, report.shifts.opened) {
            (_, 0) => {},
            (Some(true), _) => span.state.good { "the Z reports say the same" },
            (Some(false), _) => span.state.bad { "the Z reports say something else" },
            (None, _) => span.state.warn { "open shifts have no Z yet" },
        }
    }
}

/// When the shop is busy.
fn hours(report: &SalesReport, currency: Currency) -> Markup {
    let most = report.by_hour.iter().map(|row| row.figures.gross_minor).max().unwrap_or(0).max(1);
    let bar = |row: &TurnoverRow| row.figures.gross_minor.max(0);
    html! {
        section.card {
            (title("By hour", By::Hour, report))
            table {
                tr { th { "Hour" } th.number { "Sales" } th.number { "Gross" } th.fill {} }
                @for row in &report.by_hour {
                    tr {
                        td { (row.name) }
                        td.number { (row.figures.sales) }
                        td.number { (Money::from_minor(row.figures.gross_minor, currency)) }
                        td.fill { progress max=(most) value=(bar(row)) aria-hidden="true" {} }
                    }
                }
            }
        }
    }
}

fn title(title: &str, by: By, report: &SalesReport) -> Markup {
    let file = format!("/api/v1/reports/sales.csv?by={}&from={}&to={}", by.name(), report.from, report.to);
    html! { div.titled { h2 { (title) } a href=(file) download { "CSV" } } }
}

fn table(name: &str, by: By, report: &SalesReport, currency: Currency) -> Markup {
    let rows = by.rows(report, currency);
    let words = match by {
        By::Product | By::Staff | By::Till | By::Tips => 2,
        By::Day | By::Hour | By::Tender | By::Tax => 1,
    };
    html! {
        section.card {
            (title(name, by, report))
            table {
                tr { @for (at, head) in by.header().iter().enumerate() { th.number[at >= words] { (head.replace('_', " ")) } } }
                @for row in rows.iter().take(PRODUCTS_SHOWN) {
                    tr { @for (at, cell) in row.iter().enumerate() { td.number[at >= words] { (cell.shown()) } } }
                }
            }
            @if by == By::Tender { (left_out(report)) }
            @if rows.len() > PRODUCTS_SHOWN { p.soft { "The first " (PRODUCTS_SHOWN) " of " (rows.len()) "; the file has all." } }
        }
    }
}

/// What the words mean.
fn definitions() -> Markup {
    html! {
        details.card {
            summary { "What the figures mean" }
            dl {
                dt { "Gross" } dd { "What sales came to, tax included, less returns and post-voids." }
                dt { "Net" } dd { "The same without tax." }
                dt { "Tax" } dd { "Gross less net, at the rates that each sale was made at." }
                dt { "Discount" } dd { "What was taken off by hand and by promotions, less what came back of it. Gross has it taken off already." }
                dt { "Returned" } dd { "Gross of returns and post-voids of these dates, whenever the goods were sold." }
                dt { "Date" } dd { "The business date of the shift: a sale past midnight keeps it." }
                dt { "Hour" } dd { "The hour of the store's clock in which the hub recorded it." }
                dt { "Person" } dd { "Who was signed on at the till." }
                dt { "Outside turnover" } dd { "Deposits until the sale is complete, cash rounding, tips, and cash that moves without goods. Tips are the staff's; tenders and drawers have them." }
                dt { "Training" } dd { "Counts for nothing." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::sales::{OutsideTurnover, ProductRow, ShiftsOfReport, TurnoverFigures};

    fn report() -> SalesReport {
        let figures = TurnoverFigures { sales: 2, gross_minor: 357, ..TurnoverFigures::default() };
        let row = |key: &str, name: &str| TurnoverRow { key: key.into(), name: name.into(), figures };
        SalesReport {
            from: "2026-11-28".into(),
            to: "2026-11-28".into(),
            currency: "GBP".into(),
            as_of_seq: 9,
            unreadable_records: 0,
            all: figures,
            outside_turnover: OutsideTurnover {
                deposits_minor: 0,
                rounding_minor: 0,
                tips_minor: 150,
                cash_expected_minor: 0,
                cancelled: 0,
            },
            shifts: ShiftsOfReport {
                opened: 1,
                still_open: 0,
                drawers_left_out: 0,
                z_numbers: vec![1],
                z_gross_minor: 357,
                over_short_minor: 0,
                agrees_with_z: Some(true),
            },
            by_day: vec![row("2026-11-28", "2026-11-28")],
            by_hour: vec![row("09:00", "09–10")],
            by_product: vec![ProductRow {
                sku: "X".into(),
                description: "<script>alert(1)</script>".into(),
                sold_thousandths: 3000,
                returned_thousandths: 0,
                gross_minor: 357,
                net_minor: 340,
                tax_minor: 17,
                discount_minor: 0,
            }],
            by_staff: vec![row("200", "<b>Clerk</b>")],
            by_till: Vec::new(),
            by_tender: Vec::new(),
            by_tax: Vec::new(),
            tips: vec![crate::http::sales::TipsRow {
                key: "200".into(),
                name: "<b>Clerk</b>".into(),
                tips_minor: 150,
            }],
        }
    }

    #[test]
    fn names_stay_text_and_the_figures_are_there() {
        let text = report_markup(&report()).into_string();
        assert!(!text.contains("<script>alert") && text.contains("&lt;script&gt;alert(1)"), "{text}");
        assert!(!text.contains("<b>Clerk") && text.contains("3.57 GBP"), "{text}");
    }

    #[test]
    fn nothing_says_that_the_z_agrees_unless_it_does() {
        for (agrees, opened, words) in [
            (Some(true), 1, "the Z reports say the same"),
            (Some(false), 1, "the Z reports say something else"),
            (None, 1, "open shifts have no Z yet"),
        ] {
            let mut report = report();
            report.shifts.agrees_with_z = agrees;
            report.shifts.opened = opened;
            assert!(report_markup(&report).into_string().contains(words), "{agrees:?}");
        }
        let mut empty = report();
        (empty.shifts.opened, empty.by_day) = (0, Vec::new());
        let text = report_markup(&empty).into_string();
        assert!(text.contains("Nothing happened") && !text.contains("the Z reports say"), "{text}");
    }
}
