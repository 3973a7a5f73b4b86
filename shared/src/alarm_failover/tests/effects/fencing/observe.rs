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
