//! What a sweep learns of alarms, how slowly, and what is read by name of it.

use super::*;
use crate::clock::Clock;
use crate::cloud::Failure;
use crate::cloud::health::AlarmPage;
use crate::ledger::MemoryLedger;
use crate::model::alarm::{AlarmMetric, AlarmState, INSTANCE_DIMENSION};
use crate::ports::{Deadline, Delivery};
use futures_util::FutureExt;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use time::macros::datetime;

const NOON: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// CloudWatch with a hundred alarms on a page, and a clock that goes on while somebody sleeps.
#[derive(Debug)]
struct CloudWatch {
    alarms: Vec<Alarm>,
    now: Mutex<OffsetDateTime>,
    /// When each page was asked for, and when names were.
    pages: Mutex<Vec<OffsetDateTime>>,
    named: Mutex<Vec<Vec<String>>>,
    /// The calls for pages that are throttled, by their number.
    throttled: BTreeSet<usize>,
}

fn alarm(name: String, instance: Option<&str>) -> Alarm {
    let dimension = instance.map(|id| (INSTANCE_DIMENSION.to_owned(), id.to_owned()));
    Alarm {
        name,
        state: AlarmState::Alarm,
        suppressed_by: None,
        metrics: vec![AlarmMetric {
            namespace: "App".to_owned(),
            metric: "Load".to_owned(),
            dimensions: dimension.into_iter().collect(),
        }],
        rule: None,
        contributors: None,
    }
}

/// One alarm on the first of two members, and so many of others.
fn cloud_watch(others: usize) -> CloudWatch {
    let others = (0..others).map(|number| alarm(format!("other-{number:05}"), None));
    let own = alarm("own".to_owned(), Some("i-1"));
    CloudWatch {
        alarms: others.chain([own]).collect(),
        now: Mutex::new(NOON),
        pages: Mutex::default(),
        named: Mutex::default(),
        throttled: BTreeSet::new(),
    }
}

impl Clock for CloudWatch {
    fn now(&self) -> OffsetDateTime {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, how_long: std::time::Duration) {
        *self.now.lock().unwrap() += how_long;
    }
}

impl ReadAlarmPages for CloudWatch {
    async fn alarm_page(
        &self,
        _: AlarmFilter,
        after: Option<&str>,
    ) -> Result<AlarmPage, CloudError> {
        let mut pages = self.pages.lock().unwrap();
        let number = pages.len();
        pages.push(self.now());
        if self.throttled.contains(&number) {
            return Err(CloudError::Throttled(Failure {
                action: "cloudwatch:DescribeAlarms",
                code: Some("Throttling".to_owned()),
                message: None,
                request_id: None,
                source: None,
            }));
        }
        let first: usize = after.map_or(0, |after| after.parse().unwrap());
        let next = first + 100;
        Ok(AlarmPage {
            alarms: self.alarms.iter().skip(first).take(100).cloned().collect(),
            next: (next < self.alarms.len()).then(|| next.to_string()),
        })
    }
}

impl ReadAlarmContributors for CloudWatch {
    /// An alarm whose name begins with `fleet` fires for `i-1`.
    async fn contributors(&self, alarm: &str) -> Result<Vec<BTreeMap<String, String>>, CloudError> {
        let first = BTreeMap::from([(INSTANCE_DIMENSION.to_owned(), "i-1".to_owned())]);
        let is_fleet = alarm.starts_with("fleet");
        Ok(is_fleet.then_some(first).into_iter().collect())
    }
}

impl ReadAlarms for CloudWatch {
    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, CloudError> {
        self.named.lock().unwrap().push(names.to_vec());
        let found = self.alarms.iter().filter(|it| names.contains(&it.name));
        Ok(found.cloned().collect())
    }
}

impl CloudWatch {
    fn throttled_at(self, calls: impl IntoIterator<Item = usize>) -> Self {
        Self {
            throttled: calls.into_iter().collect(),
            ..self
        }
    }

    fn read_within(&self, seconds: i64) -> AllAlarms {
        let delivery = Delivery {
            ends_at: NOON + Duration::seconds(seconds),
            run: 0,
        };
        let deadline: Deadline = delivery.deadline(std::time::Duration::ZERO);
        let read = read_all((self, self), deadline).now_or_never();
        read.unwrap().unwrap()
    }

    fn known(&self, learnt: &Learnt, members: &[&str]) -> AlarmsOnMembers {
        let members: Vec<InstanceId> = members.iter().map(|id| id.parse().unwrap()).collect();
        let members: Vec<&InstanceId> = members.iter().collect();
        let known = of_members(self, learnt, &members, self.now()).now_or_never();
        known.unwrap().unwrap()
    }

    fn page_count(&self) -> usize {
        self.pages.lock().unwrap().len()
    }
}

fn members() -> BTreeSet<InstanceId> {
    ["i-1", "i-2"].map(|id| id.parse().unwrap()).into()
}

/// A sweep learns; the revision of the row after it.
fn learnt_by(ledger: &MemoryLedger, alarms: &[Alarm], as_of: OffsetDateTime) -> u64 {
    let web = GroupMembers {
        members: members(),
        ..GroupMembers::default()
    };
    let groups = BTreeMap::from([("web".to_owned(), web)]);
    let rows = learn(ledger, alarms, &groups, as_of).now_or_never();
    assert_eq!(rows.unwrap().unwrap().len(), 1);
    match row_in(ledger) {
        Learnt::Row(row) => row.revision,
        nothing => panic!("{nothing:?}"),
    }
}

fn row_in(ledger: &MemoryLedger) -> Learnt {
    Rows::read(ledger).now_or_never().unwrap().of_group("web")
}

fn names(known: &AlarmsOnMembers) -> Vec<&str> {
    known
        .alarms
        .iter()
        .map(|alarm| alarm.name.as_str())
        .collect()
}

#[test]
fn all_pages_are_read_at_three_a_second() {
    let cloud = cloud_watch(1_000);
    let all = cloud.read_within(60);
    assert_eq!((all.alarms.len(), all.unread.is_none()), (1_001, true));
    let pages = cloud.pages.lock().unwrap();
    assert_eq!(pages.len(), 11);
    let in_a_second = |from: OffsetDateTime| {
        let until = from + Duration::SECOND;
        pages
            .iter()
            .filter(|at| (from..until).contains(*at))
            .count()
    };
    assert!(pages.iter().all(|from| in_a_second(*from) <= 3));
}

#[test]
fn a_page_that_is_throttled_once_loses_nothing() {
    let cloud = cloud_watch(1_000).throttled_at([0, 4]);
    let all = cloud.read_within(60);
    assert_eq!((all.alarms.len(), all.unread.is_none()), (1_001, true));
}

#[test]
fn a_sweep_that_is_throttled_again_and_again_stops_and_says_so() {
    let cloud = cloud_watch(1_000).throttled_at(5..100);
    let all = cloud.read_within(60);
    assert_eq!(all.alarms.len(), 500, "what was read is kept");
    assert!(matches!(all.unread, Some(Some(CloudError::Throttled(_)))));
    assert!(cloud.page_count() < 10, "it asks no more");
}

#[test]
fn a_sweep_without_time_stops_and_says_so() {
    let all = cloud_watch(1_000).read_within(2);
    assert!(all.alarms.len() < 1_000);
    assert!(matches!(all.unread, Some(None)));
}

#[test]
fn a_sweep_learns_of_each_member_and_of_nobody_else() {
    let (cloud, ledger) = (cloud_watch(3), MemoryLedger::default());
    assert_eq!(learnt_by(&ledger, &cloud.alarms, NOON), 1);
    let Learnt::Row(row) = row_in(&ledger) else {
        panic!("it is there");
    };
    let learnt: Vec<(&str, usize)> = row
        .alarms
        .iter()
        .map(|(id, names)| (id.as_str(), names.len()))
        .collect();
    assert_eq!(learnt, [("i-1", 1), ("i-2", 0)]);
}

#[test]
fn whoever_belonged_to_a_group_at_the_last_sweep_is_known() {
    let (cloud, ledger) = (cloud_watch(3), MemoryLedger::default());
    let read = || Rows::read(&ledger).now_or_never().unwrap();
    assert!(!read().tells());
    learnt_by(&ledger, &cloud.alarms, NOON);
    let rows = read();
    let groups = |id: &str| {
        let id: InstanceId = id.parse().unwrap();
        rows.groups_of(&id).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(rows.tells());
    assert_eq!(
        (groups("i-2"), groups("i-3")),
        (vec!["web".to_owned()], vec![])
    );
}

#[test]
fn a_sweep_that_read_earlier_does_not_take_the_place_of_a_later_one() {
    let (cloud, ledger) = (cloud_watch(3), MemoryLedger::default());
    learnt_by(&ledger, &cloud.alarms, NOON);
    assert_eq!(learnt_by(&ledger, &[], NOON - Duration::MINUTE), 1);
    assert_eq!(names(&cloud.known(&row_in(&ledger), &["i-1"])), ["own"]);
    assert_eq!(learnt_by(&ledger, &[], NOON + Duration::MINUTE), 2);
    assert!(cloud.known(&row_in(&ledger), &["i-1"]).alarms.is_empty());
}

#[test]
fn a_row_in_which_nothing_is_new_is_written_again_after_a_quarter_of_an_hour() {
    let (cloud, ledger) = (cloud_watch(3), MemoryLedger::default());
    let after = |minutes| learnt_by(&ledger, &cloud.alarms, NOON + Duration::minutes(minutes));
    assert_eq!([0, 5, 10, 15, 20].map(after), [1, 1, 1, 2, 2]);
    assert_eq!(learnt_by(&ledger, &[], NOON + Duration::minutes(25)), 3);
}

#[test]
fn what_was_learnt_is_read_by_name_and_no_page_is() {
    let (cloud, ledger) = (cloud_watch(10_000), MemoryLedger::default());
    learnt_by(&ledger, &cloud.alarms, NOON);
    let known = cloud.known(&row_in(&ledger), &["i-1", "i-2"]);
    assert_eq!((names(&known), known.gap.clone()), (vec!["own"], None));
    assert_eq!(cloud.page_count(), 0);
}

#[test]
fn before_the_first_sweep_the_first_pages_of_those_that_fire_are_read() {
    let small = cloud_watch(250);
    let known = small.known(&Learnt::Nothing, &["i-1"]);
    assert_eq!((known.alarms.len(), known.gap), (251, None));
    let large = cloud_watch(2_500);
    let known = large.known(&Learnt::Nothing, &["i-1"]);
    assert_eq!((known.alarms.len(), large.page_count()), (300, 3));
    assert_eq!(known.gap, Some(Gap::NotLearnt));
    let why = "no answer".to_owned();
    let known = large.known(&Learnt::Unread(why.clone()), &["i-1"]);
    assert_eq!(known.gap, Some(Gap::Unread { why }));
}

#[test]
fn a_throttle_after_the_first_page_keeps_what_was_read() {
    let cloud = cloud_watch(250).throttled_at([1]);
    let known = cloud.known(&Learnt::Nothing, &["i-1"]);
    assert_eq!((known.alarms.len(), known.gap), (100, Some(Gap::NotLearnt)));
}

#[test]
fn of_a_member_that_came_after_the_sweep_it_is_said_that_little_is_known() {
    let (cloud, ledger) = (cloud_watch(2_500), MemoryLedger::default());
    learnt_by(&ledger, &cloud.alarms, NOON);
    let known = cloud.known(&row_in(&ledger), &["i-1", "i-3"]);
    assert!(names(&known).contains(&"own"));
    let members = vec!["i-3".parse().unwrap()];
    assert_eq!(known.gap, Some(Gap::NewMembers { members }));
}

#[test]
fn what_was_learnt_long_ago_is_used_and_told_as_old() {
    let (cloud, ledger) = (cloud_watch(3), MemoryLedger::default());
    learnt_by(&ledger, &cloud.alarms, NOON - Duration::minutes(31));
    let known = cloud.known(&row_in(&ledger), &["i-1"]);
    let as_of = NOON - Duration::minutes(31);
    assert_eq!(
        (names(&known), known.gap.clone()),
        (vec!["own"], Some(Gap::Old { as_of }))
    );
}

#[test]
fn each_gap_says_what_it_is_and_what_to_do() {
    let gaps = [
        Gap::NotLearnt,
        Gap::Unread {
            why: "no answer".to_owned(),
        },
        Gap::NewMembers {
            members: vec!["i-3".parse().unwrap()],
        },
        Gap::Old { as_of: NOON },
        Gap::LeftOut { count: 7 },
        Gap::NotAsked(NotAsked {
            count: 3,
            why: None,
        }),
        Gap::NotAsked(NotAsked {
            count: 3,
            why: Some("denied".to_owned()),
        }),
    ];
    let mut told = BTreeSet::new();
    for gap in gaps {
        let finding = gap.finding("web");
        assert!(finding.what.contains("web") && !finding.next.is_empty());
        told.insert(finding.why);
    }
    assert_eq!(told.len(), 7);
}

/// It watches many, and its definition names none of them.
fn fleet(name: &str) -> Alarm {
    Alarm {
        metrics: Vec::new(),
        ..alarm(name.to_owned(), None)
    }
}

/// A sweep asks those that watch many for which they fire, and learns; the names on the first member.
fn names_on_the_first(
    ledger: &MemoryLedger,
    alarms: &[Alarm],
    as_of: OffsetDateTime,
) -> Vec<String> {
    let mut alarms = alarms.to_vec();
    let cloud = cloud_watch(0);
    let delivery = Delivery {
        ends_at: NOON + Duration::MINUTE,
        run: 0,
    };
    let deadline = delivery.deadline(std::time::Duration::ZERO);
    let asked = ask_all((&cloud, &cloud), &mut alarms, deadline).now_or_never();
    assert_eq!(asked.unwrap().0, 0);
    learnt_by(ledger, &alarms, as_of);
    let Learnt::Row(row) = row_in(ledger) else {
        panic!("it is there");
    };
    let first: InstanceId = "i-1".parse().unwrap();
    row.names_of([&first])
}

#[test]
fn an_alarm_on_many_is_learnt_for_whom_it_fires_and_kept_while_it_exists() {
    let ledger = MemoryLedger::default();
    let (fires, other) = (fleet("fleet"), fleet("somebody's"));
    let quiet = Alarm {
        state: AlarmState::Ok,
        ..fires.clone()
    };
    let names = |alarms: &[Alarm], minutes| {
        names_on_the_first(&ledger, alarms, NOON + Duration::minutes(minutes))
    };
    assert_eq!(names(std::slice::from_ref(&quiet), 0), Vec::<String>::new());
    assert_eq!(names(&[fires, other.clone()], 5), ["fleet"]);
    assert_eq!(names(&[quiet, other.clone()], 10), ["fleet"]);
    assert_eq!(names(&[other], 15), Vec::<String>::new(), "it is gone");
}

#[test]
fn of_more_alarms_on_many_than_there_is_time_for_it_is_said_that_they_were_not_asked() {
    let mut cloud = cloud_watch(0);
    let many = (0..MAX_ASKED + 3).map(|number| fleet(&format!("fleet {number}")));
    cloud.alarms = many.collect();
    let known = cloud.known(&Learnt::Nothing, &["i-1"]);
    let not_asked = NotAsked {
        count: 3,
        why: None,
    };
    assert_eq!(known.gap, Some(Gap::NotAsked(not_asked)));
    let asked = known.alarms.iter().filter(|it| it.contributors.is_some());
    assert_eq!(asked.count(), MAX_ASKED);
}
