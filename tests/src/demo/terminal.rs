//! What the demo prints, and how.

use super::Problem;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;
use std::io::{self, Write};

/// A chapter's heading.
pub(super) fn heading(text: &str) -> Result<(), Problem> {
    line(&format!("\n== {text}"))
}

/// One line.
pub(super) fn line(text: &str) -> Result<(), Problem> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

/// A table.
pub(super) fn table(header: &[&str], rows: Vec<Vec<String>>) -> Result<(), Problem> {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header.to_vec())
        .add_rows(rows);
    line(&table.to_string())
}

/// A report as a person reads it: the line that sums it up, then what is to be known and done.
pub(super) fn report(report: &Value) -> Result<(), Problem> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    line(&format!(
        "   {:<13} {}",
        text(&report["outcome"]),
        text(&report["summary"])
    ))?;
    for finding in report["findings"].as_array().into_iter().flatten() {
        line(&format!("                 ! {}", text(&finding["what"])))?;
        line(&format!(
            "                   why:  {}",
            text(&finding["why"])
        ))?;
        line(&format!(
            "                   next: {}",
            text(&finding["next"])
        ))?;
    }
    for command in report["repair"].as_array().into_iter().flatten() {
        line(&format!("                 $ {}", text(command)))?;
    }
    Ok(())
}
