//! The drill on the simulated EC2, in one process, on a clock of the test.

mod bed;
mod disturbed;
mod explorer;
mod file;
mod history;
mod ports;
mod refusals;
mod result;

use super::settings::Wait;

#[test]
fn a_wait_is_a_number_and_a_unit() {
    let seconds = |text: &str| text.parse::<Wait>().map(Wait::seconds);
    assert_eq!(seconds("0s"), Ok(0));
    assert_eq!(seconds("10m"), Ok(600));
    assert_eq!(seconds("24h"), Ok(86_400));
    assert_eq!(seconds("2d"), Ok(172_800));
    for no_wait in [
        "",
        "s",
        "10",
        "1w",
        "-1s",
        "31d",
        "4294967295h",
        "1.5h",
        "ß",
    ] {
        assert!(seconds(no_wait).is_err(), "{no_wait}");
    }
}

#[test]
fn a_wait_is_shown_in_the_longest_unit_that_says_it() {
    for words in ["0s", "10s", "90s", "1m", "10m", "1h", "24h", "48h"] {
        assert_eq!(words.parse::<Wait>().unwrap().to_string(), words);
    }
}
