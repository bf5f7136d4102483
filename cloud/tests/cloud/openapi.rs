//! The API's description in docs is the one that the program has.

use std::path::Path;

#[test]
fn the_description_in_docs_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi/cloud.json");
    let document = holdfast_cloud::openapi_json();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &document).unwrap();
    }
    let golden =
        std::fs::read_to_string(&path).expect("docs/openapi/cloud.json is there; UPDATE_GOLDEN=1 writes it");
    assert!(
        golden == document,
        "docs/openapi/cloud.json differs from the program; look at why, then UPDATE_GOLDEN=1"
    );
}
