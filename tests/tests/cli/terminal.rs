//! A person at a terminal: what is asked and answered, what a key press ends, what has colour, and what a narrow window
//! shows.

use crate::account::Account;
use crate::pty::CTRL_C;
use ec2_sim::http::Fault;
use holdfast_tests::explorer::promises::addresses;
use regex_lite::Regex;

const WIDE: u16 = 400;
const INTERRUPT: i32 = 2;

impl Account {
    /// Who has the group's address.
    fn holder(&self) -> Option<String> {
        let held = addresses(&self.simulator.world());
        let association = held.get(&self.allocation)?.association.clone()?;
        association.instance_id
    }

    fn function_calls(&self) -> usize {
        let names = self.simulator.call_names();
        names
            .iter()
            .filter(|it| it.starts_with("lambda:Invoke"))
            .count()
    }

    /// Nothing has moved.
    #[track_caller]
    fn stays(&self) {
        assert_eq!(self.holder().as_ref(), Some(&self.members[0]));
    }
}

#[tokio::test]
async fn a_switchover_shows_its_plan_asks_and_does_it_on_a_yes() {
    let account = Account::swept().await;
    let screen = account.tool().in_terminal(&["switchover", "web"], WIDE);
    screen
        .shows("Move the addresses of web to the member that stands next? [yes/no]")
        .await;
    account.stays();
    screen.press("yes\n");
    let ended = screen.ends().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.text.contains("switched-over"), "{ended:?}");
    assert_eq!(account.holder().as_ref(), Some(&account.members[1]));
}

#[tokio::test]
async fn any_other_answer_moves_nothing_and_says_so() {
    let account = Account::swept().await;
    for answer in ["n\n", "y\n", "\n"] {
        let screen = account.tool().in_terminal(&["switchover", "web"], WIDE);
        screen.shows("[yes/no]").await;
        screen.press(answer);
        let ended = screen.ends().await;
        assert_eq!(ended.code, Some(1), "{answer:?}: {ended:?}");
        assert!(ended.text.contains("Nothing was done."), "{ended:?}");
        account.stays();
    }
}

#[tokio::test]
async fn whoever_stops_it_at_the_question_has_moved_nothing() {
    let account = Account::swept().await;
    account.simulator.forget_calls();
    let screen = account.tool().in_terminal(&["switchover", "web"], WIDE);
    screen.shows("[yes/no]").await;
    screen.press(CTRL_C);
    let ended = screen.ends().await;
    assert_eq!(ended.signal, Some(INTERRUPT), "{ended:?}");
    assert_eq!(account.function_calls(), 1, "the plan alone");
    account.stays();
}

/// The function runs on: whoever stops the tool has to know.
#[tokio::test]
async fn whoever_stops_it_while_the_function_runs_is_told_that_it_may_go_on() {
    let account = Account::swept().await;
    let screen = account.tool().in_terminal(&["switchover", "web"], WIDE);
    screen.shows("[yes/no]").await;
    account
        .simulator
        .inject("lambda:InvokeFunction", Fault::Slow(20_000), 1);
    screen.press("yes\n");
    screen.shows("is at it").await;
    screen.press(CTRL_C);
    let ended = screen.ends().await;
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.text.contains("may still be running"), "{ended:?}");
    assert!(ended.text.contains("holdfast reports"), "{ended:?}");
}

#[tokio::test]
async fn a_terminal_has_colour_unless_somebody_says_no() {
    let account = Account::swept().await;
    let coloured = account.tool().in_terminal(&["status"], WIDE).ends().await;
    assert!(coloured.text.contains("\u{1b}[32mready"), "{coloured:?}");
    let quiet = account.tool().set("NO_COLOR", "1");
    let plain = quiet.in_terminal(&["status"], WIDE).ends().await;
    assert!(!plain.text.contains('\u{1b}'), "{plain:?}");
    let option = account
        .tool()
        .in_terminal(&["status", "--no-color"], WIDE)
        .ends()
        .await;
    assert!(!option.text.contains('\u{1b}'), "{option:?}");
}

#[tokio::test]
async fn a_watch_writes_in_place_and_leaves_what_rolled_out_of_sight() {
    let account = Account::swept().await;
    let screen = account.tool().in_terminal(&["status", "--watch", "5"], 80);
    screen.shows("eipalloc-").await;
    screen.shows("\u{1b}[J").await;
    screen.press(CTRL_C);
    let ended = screen.ends().await;
    assert!(ended.text.starts_with("\u{1b}[H"), "{ended:?}");
    for clears in ["\u{1b}[3J", "\u{1b}[2J", "\u{1b}c"] {
        assert!(!ended.text.contains(clears), "{ended:?}");
    }
}

/// Where a page stands is no colour.
#[tokio::test]
async fn a_watch_without_colour_writes_in_place_as_well() {
    let account = Account::swept().await;
    let quiet = account.tool().set("NO_COLOR", "1");
    let watch = ["status", "--watch", "5"];
    let no_color = ["status", "--watch", "5", "--no-color"];
    for (tool, command) in [(&quiet, &watch[..]), (&account.tool(), &no_color)] {
        let screen = tool.in_terminal(command, 80);
        screen.shows_times("\u{1b}[H", 2).await;
        screen.press(CTRL_C);
        let ended = screen.ends().await;
        assert!(ended.text.starts_with("\u{1b}[H"), "{ended:?}");
        assert!(
            !Regex::new("\u{1b}\\[[0-9;]*m")
                .unwrap()
                .is_match(&ended.text),
            "{ended:?}"
        );
        assert!(ended.text.contains("ready"), "{ended:?}");
    }
}

#[tokio::test]
async fn a_watch_writes_page_after_page_where_nothing_can_be_written_over() {
    let account = Account::swept().await;
    let dumb = account.tool().set("TERM", "dumb");
    let screen = dumb.in_terminal(&["status", "--watch", "5"], 80);
    screen.shows_times("holdfast in us-east-1", 2).await;
    screen.press(CTRL_C);
    let ended = screen.ends().await;
    assert!(!ended.text.contains('\u{1b}'), "{ended:?}");
    let page = account
        .tool()
        .first_lines(&["status", "--watch", "5"], 3)
        .await;
    assert!(page[0].starts_with("holdfast in us-east-1"), "{page:?}");
    assert!(page.iter().all(|line| !line.contains('\u{1b}')), "{page:?}");
}

/// The words of a page, without times.
fn words(text: &str) -> Vec<String> {
    let text = anstream::adapter::strip_str(text).to_string();
    let times = Regex::new(r"\d{4}-\d\d-\d\dT[0-9:.]+Z|\d+[smhd] ago").unwrap();
    let text = times.replace_all(&text, "");
    text.split_whitespace().map(str::to_lowercase).collect()
}

/// The page without the names of its columns: one that is empty in every row is not shown in a narrow one.
fn without_heads(text: &str) -> String {
    let text = anstream::adapter::strip_str(text).to_string();
    let is_head = |line: &&str| {
        line.chars().any(char::is_alphabetic) && !line.chars().any(char::is_lowercase)
    };
    let lines = text.lines().filter(|line| !is_head(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_narrow_terminal_shows_every_word_and_no_line_is_too_long() {
    let account = Account::swept().await;
    let event = account.released();
    account.invoke("ReleaseGuard", &event).await;
    for command in [
        &["status"][..],
        &["readiness"],
        &["history", "web"],
        &["reports", "--all"],
    ] {
        let wide = account.tool().in_terminal(command, WIDE).ends().await;
        for columns in [80, 40] {
            let narrow = account.tool().in_terminal(command, columns).ends().await;
            let shown = words(&narrow.text).join(" ");
            for word in words(&without_heads(&wide.text))
                .iter()
                .filter(|it| *it != "-")
            {
                assert!(
                    shown.contains(word.as_str()),
                    "{word} in {columns}: {narrow:?}"
                );
            }
            let plain = anstream::adapter::strip_str(&narrow.text).to_string();
            for line in plain
                .lines()
                .filter(|line| line.split_whitespace().count() > 2)
            {
                assert!(
                    line.chars().count() <= usize::from(columns),
                    "{columns}: {line}"
                );
            }
        }
    }
}
