//! What the demo and the benchmark print, and how.

use comfy_table::{ContentArrangement, Table, TableStyle, presets};
use serde_json::Value;
use std::io::{self, Write};

/// Why the demo or the benchmark stopped.
pub type Problem = Box<dyn std::error::Error + Send + Sync>;

/// A chapter's heading.
///
/// # Errors
/// Standard output is closed.
pub fn heading(text: &str) -> Result<(), Problem> {
    line(&format!("\n== {text}"))
}

/// One line.
///
/// # Errors
/// Standard output is closed.
pub fn line(text: &str) -> Result<(), Problem> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

/// A table.
///
/// # Errors
/// Standard output is closed.
pub fn table(header: &[&str], rows: Vec<Vec<String>>) -> Result<(), Problem> {
    shaped(presets::UTF8_FULL_CONDENSED, header, rows)
}

/// A table as Markdown writes it, so that it can be put into a page.
///
/// # Errors
/// Standard output is closed.
pub fn markdown(header: &[&str], rows: Vec<Vec<String>>) -> Result<(), Problem> {
    shaped(presets::ASCII_MARKDOWN, header, rows)
}

fn shaped(style: TableStyle, header: &[&str], rows: Vec<Vec<String>>) -> Result<(), Problem> {
    let mut table = Table::new();
    table
        .load_style(style)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header.to_vec())
        .add_rows(rows);
    line(&table.to_string())
}

/// A report as a person reads it: the line that sums it up, then what is to be known and done.
///
/// # Errors
/// Standard output is closed.
pub fn report(report: &Value) -> Result<(), Problem> {
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
