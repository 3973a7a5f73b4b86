//! What the commands of the drill print, word for word, in `tests/fixtures/cli`, as `snapshots` keeps it for the others:
//! as a table, as JSON, as rows, and the curve as a picture. A run waits two minutes for EC2's answers to settle before it
//! ends. So it is killed there, and its file says that these minutes have gone by.

use crate::drill::{changes, simulator};
use crate::snapshots::is_kept;
use crate::tool::Tool;
use ec2_sim::World;
use ec2_sim::api::Caller;
use ec2_sim::http::Simulator;
use ec2_sim::world::ACCOUNT;
use holdfast::clock::{Clock, WallClock};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Nothing takes as long as this.
const LIMIT: Duration = Duration::from_mins(1);

/// One trial that waits for nothing.
const ONE_TRIAL: [&str; 7] = [
    "drill", "recover", "--waits", "0s", "--trials", "1", "--yes",
];

/// A drill in a simulated account.
struct Drill {
    simulator: Simulator,
    tool: Tool,
    run_file: String,
}

impl Drill {
    async fn of(change: impl FnOnce(&mut World)) -> Self {
        let simulator = simulator(change).await;
        simulator.introduce("AKIAOPERATOR", Caller::user(ACCOUNT, "op"));
        let tool = Tool::at(&simulator.url);
        let run_file = tool.place("run.json");
        Self {
            simulator,
            tool,
            run_file,
        }
    }

    /// A run with one trial that ended, nothing of which is left.
    async fn done() -> Self {
        let drill = Self::of(|_| ()).await;
        let given_back = [
            "AllocateAddress",
            "ReleaseAddress",
            "AllocateAddress",
            "ReleaseAddress",
        ];
        drill.killed_after(&ONE_TRIAL, &given_back).await;
        drill
    }

    fn line<'a>(&'a self, words: &[&'a str]) -> Vec<&'a str> {
        let file = ["--run-file", self.run_file.as_str()];
        words.iter().copied().chain(file).collect()
    }

    fn run(&self) -> Value {
        let text = std::fs::read_to_string(&self.run_file).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Begins, and is killed when it has made exactly these changes and has noted the last one.
    async fn killed_after(&self, words: &[&str], made: &[&str]) {
        let mut process = self.tool.start(&self.line(words));
        let began = Instant::now();
        while changes(&self.simulator) != made || self.is_at_work() {
            assert!(began.elapsed() < LIMIT, "{:?}", changes(&self.simulator));
            WallClock.sleep(Duration::from_millis(20)).await;
        }
        process.kill().await.unwrap();
        self.later();
    }

    /// Whether something of the run is under way, as its file has it.
    fn is_at_work(&self) -> bool {
        let run = self.run();
        let mut regions = run["regions"].as_object().unwrap().values();
        regions.any(|region| {
            let mut trials = region["trials"].as_array().unwrap().iter();
            let strays = region["strays"].as_array().unwrap();
            trials.any(|trial| trial["phase"]["is"] != "over") || !strays.is_empty()
        })
    }

    /// Three minutes have gone by since the last change.
    fn later(&self) {
        let mut run = self.run();
        // A machine whose clock is not known to have jumped.
        run["clocks"] = Value::Null;
        for region in run["regions"].as_object_mut().unwrap().values_mut() {
            if let Some(at) = region["last_change"].as_str() {
                let at = OffsetDateTime::parse(at, &Rfc3339).unwrap();
                let earlier = (at - time::Duration::minutes(3)).format(&Rfc3339);
                region["last_change"] = json!(earlier.unwrap());
            }
        }
        std::fs::write(&self.run_file, run.to_string()).unwrap();
    }

    /// The same command in each form. What it says beside a table is kept with it.
    async fn is_kept(&self, name: &str, words: &[&str], code: i32) {
        let line = self.line(words);
        let table = self.tool.run(&line).await;
        assert_eq!(table.code, code, "{table:?}");
        is_kept(name, "txt", &format!("{}\n---\n{}", table.err, table.out));
        let (ended, document) = self.tool.json(&line).await;
        assert_eq!(ended, code, "{document:#}");
        is_kept(name, "json", &format!("{document:#}\n"));
        let rows = [&line[..], &["--output", "tsv"]].concat();
        let rows = self.tool.run(&rows).await;
        assert_eq!(rows.code, code, "{rows:?}");
        is_kept(name, "tsv", &rows.out);
    }
}

#[tokio::test]
async fn what_a_drill_would_do_is_told_before_anybody_agrees() {
    let drill = Drill::of(|_| ()).await;
    let ran = drill.tool.run(&drill.line(&["drill", "recover"])).await;
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    is_kept("drill-recover-not-agreed", "txt", &ran.err);
}

#[tokio::test]
async fn what_a_run_has_found_is_kept_in_each_form_and_as_a_picture() {
    let drill = Drill::done().await;
    let plot = drill.tool.place("drill.svg");
    let show = ["drill", "show"];
    drill.is_kept("drill-show", &show, 1).await;
    let ran = drill
        .tool
        .run(&drill.line(&["drill", "show", "--plot", &plot]))
        .await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let picture = std::fs::read_to_string(&plot).unwrap();
    is_kept("drill-show", "svg", &picture);
    // The picture says of each wait what the document says.
    let (_, curve) = drill.tool.json(&drill.line(&show)).await;
    let points = curve["points"].as_array().unwrap();
    assert!(!points.is_empty());
    for point in points {
        let lost = format!("{} of {} lost", point["lost"], point["trials"]);
        assert!(picture.contains(&lost), "{lost}: {picture}");
    }
}

#[tokio::test]
async fn what_a_run_says_that_goes_on_to_its_end_is_kept() {
    let drill = Drill::done().await;
    let resume = ["drill", "recover", "--yes"];
    drill.is_kept("drill-recover-resumed", &resume, 0).await;
    assert_eq!(changes(&drill.simulator).len(), 4, "it has done its trial");
    drill
        .is_kept("drill-show-complete", &["drill", "show"], 0)
        .await;
}

#[tokio::test]
async fn what_a_run_says_for_which_there_is_no_room_is_kept() {
    let drill = Drill::of(|world| world.settings().address_quota = 1).await;
    drill
        .is_kept("drill-recover-of-a-full-quota", &ONE_TRIAL, 1)
        .await;
    assert!(changes(&drill.simulator).is_empty());
}

#[tokio::test]
async fn what_a_run_says_that_may_not_release_and_what_its_end_says_is_kept() {
    let drill = Drill::of(|world| world.deny("*", "ec2:ReleaseAddress")).await;
    drill
        .is_kept("drill-recover-without-rights", &ONE_TRIAL, 3)
        .await;
    assert_eq!(changes(&drill.simulator), ["AllocateAddress"]);
    drill.simulator.world().allow_all();
    let end = ["drill", "end", "--yes"];
    drill
        .killed_after(&end, &["AllocateAddress", "ReleaseAddress"])
        .await;
    drill.is_kept("drill-end", &end, 1).await;
    assert_eq!(drill.simulator.addresses().len(), 0);
}

#[tokio::test]
async fn what_is_said_of_a_run_whose_file_is_lost_is_kept() {
    let drill = Drill::of(|world| world.deny("*", "ec2:ReleaseAddress")).await;
    let ran = drill.tool.run(&drill.line(&ONE_TRIAL)).await;
    assert_eq!(ran.code, 3, "{ran:?}");
    let id = drill.run()["id"].as_str().unwrap().to_owned();
    std::fs::remove_file(&drill.run_file).unwrap();
    let missing = drill
        .tool
        .run(&drill.line(&["drill", "end", "--yes"]))
        .await;
    assert_eq!((missing.code, missing.out.as_str()), (2, ""), "{missing:?}");
    is_kept("drill-end-of-no-run", "txt", &missing.err);
    drill.simulator.world().allow_all();
    let lost = ["drill", "end", "--lost-run", &id, "--yes"];
    drill
        .killed_after(&lost, &["AllocateAddress", "ReleaseAddress"])
        .await;
    let end = ["drill", "end", "--yes"];
    drill.is_kept("drill-end-of-a-lost-run", &end, 1).await;
    assert_eq!(drill.simulator.addresses().len(), 0);
}
