//! What a store's managers changed without asking: somebody at HQ looks at it and takes it over, or not.

use maud::{Markup, html};

use super::text;
use crate::model::{StoreChangeRow, StoreRow};
use crate::projection::StoreClock;

/// Changes on one store's page.
const SHOWN: usize = 10;

/// The card of one store's page; nothing where nobody changed anything.
pub fn card(store: &StoreRow, changes: &[StoreChangeRow]) -> Markup {
    let clock = StoreClock::new(&store.time_zone, store.cut_over_minutes).ok();
    html! {
        @if !changes.is_empty() {
            section.card #changes data-live="" {
                header {
                    h2 { "Changed at the store" }
                    p.quiet { "Take over what is to stay: the next release from here replaces it." }
                }
                div.scroll {
                    table {
                        thead { tr { th { "When" } th { "What" } th { "Which" } th { "How" } } }
                        tbody {
                            @for row in changes.iter().take(SHOWN) {
                                tr {
                                    td { @if let Some(clock) = &clock { (text::full_time(clock, row.recorded_at_ms)) } }
                                    td { (words(&row.kind)) }
                                    td { (row.subject) }
                                    td { (row.detail) }
                                }
                            }
                        }
                    }
                }
                @if changes.len() > SHOWN {
                    p.quiet { "The latest " (SHOWN) " of " (changes.len()) "." }
                }
            }
        }
    }
}

fn words(kind: &str) -> &str {
    match kind {
        "item_added" => "Product added",
        "marked_down" => "Price lowered",
        "staff_added" => "Person taken on",
        other => other,
    }
}
