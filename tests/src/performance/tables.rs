//! The tables of the page, each from the figures alone.

use super::{Burst, Event, Failover, HeldUp, Path, Results, Spread, Start, State, Sweep};
use std::fmt::Write;

/// A table as Markdown has it. The first column is text, and the others are numbers.
pub(super) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut page = format!("| {} |\n", header.join(" | "));
    let rules: Vec<&str> = (0..header.len())
        .map(|column| if column == 0 { "---" } else { "---:" })
        .collect();
    let _ = writeln!(page, "| {} |", rules.join(" | "));
    for row in rows {
        let _ = writeln!(page, "| {} |", row.join(" | "));
    }
    page
}

/// With the digits that mean something.
pub(super) fn number(value: f64) -> String {
    match value {
        value if value < 9.95 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

fn spread(spread: Spread) -> String {
    format!("{} ({})", number(spread.median), number(spread.ninth))
}

fn spread_or_dash(of: Option<Spread>) -> String {
    of.map_or_else(|| "-".to_owned(), spread)
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{}", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

fn times(ratio: f64) -> String {
    if ratio < 0.95 {
        format!("{ratio:.2} times")
    } else {
        format!("{} times", number(ratio))
    }
}

/// The first one's median as a multiple of the second one's.
pub(super) fn ratio(of: Spread, to: Spread) -> f64 {
    of.median / to.median
}

pub(super) fn starts(all: &[Start]) -> String {
    let empty = all.first().map(|start| start.took).unwrap_or_default();
    let rows = all.iter().map(|start| {
        vec![
            start.function.clone(),
            start.binary_bytes.map_or_else(|| "-".to_owned(), megabytes),
            spread(start.took),
            times(ratio(start.took, empty)),
            spread(start.processor),
            megabytes(start.peak_kib * 1024),
            start.count.to_string(),
        ]
    });
    let header = [
        "function",
        "binary, MB",
        "start, ms",
        "of the empty one's",
        "processor, ms",
        "peak memory, MB",
        "starts",
    ];
    table(&header, rows)
}

/// The same cell, of the peer with the same job.
pub(super) fn peer_of<'a>(all: &'a [Path], path: &Path) -> Option<&'a Path> {
    all.iter().find(|other| {
        other.job == path.job
            && other.function != path.function
            && other.share == path.share
            && other.state == path.state
            && (other.round_trip_ms - path.round_trip_ms).abs() < f64::EPSILON
    })
}

/// Whether it is a script in Python.
pub(super) fn is_peer(function: &str) -> bool {
    function.starts_with("boto3")
}

pub(super) fn paths(all: &[Path], of: State) -> String {
    let is_cold = of == State::Cold;
    let ours = all
        .iter()
        .filter(|path| path.state == of && !is_peer(&path.function));
    let rows = ours.map(|path| {
        let peer = peer_of(all, path);
        let mut row = vec![
            format!("{}: `{}`", path.function, call(&path.decides)),
            path.round_trip_ms.to_string(),
            path.share.to_string(),
        ];
        if is_cold {
            row.push(spread_or_dash(path.first_poll));
            row.push(spread_or_dash(path.ledger));
        }
        row.push(spread(path.decided));
        if is_cold {
            row.push(path.bound_ms.map_or_else(|| "-".to_owned(), number));
        }
        row.push(spread(path.processor));
        row.push(peer.map_or_else(|| "-".to_owned(), |peer| spread(peer.decided)));
        row.push(peer.map_or_else(
            || "-".to_owned(),
            |peer| times(ratio(peer.decided, path.decided)),
        ));
        row
    });
    let mut header = vec!["function and call", "round trip, ms", "of 1,769"];
    if is_cold {
        header.extend([
            "first poll, ms",
            "ledger asked, ms",
            "sent, ms",
            "bound, ms",
        ]);
    } else {
        header.push("sent, ms");
    }
    header.extend(["processor, ms", "boto3: sent, ms", "boto3 takes"]);
    table(&header, rows)
}

fn call(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, action)| action)
}

pub(super) fn path_rounds(all: &[Path]) -> String {
    let of = |peers: bool| {
        let counts = all.iter().filter(|path| is_peer(&path.function) == peers);
        counts.map(|path| path.count).min().unwrap_or_default()
    };
    format!(
        "{} processes in each row, and {} of boto3.\n",
        of(false),
        of(true)
    )
}

pub(super) fn events(all: &[Event]) -> String {
    let rows = all.iter().map(|event| {
        vec![
            event.what.clone(),
            format!("`{}`", call(&event.decides)),
            spread(event.first_decided),
            spread(event.decided),
            spread(event.reported),
            spread(event.processor),
            event.calls.len().to_string(),
        ]
    });
    let header = [
        "event",
        "decided by",
        "first of a process, ms",
        "later ones, ms",
        "report, ms",
        "processor, ms",
        "calls",
    ];
    table(&header, rows)
}

pub(super) fn sweeps(all: &[Sweep]) -> String {
    let each = |sweep: &Sweep, of: f64| number(of * 1000.0 / count(sweep.addresses));
    let rows = all.iter().map(|sweep| {
        vec![
            thousands(sweep.addresses),
            number(sweep.first_ms),
            spread(sweep.unchanged),
            each(sweep, sweep.unchanged.median),
            spread(sweep.changed),
            each(sweep, sweep.changed.median),
            spread(sweep.reported),
            megabytes(sweep.peak_kib * 1024),
        ]
    });
    let header = [
        "addresses",
        "first run, which writes them all, ms",
        "nothing changed, ms",
        "for each address, µs",
        "all changed, ms",
        "for each address, µs",
        "nothing changed: report, ms",
        "peak memory, MB",
    ];
    let mut page = table(&header, rows);
    let exponents = [
        (
            "nothing changed",
            exponent(all, |sweep| sweep.unchanged.median),
        ),
        ("all changed", exponent(all, |sweep| sweep.changed.median)),
        ("the first run", exponent(all, |sweep| sweep.first_ms)),
    ];
    let told = exponents
        .iter()
        .filter_map(|(what, of)| of.map(|of| format!("{what} {of:.2}")));
    let told: Vec<String> = told.collect();
    if !told.is_empty() {
        let _ = writeln!(
            page,
            "\nProcessor grows with the addresses to the power of: {}.",
            told.join(", ")
        );
    }
    page
}

#[expect(clippy::cast_precision_loss, reason = "it is small")]
fn count(of: usize) -> f64 {
    of as f64
}

fn thousands(of: usize) -> String {
    if of < 1_000 {
        of.to_string()
    } else {
        format!("{},{:03}", of / 1_000, of % 1_000)
    }
}

/// By which power of the number of addresses the cost grows: the slope on two logarithmic scales, by least squares, from
/// 250 addresses on. Below, what every run costs hides it.
pub(super) fn exponent(all: &[Sweep], of: impl Fn(&Sweep) -> f64) -> Option<f64> {
    let points: Vec<(f64, f64)> = all
        .iter()
        .filter(|sweep| sweep.addresses >= 250 && of(sweep) > 0.0)
        .map(|sweep| (count(sweep.addresses).ln(), of(sweep).ln()))
        .collect();
    let number = count(points.len());
    let middle = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / number;
    let (x, y) = (middle(|point| point.0), middle(|point| point.1));
    let shared: f64 = points
        .iter()
        .map(|point| (point.0 - x) * (point.1 - y))
        .sum();
    let own: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    (points.len() > 1).then(|| shared / own)
}

pub(super) fn bursts(all: &[Burst]) -> String {
    let rows = all.iter().map(|burst| {
        let ends = burst
            .ends
            .iter()
            .map(|(end, count)| format!("{count} {end}"));
        vec![
            burst.what.clone(),
            burst.processes.to_string(),
            number(burst.last_answer_s),
            number(burst.median_s),
            number(burst.longest_s),
            burst.throttled.to_string(),
            held_up_by(burst.held_up_by.as_ref()),
            ends.collect::<Vec<_>>().join(", "),
        ]
    });
    let header = [
        "burst",
        "processes at a time",
        "last answer, s",
        "half are answered within, s",
        "all within, s",
        "calls refused for their rate",
        "what EC2 takes longest to admit",
        "ends",
    ];
    table(&header, rows)
}

fn held_up_by(slowest: Option<&HeldUp>) -> String {
    let told = slowest.map(|it| {
        let least = number(it.at_least_s);
        format!("{} `{}`: {least} s", it.calls, it.action)
    });
    told.unwrap_or_else(|| "-".to_owned())
}

pub(super) fn failovers(all: &[Failover]) -> String {
    let rows = all.iter().map(|failover| {
        let phase = |name: &str| {
            let found = failover.phases.iter().find(|(known, _)| known == name);
            found.map_or_else(|| "-".to_owned(), |(_, at)| seconds(*at))
        };
        let of_ec2 = failover.detach_ms + failover.attach_ms;
        vec![
            format!("{}, by {}", failover.what, failover.by),
            seconds(failover.detach_ms),
            seconds(failover.attach_ms),
            phase("planned"),
            phase("detached"),
            phase("attached"),
            seconds(failover.took_ms),
            seconds(failover.took_ms.saturating_sub(of_ec2)),
        ]
    });
    let header = [
        "what moves",
        "EC2 detaches in, s",
        "attaches in, s",
        "planned, s",
        "detached, s",
        "attached, s",
        "over, s",
        "of it not EC2, s",
    ];
    table(&header, rows)
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:02}", milliseconds / 1000, milliseconds % 1000 / 10)
}

pub(super) fn machine(results: &Results) -> String {
    let machine = &results.machine;
    let quick = if machine.is_quick {
        "\n**Few rounds were made: these figures are for a look only.**\n"
    } else {
        ""
    };
    format!(
        "Measured on {} × {}, {}, where {:.1} processes wanted a processor in the minute before.\n{quick}",
        machine.processors, machine.processor, machine.system, machine.load_before
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(addresses: usize, milliseconds: f64) -> Sweep {
        let spread = Spread {
            median: milliseconds,
            ninth: milliseconds,
        };
        Sweep {
            addresses,
            first_ms: milliseconds,
            unchanged: spread,
            reported: spread,
            changed: spread,
            peak_kib: 0,
            count: 1,
        }
    }

    fn exponent_of(sweeps: &[Sweep]) -> f64 {
        exponent(sweeps, |sweep| sweep.unchanged.median).unwrap()
    }

    #[test]
    fn a_cost_that_doubles_with_the_addresses_has_the_exponent_one() {
        let sweeps = [of(10, 9.0), of(250, 25.0), of(500, 50.0), of(1_000, 100.0)];
        assert!((exponent_of(&sweeps) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_cost_that_grows_by_four_when_they_double_has_the_exponent_two() {
        let sweeps = [of(500, 50.0), of(1_000, 200.0), of(2_000, 800.0)];
        assert!((exponent_of(&sweeps) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn one_size_has_no_exponent() {
        assert_eq!(exponent(&[of(500, 1.0)], |sweep| sweep.first_ms), None);
    }
}
