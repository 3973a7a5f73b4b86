//! How a member is to be fenced: the words of its tags and of the settings.

use super::*;

fn with_fence(word: &str) -> Fence {
    moved().change(|case| {
        let tags = &mut case.fixture.observed.interfaces[0].tags;
        tags.insert("holdfast:fence".to_owned(), word.to_owned());
    })
}

#[test]
fn how_a_member_is_fenced_is_what_its_tag_says() {
    assert_eq!(with_fence(" stop ").to_be_noted(), [(id(1), Fencing::Stop)]);
    assert_eq!(with_fence("sg-01").to_be_noted(), [(id(1), isolated())]);
    assert_eq!(with_fence("none").to_be_noted(), []);
    assert_eq!(with_fence("at once").to_be_noted(), []);
}

#[test]
fn a_tag_asks_for_a_stop_in_vain_where_whoever_deploys_does_not_let_it() {
    let refused = |word| with_fence(word).change(|case| case.stop_by_tag = "refuse");
    assert_eq!(refused("stop").to_be_noted(), []);
    assert_eq!(refused("sg-01").to_be_noted(), [(id(1), isolated())]);
}

#[test]
fn the_strongest_word_of_what_a_member_has_counts_and_no_other_members() {
    for (own, others, how) in [
        ("sg-01", "stop", Fencing::Stop),
        ("stop", "sg-01", Fencing::Stop),
        ("none", "sg-01", isolated()),
    ] {
        let mut case = with_fence(own);
        case.fixture = case.fixture.address();
        let tags = &mut case.fixture.observed.addresses[0].tags;
        tags.insert("holdfast:fence".to_owned(), others.to_owned());
        assert_eq!(case.to_be_noted(), [(id(1), how)]);
        let with = &mut case.fixture.observed.addresses[0].association;
        with.as_mut().unwrap().instance = Some(id(2));
        let alone: Vec<Fencing> = own
            .parse()
            .into_iter()
            .filter(|how| *how != Fencing::None)
            .collect();
        let noted: Vec<Fencing> = case.to_be_noted().into_iter().map(|(_, how)| how).collect();
        assert_eq!(noted, alone);
    }
}

#[test]
fn nobody_is_to_be_fenced_who_is_down_or_did_not_fail() {
    let mut down = with_fence("stop");
    down.fixture.member(1).state = InstanceState::Stopped;
    assert_eq!(down.to_be_noted(), []);
    let mut asked = with_fence("stop");
    asked.cause.kind = CauseKind::Command { to: Some(id(2)) };
    assert_eq!(asked.to_be_noted(), []);
}

#[test]
fn only_a_tag_that_asks_for_a_stop_in_vain_is_told() {
    let told = |case: Fence| {
        let stand = case.stand(MemoryLedger::default());
        let group = Group::named("web", &case.fixture.observed, &stand.settings, &[]);
        group.unreadable_tags(&stand.settings).len()
    };
    let refused = |word| with_fence(word).change(|case| case.stop_by_tag = "refuse");
    assert_eq!(told(refused("stop")), 1);
    assert_eq!(told(refused("none")), 0);
    assert_eq!(told(moved().change(|case| case.stop_by_tag = "refuse")), 0);
    assert_eq!(told(with_fence("stop")), 0);
}
