//! A page for people: lines and tables of cells, each cell with a tone. Where no colour is, a tone says nothing: no
//! cell means something by its colour alone.

use anstyle::{AnsiColor, Style};
use std::fmt;

/// What a cell is to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As everything else.
    #[default]
    Plain,
    /// A name, a title.
    Strong,
    /// As it should be.
    Good,
    /// Worth a look.
    Attention,
    /// Something is wrong.
    Bad,
    /// Beside the point.
    Faint,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Attention => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Faint => Style::new().dimmed(),
        }
    }
}

/// What would show the text after it turned round, or on another line.
/// Source: Unicode Standard Annex 9, "Explicit Directional Embeddings" and the two that follow it.
const TURNS_TEXT: [char; 11] = [
    '\u{2028}', '\u{2029}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}',
    '\u{2067}', '\u{2068}', '\u{2069}',
];

/// A few words with a tone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// The words.
    pub text: String,
    /// What they are to a reader.
    pub tone: Tone,
}

impl Cell {
    /// Words with a tone.
    #[must_use]
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            tone,
        }
    }

    /// A name, a title.
    #[must_use]
    pub fn strong(text: impl Into<String>) -> Self {
        Self::new(Tone::Strong, text)
    }

    /// As it should be.
    #[must_use]
    pub fn good(text: impl Into<String>) -> Self {
        Self::new(Tone::Good, text)
    }

    /// Worth a look.
    #[must_use]
    pub fn attention(text: impl Into<String>) -> Self {
        Self::new(Tone::Attention, text)
    }

    /// Something is wrong.
    #[must_use]
    pub fn bad(text: impl Into<String>) -> Self {
        Self::new(Tone::Bad, text)
    }

    /// Beside the point.
    #[must_use]
    pub fn faint(text: impl Into<String>) -> Self {
        Self::new(Tone::Faint, text)
    }

    /// What may be absent: a dash where it is.
    #[must_use]
    pub fn or_dash(text: Option<impl Into<String>>) -> Self {
        text.map_or_else(|| Self::faint("-"), |text| Self::from(text.into()))
    }

    /// The text. Where there is none: a dash, or that it is not known.
    #[must_use]
    pub fn or_unknown(text: Option<impl Into<String>>, is_known: bool) -> Self {
        match text {
            None if !is_known => Self::attention("not known"),
            text => Self::or_dash(text),
        }
    }

    /// What a terminal shows of it: a control character in a tag moves no cursor.
    pub(super) fn shown(&self) -> String {
        let shown = |each: char| {
            if each.is_control() || TURNS_TEXT.contains(&each) {
                ' '
            } else {
                each
            }
        };
        self.text.chars().map(shown).collect()
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }

    /// Whether it is empty, or a dash.
    pub(super) fn says_nothing(&self) -> bool {
        self.text.is_empty() || self.text == "-"
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(Tone::Plain, text)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = self.tone.style();
        write!(formatter, "{style}{}{style:#}", self.shown())
    }
}

/// Cells one after the other, with nothing between them.
pub type Line = Vec<Cell>;

/// Rows under the names of their fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The names of the fields.
    pub columns: Vec<&'static str>,
    /// A cell for each field.
    pub rows: Vec<Line>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn of(columns: &[&'static str]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// The table with one more row.
    pub fn push(&mut self, row: impl IntoIterator<Item = Cell>) {
        self.rows.push(row.into_iter().collect());
    }

    /// One line for each row, the fields with a tab between them: no field has one.
    #[must_use]
    pub fn tab_separated(&self) -> String {
        let head = self.columns.join("\t");
        let rows = self.rows.iter().map(|row| {
            let fields: Vec<String> = row.iter().map(Cell::shown).collect();
            fields.join("\t")
        });
        let lines: Vec<String> = std::iter::once(head).chain(rows).collect();
        lines.join("\n") + "\n"
    }

    /// How many columns of a terminal it takes, with two between its own.
    pub(super) fn columns_taken(&self) -> usize {
        let widths = self.widths();
        widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)
    }

    fn widths(&self) -> Vec<usize> {
        let of_column = |(index, name): (usize, &&str)| {
            let cells = self.rows.iter().filter_map(|row| row.get(index));
            let widest = cells.map(Cell::width).max().unwrap_or(0);
            widest.max(name.chars().count())
        };
        self.columns.iter().enumerate().map(of_column).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let head: Line = self
            .columns
            .iter()
            .map(|name| Cell::faint(name.to_uppercase()))
            .collect();
        for row in std::iter::once(&head).chain(&self.rows) {
            let last = row.iter().rposition(|cell| !cell.text.is_empty());
            for (index, cell) in row.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
                let gap = if index == 0 { "" } else { "  " };
                write!(formatter, "{gap}{cell}")?;
                if Some(index) != last {
                    let width = widths.get(index).copied().unwrap_or(0);
                    let missing = width.saturating_sub(cell.width());
                    write!(formatter, "{:missing$}", "")?;
                }
            }
            writeln!(formatter)?;
        }
        Ok(())
    }
}

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A line, empty where something begins anew.
    Line(Line),
    /// A table.
    Table(Table),
}

/// What a terminal shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page(pub Vec<Part>);

impl Page {
    /// The page with one more line.
    pub fn line(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.0.push(Part::Line(cells.into_iter().collect()));
    }

    /// The page with an empty line, unless it is at its top.
    pub fn gap(&mut self) {
        if !self.0.is_empty() {
            self.0.push(Part::Line(Line::new()));
        }
    }

    /// The page with something to know: what happened, why, and what to do, a line for each.
    pub fn finding(&mut self, what: &str, why: &str, next: &str) {
        self.line([Cell::attention("! "), what.into()]);
        self.line([Cell::faint(format!("  why: {why}"))]);
        self.line([Cell::from(format!("  do:  {next}"))]);
    }

    /// The page with one more table.
    pub fn table(&mut self, table: Table) {
        self.0.push(Part::Table(table));
    }
}

impl fmt::Display for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Line(line) => {
                    line.iter()
                        .try_for_each(|cell| write!(formatter, "{cell}"))?;
                    writeln!(formatter)?;
                }
                Part::Table(table) => write!(formatter, "{table}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(shown: impl fmt::Display) -> String {
        anstream::adapter::strip_str(&shown.to_string()).to_string()
    }

    #[test]
    fn the_fields_of_a_table_stand_under_each_other() {
        let mut table = Table::of(&["address", "group"]);
        table.push([Cell::from("203.0.113.7"), Cell::good("web")]);
        table.push([Cell::from("198.51.100.200"), Cell::or_dash(None::<String>)]);
        let expected = "ADDRESS         GROUP\n203.0.113.7     web\n198.51.100.200  -\n";
        assert_eq!(plain(&table), expected);
    }

    #[test]
    fn a_tag_s_value_cannot_move_the_cursor_or_add_a_field() {
        let mut table = Table::of(&["group", "note"]);
        table.push([Cell::from("a\tb\u{1b}[2J"), Cell::from("c\nd")]);
        assert_eq!(table.tab_separated(), "group\tnote\na b [2J\tc d\n");
        assert!(!plain(&table).contains('\u{1b}'));
        assert_eq!(plain(&table).lines().count(), 2);
    }
}
