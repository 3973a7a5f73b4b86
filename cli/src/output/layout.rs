//! A page in the width of a terminal. Nothing is cut: a line goes on below, further in, and a table that is too wide
//! becomes a few lines for each of its rows.

use super::page::{Cell, Line, Page, Part, Table};
use std::fmt::Write;

/// How far in a line goes on.
const FURTHER_IN: usize = 2;

/// The text of a page in so many columns.
pub(super) fn in_columns(page: &Page, columns: usize) -> String {
    let mut text = String::new();
    for part in &page.0 {
        match part {
            Part::Line(line) => text.push_str(&wrapped(line, columns)),
            Part::Table(table) if table.columns_taken() <= columns => {
                // A string takes all that is written to it.
                let _ = write!(text, "{table}");
            }
            Part::Table(table) => text.push_str(&in_blocks(table, columns)),
        }
    }
    text
}

/// Each row by itself: its first field, and under it the others with their names, as many on a line as there is room for.
fn in_blocks(table: &Table, columns: usize) -> String {
    let mut text = String::new();
    for row in &table.rows {
        let mut fields = table.columns.iter().zip(row);
        if let Some((_, first)) = fields.next() {
            text.push_str(&wrapped(std::slice::from_ref(first), columns));
        }
        let mut line = Line::new();
        for (name, cell) in fields.filter(|(_, cell)| !cell.says_nothing()) {
            let field = [Cell::faint(format!("  {name}: ")), cell.clone()];
            if !line.is_empty() && width(&line) + width(&field) > columns {
                text.push_str(&wrapped(&line, columns));
                line.clear();
            }
            line.extend(field);
        }
        if !line.is_empty() {
            text.push_str(&wrapped(&line, columns));
        }
    }
    text
}

fn width(line: &[Cell]) -> usize {
    line.iter().map(|cell| cell.text.chars().count()).sum()
}

/// A line that goes on below where it is too long. A word that is too long itself stays whole, to be copied.
fn wrapped(line: &[Cell], columns: usize) -> String {
    let all: String = line.iter().map(|cell| cell.text.as_str()).collect();
    let indent = all.chars().take_while(|each| *each == ' ').count() + FURTHER_IN;
    let mut text = String::new();
    let (mut taken, mut blanks) = (0, 0);
    for cell in line {
        let mut shown = String::new();
        for (index, word) in cell.shown().split(' ').enumerate() {
            blanks += usize::from(index > 0);
            // Blanks stand before a word alone: at the end of a line they would begin another one.
            if word.is_empty() {
                continue;
            }
            let width = word.chars().count();
            if taken > indent && taken + blanks + width > columns {
                shown.push('\n');
                shown.push_str(&" ".repeat(indent));
                taken = indent + width;
            } else {
                shown.push_str(&" ".repeat(blanks));
                taken += blanks + width;
            }
            blanks = 0;
            shown.push_str(word);
        }
        // Each line has its own colour: what breaks a line would be shown as a blank inside a cell.
        for (index, piece) in shown.split('\n').enumerate() {
            if index > 0 {
                text.push('\n');
            }
            let _ = write!(text, "{}", Cell::new(cell.tone, piece));
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(page: &Page, columns: usize) -> String {
        anstream::adapter::strip_str(&in_columns(page, columns)).to_string()
    }

    fn page() -> Page {
        let mut page = Page::default();
        page.line([
            "  do:  see its events in CloudFormation, mend what failed, and deploy again".into(),
        ]);
        let mut table = Table::of(&["address", "allocation", "note"]);
        table.push([
            Cell::from("203.0.113.7"),
            Cell::from("eipalloc-0123456789abcdef0"),
            Cell::default(),
        ]);
        page.table(table);
        page
    }

    #[test]
    fn a_line_goes_on_below_and_further_in() {
        let shown = plain(&page(), 40);
        let expected =
            "  do:  see its events in CloudFormation,\n    mend what failed, and deploy again\n";
        assert!(shown.starts_with(expected), "{shown}");
    }

    #[test]
    fn a_table_that_is_too_wide_is_a_block_for_each_row() {
        let shown = plain(&page(), 40);
        let expected = "203.0.113.7\n  allocation: eipalloc-0123456789abcdef0\n";
        assert!(shown.ends_with(expected), "{shown}");
        let mut table = Table::of(&["time", "told by", "what"]);
        table.push(["now", "ledger", "a long story of an address"].map(Cell::from));
        let expected = "now\n  told by: ledger\n  what: a long story\n    of an address\n";
        assert_eq!(
            anstream::adapter::strip_str(&in_blocks(&table, 22)).to_string(),
            expected
        );
        let expected = "now\n  told by: ledger  what: a long story of an address\n";
        assert_eq!(
            anstream::adapter::strip_str(&in_blocks(&table, 60)).to_string(),
            expected
        );
    }

    #[test]
    fn no_line_ends_in_a_blank_that_would_begin_another_one() {
        let mut page = Page::default();
        page.line([
            "failed events: 0".into(),
            ", ".into(),
            Cell::from("1 address"),
        ]);
        assert_eq!(plain(&page, 17), "failed events: 0,\n  1 address\n");
    }

    #[test]
    fn a_tag_s_value_makes_no_line_of_its_own() {
        let mut page = Page::default();
        page.line([Cell::from("a\nb\u{1b}[2J")]);
        assert_eq!(plain(&page, 40), "a b [2J\n");
    }

    #[test]
    fn a_page_that_has_room_is_as_it_is() {
        let wide = anstream::adapter::strip_str(&page().to_string()).to_string();
        assert_eq!(plain(&page(), 200), wide);
    }

    #[test]
    fn no_word_is_lost_in_any_width() {
        let words = |text: &str| {
            let words = text.split_whitespace().map(str::to_owned);
            words.collect::<Vec<String>>()
        };
        for columns in [1, 20, 40, 80] {
            let shown = words(&plain(&page(), columns));
            for word in [
                "203.0.113.7",
                "eipalloc-0123456789abcdef0",
                "CloudFormation,",
                "again",
            ] {
                assert!(
                    shown.iter().any(|it| it == word),
                    "{word} in {columns}: {shown:?}"
                );
            }
        }
    }
}
