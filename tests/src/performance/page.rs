//! The page: text that people write, with places for what was measured. A place is a line `<!-- measured: NAME -->` of the
//! template, docs/performance/page.md.

use super::{Results, State, plots, tables};
use std::path::PathBuf;

/// How a place begins and ends.
const PLACE: (&str, &str) = ("<!-- measured: ", " -->");

const FIRST_LINE: &str = "<!-- `make bench` writes this page from docs/performance/page.md and results.json. Change those. -->\n";

/// The page of these results.
///
/// # Errors
/// The template has a place that nobody knows.
pub fn page(template: &str, results: &Results) -> Result<String, String> {
    let mut page = FIRST_LINE.to_owned();
    for line in template.lines() {
        let place = line
            .strip_prefix(PLACE.0)
            .and_then(|rest| rest.strip_suffix(PLACE.1));
        match place {
            Some(name) => page.push_str(&measured(name, results)?),
            None => page.extend([line, "\n"]),
        }
    }
    Ok(page)
}

/// What the command writes below docs: each file and its text.
///
/// # Errors
/// As [`page`].
pub fn files(template: &str, results: &Results) -> Result<Vec<(PathBuf, String)>, String> {
    let mut files = vec![(PathBuf::from("PERFORMANCE.md"), page(template, results)?)];
    for (name, plot) in plots::all(results) {
        files.push((
            PathBuf::from("performance").join(format!("{name}.svg")),
            plot,
        ));
    }
    Ok(files)
}

/// Each table with its title, for whoever watches the command: those alone that have something in them.
#[must_use]
pub fn sections(results: &Results) -> Vec<(&'static str, String)> {
    let paths = &results.paths;
    let all = [
        (
            "Start",
            results.starts.is_empty(),
            tables::starts(&results.starts),
        ),
        ("Cold", paths.is_empty(), tables::paths(paths, State::Cold)),
        ("Warm", paths.is_empty(), tables::paths(paths, State::Warm)),
        (
            "After a freeze",
            paths.is_empty(),
            tables::paths(paths, State::Frozen),
        ),
        (
            "Event",
            results.events.is_empty(),
            tables::events(&results.events),
        ),
        (
            "Sweep",
            results.sweeps.is_empty(),
            tables::sweeps(&results.sweeps),
        ),
        (
            "Bursts",
            results.bursts.is_empty(),
            tables::bursts(&results.bursts),
        ),
        (
            "Failover",
            results.failovers.is_empty(),
            tables::failovers(&results.failovers),
        ),
    ];
    let measured = all.into_iter().filter(|(_, is_empty, _)| !is_empty);
    measured.map(|(title, _, table)| (title, table)).collect()
}

fn measured(name: &str, results: &Results) -> Result<String, String> {
    Ok(match name {
        "machine" => tables::machine(results),
        "held-by" => format!("A process is held to it by {}.\n", results.machine.held_by),
        "starts" => tables::starts(&results.starts),
        "cold" => tables::paths(&results.paths, State::Cold),
        "warm" => tables::paths(&results.paths, State::Warm),
        "frozen" => tables::paths(&results.paths, State::Frozen),
        "path-rounds" => tables::path_rounds(&results.paths),
        "events" => tables::events(&results.events),
        "sweeps" => tables::sweeps(&results.sweeps),
        "bursts" => tables::bursts(&results.bursts),
        "failovers" => tables::failovers(&results.failovers),
        other => {
            let printed = results.printed.get(other);
            let unknown = || format!("nobody measures what the page has a place for: {other}");
            format!("{}\n", printed.ok_or_else(unknown)?.trim_end())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_and_a_place_is_filled() {
        let mut results = Results::default();
        results
            .printed
            .insert("a-table".to_owned(), "| 1 |".to_owned());
        let page = page("before\n<!-- measured: a-table -->\nafter\n", &results).unwrap();
        assert_eq!(page, format!("{FIRST_LINE}before\n| 1 |\nafter\n"));
    }

    #[test]
    fn a_place_that_nobody_knows_is_an_error() {
        let refused = page("<!-- measured: a-table -->\n", &Results::default());
        assert!(refused.unwrap_err().contains("a-table"));
    }
}
