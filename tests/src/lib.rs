//! Scenarios over the real programs: hub, tills and cloud as a shop runs them. The tests are in `tests/`.
//!
//! Invariant: nothing here replaces a part of the product; what is proven is what is shipped.
