//! The hub's HTTP interface as docs/openapi describes it is the one that the hub has; the cloud holds its own in its tests.

use std::path::Path;

#[test]
fn the_hubs_description_in_docs_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi/hub.json");
    let document = holdfast_hub::openapi_json();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &document).expect("written");
    }
    let golden = std::fs::read_to_string(&path).expect("docs/openapi/hub.json is there");
    assert!(
        golden == document,
        "docs/openapi/hub.json differs from the hub; look at why, then `cargo xtask codegen`"
    );
}
