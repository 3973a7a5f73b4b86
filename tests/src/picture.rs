//! A terminal's output as a picture: an SVG that a document shows. It has a dark ground of its own, so that it reads on a
//! light page and on a dark one.

use std::fmt::Write;

const COLUMN: f64 = 7.8;
const LINE: f64 = 18.0;
const MARGIN: f64 = 16.0;
/// Above the first line: the bar with the command.
const BAR: f64 = 34.0;

/// What the codes of a terminal have set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Look {
    is_bold: bool,
    is_faint: bool,
    colour: u8,
}

impl Look {
    /// One code of Select Graphic Rendition. Source: ECMA-48, 8.3.117.
    fn set(&mut self, code: &str) {
        match code {
            "" | "0" => *self = Self::default(),
            "1" => self.is_bold = true,
            "2" => self.is_faint = true,
            "31" => self.colour = 1,
            "32" => self.colour = 2,
            "33" => self.colour = 3,
            _ => {}
        }
    }

    fn class(self) -> &'static str {
        match (self.colour, self.is_bold, self.is_faint) {
            (1, ..) => "bad",
            (2, ..) => "good",
            (3, ..) => "attention",
            (_, true, _) => "strong",
            (_, _, true) => "faint",
            _ => "plain",
        }
    }
}

/// Some text of one look.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    column: usize,
    text: String,
    look: Look,
}

/// The runs of each line.
fn lines(output: &str) -> Vec<Vec<Run>> {
    let mut look = Look::default();
    output.lines().map(|line| runs(line, &mut look)).collect()
}

fn runs(line: &str, look: &mut Look) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut column = 0;
    for (index, piece) in line.split("\u{1b}[").enumerate() {
        let text = if index == 0 {
            piece
        } else {
            let (codes, text) = piece.split_once('m').unwrap_or(("", piece));
            codes.split(';').for_each(|code| look.set(code));
            text
        };
        if !text.is_empty() {
            runs.push(Run {
                column,
                text: text.to_owned(),
                look: *look,
            });
            column += text.chars().count();
        }
    }
    runs
}

/// The pieces of a run between its gaps, each with its column: what draws an SVG may take two blanks for one.
fn pieces(run: &Run) -> Vec<(usize, String, Look)> {
    let mut pieces: Vec<(usize, String, Look)> = Vec::new();
    let mut blanks = 2;
    for (index, each) in run.text.chars().enumerate() {
        if each == ' ' {
            blanks += 1;
            continue;
        }
        match pieces.last_mut() {
            Some((_, text, _)) if blanks < 2 => {
                text.push_str(&" ".repeat(blanks));
                text.push(each);
            }
            _ => pieces.push((run.column + index, each.to_string(), run.look)),
        }
        blanks = 0;
    }
    pieces
}

/// A command with what it printed, as an SVG.
#[must_use]
pub fn svg(command: &str, output: &str) -> String {
    let lines = lines(output.trim_end());
    let ends = lines.iter().filter_map(|line| line.last());
    let widest = ends
        .map(|run| run.column + run.text.trim_end().chars().count())
        .max();
    let columns = widest.unwrap_or(0).max(command.chars().count() + 2);
    let width = 2.0 * MARGIN + COLUMN * as_f64(columns);
    let height = BAR + MARGIN + LINE * as_f64(lines.len()) + MARGIN / 2.0;
    let mut svg = head(width, height, command);
    for (number, line) in lines.iter().enumerate() {
        let y = BAR + LINE * as_f64(number + 1);
        for (column, shown, look) in line.iter().flat_map(pieces) {
            let x = MARGIN + COLUMN * as_f64(column);
            let length = COLUMN * as_f64(shown.chars().count());
            // A string takes all that is written to it.
            let _ = writeln!(
                svg,
                r#"<text class="{}" x="{x:.1}" y="{y:.0}" textLength="{length:.1}">{}</text>"#,
                look.class(),
                escaped(&shown),
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn head(width: f64, height: f64, command: &str) -> String {
    let command = escaped(command);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" role="img">
<title>{command}</title>
<style>
text {{ font: 13px ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; fill: #e6edf3; }}
.bad {{ fill: #ff7b72; font-weight: bold; }}
.good {{ fill: #56d364; }}
.attention {{ fill: #e3b341; }}
.strong {{ font-weight: bold; }}
.faint {{ fill: #9198a1; }}
</style>
<rect x="0.5" y="0.5" width="{:.0}" height="{:.0}" rx="8" fill="#0d1117" stroke="#3d444d"/>
<text class="faint" x="{MARGIN}" y="24">$ {command}</text>
"##,
        width - 1.0,
        height - 1.0,
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_holds_until_it_is_reset_and_each_run_knows_its_column() {
        let runs = lines("ab \u{1b}[32mready\u{1b}[0m  \u{1b}[1m\u{1b}[31mno\u{1b}[0m");
        let told: Vec<(usize, &str, &str)> = runs[0]
            .iter()
            .map(|run| (run.column, run.text.as_str(), run.look.class()))
            .collect();
        let expected = [
            (0, "ab ", "plain"),
            (3, "ready", "good"),
            (8, "  ", "plain"),
            (10, "no", "bad"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_gap_is_a_place_and_not_some_blanks() {
        let runs = lines("  web    ready now");
        let columns: Vec<(usize, String)> = pieces(&runs[0][0])
            .into_iter()
            .map(|(column, text, _)| (column, text))
            .collect();
        assert_eq!(
            columns,
            [(2, "web".to_owned()), (9, "ready now".to_owned())]
        );
    }

    #[test]
    fn what_svg_would_read_as_its_own_is_escaped() {
        let svg = svg("holdfast status", "<a> & b");
        assert!(svg.contains("&lt;a&gt; &amp; b"), "{svg}");
    }
}
