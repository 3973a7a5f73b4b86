//! The plots of the page, as SVG: bars that lie, each of one part or more. They read on a light and on a dark page.

use super::tables::{is_peer, number, peer_of};
use super::{Failover, Path, Results, State};
use std::fmt::Write;

const WIDTH: f64 = 860.0;
/// What the labels have, on the left.
const LABELS: f64 = 270.0;
/// What a bar's own words have, on the right of it.
const WORDS: f64 = 220.0;
const BAR: f64 = 18.0;
const STEP: f64 = 26.0;
const TOP: f64 = 58.0;

/// Colours that people who see few of them can tell apart (Okabe and Ito).
const COLOURS: [&str; 3] = ["#0072b2", "#e69f00", "#999999"];

struct Plot {
    title: &'static str,
    /// What each part is, in the order of [`COLOURS`].
    parts: Vec<&'static str>,
    bars: Vec<Bar>,
}

struct Bar {
    label: String,
    /// Which part, and how long.
    parts: Vec<(usize, f64)>,
    /// What stands behind it.
    words: String,
}

/// Each plot by its name.
pub(super) fn all(results: &Results) -> Vec<(&'static str, String)> {
    vec![
        ("first-call", first_call(&results.paths).drawn()),
        ("failover", failover(&results.failovers).drawn()),
    ]
}

/// The cold start until the call that decides, beside the peer's.
fn first_call(all: &[Path]) -> Plot {
    let mut bars = Vec::new();
    let is_shown =
        |path: &&Path| path.state == State::Cold && path.share == 256 && !is_peer(&path.function);
    for ours in all.iter().filter(is_shown) {
        let peer = peer_of(all, ours);
        for path in std::iter::once(ours).chain(peer) {
            let start = path.first_poll.map_or(0.0, |spread| spread.median);
            let total = path.decided.median;
            bars.push(Bar {
                label: format!("{}, round trip {} ms", path.function, path.round_trip_ms),
                parts: vec![(0, start), (1, (total - start).max(0.0))],
                words: format!("{} ms", number(total)),
            });
        }
    }
    Plot {
        title: "Cold, at 256 MB: from the new process until the call that decides is sent",
        parts: vec![
            "until it asks for the event",
            "from there until the call is sent",
        ],
        bars,
    }
}

/// How long a failover takes, and how much of it is EC2's own.
fn failover(all: &[Failover]) -> Plot {
    let bars = all.iter().map(|failover| {
        let of_ec2 = failover.detach_ms + failover.attach_ms;
        let rest = failover.took_ms.saturating_sub(of_ec2);
        let seconds = |milliseconds: u64| {
            u32::try_from(milliseconds).map_or(f64::MAX, |value| f64::from(value) / 1000.0)
        };
        let delays = if of_ec2 == 0 {
            String::new()
        } else {
            let (detach, attach) = (seconds(failover.detach_ms), seconds(failover.attach_ms));
            format!(", {detach} s and {attach} s")
        };
        Bar {
            label: format!("{}, {}{delays}", failover.what, failover.by),
            parts: vec![(2, seconds(of_ec2)), (0, seconds(rest))],
            words: format!(
                "{:.2} s, of it {:.2} s not EC2's",
                seconds(failover.took_ms),
                seconds(rest)
            ),
        }
    });
    Plot {
        title: "A failover, by what EC2 takes to detach and to attach",
        parts: vec!["all else", "", "EC2 detaches and attaches"],
        bars: bars.collect(),
    }
}

impl Plot {
    fn drawn(&self) -> String {
        let longest = self
            .bars
            .iter()
            .map(Bar::length)
            .fold(f64::MIN_POSITIVE, f64::max);
        let scale = (WIDTH - LABELS - WORDS) / longest;
        let height = TOP + STEP * self.bars.iter().fold(0.0, |count, _| count + 1.0) + 8.0;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
             font-size=\"13\">\n<title>{}</title>\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
            escaped(self.title)
        );
        let _ = writeln!(
            svg,
            "<text x=\"8\" y=\"20\" font-weight=\"bold\">{}</text>",
            escaped(self.title)
        );
        let mut x = 8.0;
        for (part, colour) in self.parts.iter().zip(COLOURS) {
            if part.is_empty() {
                continue;
            }
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"32\" width=\"12\" height=\"12\" fill=\"{colour}\"/>"
            );
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"43\">{}</text>",
                x + 18.0,
                escaped(part)
            );
            x += 260.0;
        }
        let mut y = TOP;
        for bar in &self.bars {
            bar.draw(&mut svg, y, scale);
            y += STEP;
        }
        svg.push_str("</svg>\n");
        svg
    }
}

impl Bar {
    fn length(&self) -> f64 {
        self.parts.iter().map(|(_, length)| length).sum()
    }

    fn draw(&self, svg: &mut String, y: f64, scale: f64) {
        let line = y + BAR - 5.0;
        let label = escaped(&self.label);
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{line}\" text-anchor=\"end\">{label}</text>",
            LABELS - 8.0
        );
        let mut x = LABELS;
        for (part, length) in &self.parts {
            let (width, colour) = (length * scale, COLOURS[part % COLOURS.len()]);
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>"
            );
            x += width;
        }
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{line}\">{}</text>",
            x + 6.0,
            escaped(&self.words)
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_that_is_twice_as_long_is_drawn_twice_as_long() {
        let bar = |length| Bar {
            label: String::new(),
            parts: vec![(0, length)],
            words: String::new(),
        };
        let plot = Plot {
            title: "a < b",
            parts: vec!["a"],
            bars: vec![bar(1.0), bar(2.0)],
        };
        let svg = plot.drawn();
        let width = (WIDTH - LABELS - WORDS) / 2.0;
        assert!(svg.contains(&format!("width=\"{width:.1}\"")), "{svg}");
        assert!(
            svg.contains(&format!("width=\"{:.1}\"", width * 2.0)),
            "{svg}"
        );
        assert!(svg.contains("a &lt; b"), "{svg}");
    }

    #[test]
    fn nothing_measured_is_an_empty_plot() {
        for (name, svg) in all(&Results::default()) {
            assert!(
                svg.ends_with("</svg>\n") && !svg.contains("NaN"),
                "{name}: {svg}"
            );
        }
    }
}
