//! What the functions read about an event, kept in a file, and the decision out of that file: without keys, without a
//! profile, and with an AWS that is not there.

use super::account::{Account, Ran, refusals};
use crate::pty::CTRL_C;
use crate::schema::{holds as follows_its_schema, is_as_in};
use crate::tool::{Ran as ToolRan, Tool};
use ec2_sim::api::{AllocateAddress, Caller, Tag};
use ec2_sim::http::Fault;
use ec2_sim::world::ACCOUNT;
use holdfast::clock::{Clock, WallClock};
use holdfast_tests::scenarios::estate;
use holdfast_tests::scenarios::failover::floating_address;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

const NOBODY: &str = "http://127.0.0.1:9";

/// A folder of one test.
struct Folder(PathBuf);

impl Folder {
    fn of(test: &str) -> Self {
        let name = format!("holdfast-record-{test}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn written(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).unwrap();
        self.file(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn event(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/events");
    folder.join(name).to_str().unwrap().to_owned()
}

/// On a plane: no keys, no region, no profile, and nobody answers.
async fn offline(arguments: &[&str]) -> ToolRan {
    let tool = Tool::without_keys(NOBODY).set("AWS_REGION", "");
    tool.run(arguments).await
}

/// An explanation without what differs from run to run: how long each part took.
fn timeless(mut explanation: Value) -> Value {
    for one in explanation["functions"].as_array_mut().unwrap() {
        for pointer in ["/answer/phases", "/answer/report/phases"] {
            if let Some(phases) = one.pointer_mut(pointer) {
                *phases = Value::Null;
            }
        }
    }
    explanation
}

#[tokio::test]
async fn an_event_of_each_kind_is_explained_offline_as_it_is_live() {
    let account = Account::of(floating_address().world.clone()).await;
    let folder = Folder::of("kinds");
    for name in [
        "release.json",
        "instance-running.json",
        "alarm-action.json",
        "schedule-rule.json",
        "asked-plan.json",
        "spot-interruption.json",
        "auto-scaling-terminate-action.json",
    ] {
        let (event, look) = (event(name), folder.file(name));
        let live = account.run(&["explain", &event, "--output", "json"]).await;
        let recorded = account
            .run(&["record", &event, "--out", &look, "--output", "json"])
            .await;
        assert_eq!(recorded.code, live.code, "{name}: {recorded:?}");
        follows_its_schema(&recorded.json());
        let text = std::fs::read_to_string(&look).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&look).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        is_as_in("look", &serde_json::from_str(&text).unwrap());
        let again = offline(&["explain", &look, "--output", "json"]).await;
        assert_eq!(again.code, live.code, "{name}: {again:?}");
        let mut again: Value = serde_json::from_str(&again.out).unwrap();
        is_as_in("explain", &again);
        let from = again.as_object_mut().unwrap().remove("from");
        assert_eq!(from.unwrap()["redacted"], false, "{name}");
        assert_eq!(timeless(again), timeless(live.json()), "{name}");
        let with_look = offline(&["explain", &event, "--look", &look]).await;
        assert_eq!(with_look.code, live.code, "{name}: {with_look:?}");
        let page = account.run(&["explain", &event]).await.page();
        let (from, rest) = with_look.out.split_once('\n').unwrap();
        assert!(from.starts_with("from the look of "), "{from}");
        let numbers = Ran {
            code: with_look.code,
            out: rest.to_owned(),
            err: with_look.err,
        };
        assert_eq!(numbers.page(), page, "{name}");
    }
}

/// An account in which an address was released, and the event of it.
async fn released(folder: &Folder) -> (Account, String, String) {
    let mut world = floating_address().world.clone();
    let owner = Caller::user(ACCOUNT, "owner");
    let tags = vec![
        Tag::new("holdfast:protect", "reclaim"),
        Tag::new("Name", "partner gateway"),
    ];
    let given = estate::allocate(&mut world, &owner, AllocateAddress::default(), tags).unwrap();
    let account = Account::in_mode(world, "observe").await.noted().await;
    drop(account.simulator.take_events());
    estate::release(&mut account.simulator.world(), &owner, &given.allocation_id).unwrap();
    let event = account.simulator.take_events().pop().unwrap();
    let event = folder.written("event.json", &event.to_string());
    (account, event, given.public_ip)
}

#[tokio::test]
async fn a_redacted_look_names_nobody_and_is_decided_alike() {
    let folder = Folder::of("redacted");
    let (account, event, ip) = released(&folder).await;
    let look = folder.file("look.json");
    let ran = account
        .run(&[
            "record", &event, "--redact", "--out", &look, "--output", "json",
        ])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let told = ran.json();
    follows_its_schema(&told);
    assert!(told["takenOut"]["names"].as_u64() > Some(0), "{told}");
    let text = std::fs::read_to_string(&look).unwrap();
    for name in [ACCOUNT, &ip, "partner gateway", "user/owner"] {
        assert!(!text.contains(name), "{name} is left: {text}");
    }
    let ran = offline(&["explain", &look, "--output", "json"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let explained: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        explained["functions"][0]["answer"]["outcome"],
        "would-reclaim"
    );
    assert_eq!(explained["from"]["redacted"], true, "{explained}");
}

#[tokio::test]
async fn without_a_file_the_look_goes_to_standard_output_and_the_rest_beside_it() {
    let account = Account::of(floating_address().world.clone()).await;
    let ran = account.run(&["record", &event("schedule-rule.json")]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    is_as_in("look", &ran.json());
    assert!(ran.err.contains("account ids"), "{}", ran.err);
}

#[tokio::test]
async fn what_aws_refused_is_in_the_look_and_ends_alike_offline() {
    let account = Account::of(floating_address().world.clone()).await;
    let folder = Folder::of("refused");
    for (fault, code) in refusals() {
        account.simulator.heal();
        account
            .simulator
            .inject("ec2:DescribeInstances", fault, 100);
        let look = folder.file(&format!("{code}.json"));
        let event = event("asked-plan.json");
        let ran = account.run(&["record", &event, "--out", &look]).await;
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.out.contains("ec2:DescribeInstances"), "{}", ran.out);
        let again = offline(&["explain", &look]).await;
        assert_eq!(again.code, code, "{again:?}");
        assert!(again.out.contains("ec2:DescribeInstances"), "{again:?}");
    }
    let ran = account
        .run_at(NOBODY, &["record", &event("asked-plan.json")])
        .await;
    assert_eq!((ran.code, ran.out.as_str()), (4, ""), "{}", ran.err);
}

/// What is wrong is named, and nobody is asked.
#[tokio::test]
async fn a_look_that_cannot_be_used_says_which_field() {
    let account = Account::of(floating_address().world.clone()).await;
    let folder = Folder::of("spoilt");
    let look = folder.file("look.json");
    let plan = event("asked-plan.json");
    let ran = account.run(&["record", &plan, "--out", &look]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = std::fs::read_to_string(&look).unwrap();
    let again = account.run(&["record", &plan, "--out", &look]).await;
    assert_eq!(again.code, 2, "{again:?}");
    assert_eq!(std::fs::read_to_string(&look).unwrap(), text);
    let mut other = serde_json::from_str::<Value>(&text).unwrap();
    other["look"] = 2.into();
    let mut short = serde_json::from_str::<Value>(&text).unwrap();
    short["runs"][0]["calls"] = Value::Array(Vec::new());
    let mut none = other.clone();
    (none["look"], none["runs"]) = (1.into(), Value::Array(Vec::new()));
    let spoilt = [
        (text[..text.len() / 2].to_owned(), 2, "ends in the middle"),
        (other.to_string(), 2, "`look`"),
        (
            text.replace("\"made_", "\"maid_")
                .replace("\"madeBy", "\"maidBy"),
            2,
            "`maidBy`",
        ),
        (none.to_string(), 2, "`runs`"),
        (short.to_string(), 1, "this look has no answer for the call"),
    ];
    for (number, (text, code, says)) in spoilt.into_iter().enumerate() {
        let file = folder.written(&format!("{number}.json"), &text);
        let ran = offline(&["explain", &file]).await;
        assert_eq!(ran.code, code, "{says}: {ran:?}");
        let said = format!("{}{}", ran.out, ran.err);
        assert!(said.contains(says), "{says}: {said}");
    }
    let ran = offline(&["record", &look]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    let release = event("release.json");
    let ran = offline(&["explain", &release, "--look", &look]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("no run of release-guard"), "{ran:?}");
}

#[tokio::test]
async fn an_event_of_another_account_is_ignored_as_the_function_ignores_it() {
    let account = Account::of(floating_address().world.clone()).await;
    let folder = Folder::of("another-account");
    let text = std::fs::read_to_string(event("release.json")).unwrap();
    let other = folder.written("event.json", &text.replace(ACCOUNT, "444455556666"));
    let look = folder.file("look.json");
    let ran = account
        .run(&["record", &other, "--redact", "--out", &look])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let offline = offline(&["explain", &look]).await;
    assert!(offline.out.contains("looks after account"), "{offline:?}");
    assert!(!offline.out.contains("444455556666"), "{offline:?}");
    let live = account.run(&["explain", &other]).await;
    assert!(live.out.contains("444455556666"), "{live:?}");
}

/// Where it would be written is looked at first: nobody waits for minutes to hear then that there is no place.
#[tokio::test]
async fn a_file_that_cannot_be_written_is_refused_before_anybody_is_asked() {
    let account = Account::of(floating_address().world.clone()).await;
    let folder = Folder::of("no-place");
    let kept = folder.written("kept.json", "somebody's");
    let places = [
        folder.file("no/such/folder/look.json"),
        folder.file("."),
        kept.clone(),
    ];
    account.simulator.forget_calls();
    for place in places {
        let plan = event("asked-plan.json");
        let ran = account.run(&["record", &plan, "--out", &place]).await;
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{place}: {ran:?}");
        assert!(ran.err.contains("Name"), "{ran:?}");
    }
    assert_eq!(account.simulator.call_names(), Vec::<String>::new());
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "somebody's");
}

#[tokio::test]
async fn nothing_is_left_of_a_look_that_could_not_be_made() {
    let account = Account::of(floating_address().world.clone()).await;
    let folder = Folder::of("not-made");
    let (plan, look) = (event("asked-plan.json"), folder.file("look.json"));
    let record = ["record", plan.as_str(), "--out", look.as_str()];
    let unreachable = account.run_at(NOBODY, &record).await;
    assert_eq!(unreachable.code, 4, "{unreachable:?}");
    assert!(!Path::new(&look).exists());
    let refusal = Fault::Refused("AccessDenied".to_owned());
    account
        .simulator
        .inject("cloudformation:DescribeStacks", refusal, 100);
    let denied = account.run(&record).await;
    assert_eq!(denied.code, 3, "{denied:?}");
    assert!(!Path::new(&look).exists());
}

#[tokio::test]
async fn whoever_stops_it_half_way_leaves_no_file() {
    let account = Account::of(floating_address().world.clone()).await;
    let folder = Folder::of("stopped");
    let look = folder.file("look.json");
    let tool = Tool::at(&account.simulator.url);
    account
        .simulator
        .inject("ec2:DescribeInstances", Fault::Slow(30_000), 10);
    account.simulator.forget_calls();
    let plan = event("asked-plan.json");
    let screen = tool.in_terminal(&["record", &plan, "--out", &look], 80);
    let is_asked = || {
        let calls = account.simulator.call_names();
        calls.iter().any(|call| call == "ec2:DescribeInstances")
    };
    while !is_asked() {
        WallClock.sleep(Duration::from_millis(20)).await;
    }
    assert!(Path::new(&look).exists(), "its place is taken");
    screen.press(CTRL_C);
    let ended = screen.ends().await;
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.text.contains("nothing was written"), "{ended:?}");
    assert!(!Path::new(&look).exists());
}
