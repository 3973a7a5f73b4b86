//! The curve as a picture: an SVG, written here, since it is one diagram of points with bars. Pure.

use super::curve::{Curve, Point};
use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 64.0;
const BOTTOM: f64 = 56.0;

/// The steps of the vertical scale: the smallest one that the intervals fit under is its end.
const SCALES: [f64; 7] = [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0];

/// How many lines the vertical scale has.
const LINES: u32 = 5;

/// The share of lost addresses for each wait, with its 95 % interval: large for all regions, small for each of them.
#[must_use]
pub fn svg(curve: &Curve) -> String {
    let overall: Vec<&Point> = curve
        .points
        .iter()
        .filter(|point| point.is_over_all())
        .collect();
    let plot = Plot {
        top_share: scale(&overall),
        places: overall.len(),
    };
    let mut out = String::new();
    plot.frame(&mut out, curve);
    for (place, point) in overall.iter().enumerate() {
        let of_regions = curve
            .points
            .iter()
            .filter(|other| !other.is_over_all() && other.wait == point.wait);
        for region in of_regions {
            plot.region(&mut out, place, region);
        }
        plot.overall(&mut out, place, point);
    }
    out.push_str("</svg>\n");
    out
}

fn scale(overall: &[&Point]) -> f64 {
    let highest = overall
        .iter()
        .filter_map(|point| point.lost_high)
        .fold(0.0, f64::max);
    SCALES
        .into_iter()
        .find(|scale| *scale >= highest)
        .unwrap_or(1.0)
}

struct Plot {
    top_share: f64,
    places: usize,
}

impl Plot {
    fn x(&self, place: usize) -> f64 {
        let places = u32::try_from(self.places.max(1)).unwrap_or(1);
        let place = u32::try_from(place).unwrap_or(0);
        LEFT + (WIDTH - LEFT - RIGHT) * (f64::from(place) + 0.5) / f64::from(places)
    }

    /// What lies above the scale is drawn at its end.
    fn y(&self, share: f64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (share / self.top_share).min(1.0)
    }

    fn frame(&self, out: &mut String, curve: &Curve) {
        let trials: u32 = curve
            .points
            .iter()
            .filter(|point| point.is_over_all())
            .map(|point| point.trials)
            .sum();
        let noun = if trials == 1 { "trial" } else { "trials" };
        let trials = format!("{trials} {noun}");
        line(
            out,
            format_args!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
             font-size=\"12\" role=\"img\">"
            ),
        );
        line(
            out,
            format_args!(
                "<title>Addresses that did not come back, run {}</title>",
                escaped(&curve.run)
            ),
        );
        line(
            out,
            format_args!("<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>"),
        );
        line(
            out,
            format_args!(
                "<text x=\"{LEFT}\" y=\"24\" font-size=\"15\" fill=\"#111111\">Released addresses that did not come back</text>"
            ),
        );
        line(
            out,
            format_args!(
                "<text x=\"{LEFT}\" y=\"44\" fill=\"#555555\">share of {trials} by wait, with 95 % intervals; \
             small: each region</text>"
            ),
        );
        for step in 0..=LINES {
            let share = self.top_share * f64::from(step) / f64::from(LINES);
            let y = self.y(share);
            line(
                out,
                format_args!(
                    "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#dddddd\"/>",
                    WIDTH - RIGHT
                ),
            );
            line(
                out,
                format_args!(
                    "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555555\">{:.2} %</text>",
                    LEFT - 8.0,
                    y + 4.0,
                    share * 100.0
                ),
            );
        }
    }

    fn region(&self, out: &mut String, place: usize, point: &Point) {
        let Some(share) = point.lost_share else {
            return;
        };
        line(
            out,
            format_args!(
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\" fill=\"#9db7d5\"><title>{}: {} of {} lost after {}</title></circle>",
                self.x(place) + 14.0,
                self.y(share),
                escaped(&point.region),
                point.lost,
                point.trials,
                point.wait
            ),
        );
    }

    fn overall(&self, out: &mut String, place: usize, point: &Point) {
        let x = self.x(place);
        line(
            out,
            format_args!(
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#111111\">{}</text>",
                HEIGHT - BOTTOM + 20.0,
                point.wait
            ),
        );
        line(
            out,
            format_args!(
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#555555\">{} of {} lost</text>",
                HEIGHT - BOTTOM + 38.0,
                point.lost,
                point.trials
            ),
        );
        let (Some(share), Some(low), Some(high)) =
            (point.lost_share, point.lost_low, point.lost_high)
        else {
            return;
        };
        line(
            out,
            format_args!(
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\" stroke=\"#1f5fa8\" stroke-width=\"2\"/>",
                self.y(low),
                self.y(high)
            ),
        );
        line(
            out,
            format_args!(
                "<circle cx=\"{x:.1}\" cy=\"{:.1}\" r=\"4.5\" fill=\"#1f5fa8\"/>",
                self.y(share)
            ),
        );
    }
}

/// Writing into a string cannot fail.
fn line(out: &mut String, words: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(words);
    out.push('\n');
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
