//! What is made of a run: its numbers and its picture.

use super::bed::{Bed, settings};
use crate::drill::plot;

fn a_day() -> Bed {
    let bed = Bed::of(&["eu-west-1", "us-east-1"]);
    bed.start_until_it_ends(&settings());
    bed
}

#[test]
fn the_curve_has_a_point_for_each_region_and_wait_and_one_over_all() {
    let curve = a_day().curve();
    let points: Vec<(&str, &str, u32)> = curve
        .points
        .iter()
        .map(|point| (point.region.as_str(), point.wait.as_str(), point.trials))
        .collect();
    assert_eq!(
        points,
        [
            ("eu-west-1", "0s", 1),
            ("eu-west-1", "1h", 1),
            ("us-east-1", "0s", 1),
            ("us-east-1", "1h", 1),
            ("all", "0s", 2),
            ("all", "1h", 2),
        ]
    );
}

#[test]
fn the_picture_shows_each_wait_with_its_interval() {
    let picture = plot::svg(&a_day().curve());
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    assert_eq!(picture.matches(">0 of 2 lost<").count(), 2);
    assert_eq!(
        picture.matches("r=\"2.5\"").count(),
        4,
        "a small point for each region and wait"
    );
    assert!(
        !picture.contains("NaN") && !picture.contains("inf"),
        "{picture}"
    );
}
