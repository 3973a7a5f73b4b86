//! What the doctor prints, and the documents that tell of it.

use crate::account::Account;
use serde_json::Value;
use std::path::Path;

const CLI: &str = include_str!("../../../docs/CLI.md");

#[tokio::test]
async fn where_all_is_well_every_check_is_passed() {
    let account = Account::well().await;
    let (code, checks) = account.checks().await;
    let others: Vec<&Value> = checks
        .iter()
        .filter(|told| told["outcome"] != "passed")
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    assert_eq!(checks.len(), 19);
    assert_eq!(code, 0);
}

#[tokio::test]
async fn the_table_of_the_document_names_each_check_and_says_why_it_matters() {
    let account = Account::well().await;
    let (_, checks) = account.checks().await;
    let (_, section) = CLI
        .split_once("## What the doctor looks at")
        .expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<Vec<&str>> = rows
        .map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let written: Vec<String> = rows
        .iter()
        .map(|row| row[0].trim_matches('`').to_owned())
        .collect();
    let told: Vec<&str> = checks
        .iter()
        .filter_map(|told| told["check"].as_str())
        .collect();
    assert_eq!(written, told);
    for (row, told) in rows.iter().zip(&checks) {
        assert_eq!(row[2], told["why"].as_str().unwrap_or_default());
    }
}

#[tokio::test]
async fn a_person_reads_what_was_seen_why_it_matters_and_what_to_do() {
    let account = Account::well().await;
    account.simulator.world().settings().address_quota = 1;
    let seen = account.run(&["doctor"]).await;
    assert_eq!(seen.code, 1, "{seen:?}");
    for part in [
        "holdfast in us-east-1",
        "address-quota: 1 address of 1 in use",
        "  why: With a full quota",
        "  do:  Ask for more in Service Quotas",
        "18 passed, 1 failed, 0 not made",
    ] {
        assert!(seen.out.contains(part), "{part}\n{}", seen.out);
    }
    let rows = account.run(&["doctor", "--output", "tsv"]).await;
    assert_eq!(rows.out.lines().count(), 20, "{}", rows.out);
}

#[tokio::test]
async fn the_json_has_the_fields_of_its_schema_and_no_others() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/schema/doctor.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let of_check = &schema["properties"]["stacks"]["items"]["properties"]["checks"]["items"];
    let account = Account::well().await;
    account.simulator.world().settings().address_quota = 1;
    let (_, checks) = account.checks().await;
    for told in checks {
        let fields = told.as_object().unwrap();
        let known = of_check["properties"].as_object().unwrap();
        assert!(
            fields.keys().all(|field| known.contains_key(field)),
            "{told}"
        );
        let required = of_check["required"].as_array().unwrap();
        assert!(
            required
                .iter()
                .all(|field| fields.contains_key(field.as_str().unwrap()))
        );
    }
}
