//! The files for the guests of a group.

use super::account::Account;
use crate::schema::holds as follows_its_schema;
use holdfast_tests::scenarios::failover::{floating_address, floating_interface};
use holdfast_tests::scenarios::placement::GROUP;

#[tokio::test]
async fn a_group_whose_interface_moves_has_files_for_its_guests() {
    let account = Account::of(floating_interface().world.clone()).await;
    let folder = std::env::temp_dir().join(format!("holdfast-guest-{}", std::process::id()));
    let out = folder.to_str().unwrap();
    let arguments = [
        "guest", GROUP.1, "--for", "networkd", "--out", out, "--output", "json",
    ];
    let ran = account.run(&arguments).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    follows_its_schema(&ran.json());
    let first = ran.json()["files"][0].as_str().unwrap().to_owned();
    assert!(first.ends_with("install.sh"), "{first}");
    assert!(std::fs::read_to_string(first).unwrap().contains("holdfast"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_group_that_needs_no_files_is_told_so() {
    let account = Account::of(floating_address().world.clone()).await;
    let arguments = [
        "guest",
        GROUP.1,
        "--for",
        "networkd",
        "--out",
        "/nonexistent",
    ];
    let ran = account.run(&arguments).await;
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.err.contains("needs no kit"), "{}", ran.err);
}
