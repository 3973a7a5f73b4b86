//! `observe` mode: who would be fenced.

use super::*;

#[test]
fn in_observe_mode_a_member_that_keeps_something_would_not_be_fenced() {
    let mut case = moved();
    let plan = Plan {
        moves: case.moves.clone(),
        ..Plan::default()
    };
    assert_eq!(case.would_be_fenced(&plan), 1);
    case.fixture = case.fixture.address();
    assert_eq!(case.would_be_fenced(&plan), 0);
}

#[test]
fn in_observe_mode_nobody_would_be_fenced_where_nothing_would_move() {
    let mut case = moved();
    case.fixture = pair().floating().attached_to(2);
    assert_eq!(case.would_be_fenced(&Plan::default()), 0);
}
