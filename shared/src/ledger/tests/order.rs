//! Whatever the order in which calls and looks arrive, and however often, the row is the same, to the last
//! field.
//!
//! Two kinds of call name no row when they come too early. One is any call on an allocation that the ledger
//! does not know yet, where EC2 does not show it any more. The other is a disassociation before anything told
//! of its association: it names no address. Both count when they are told again, as an audit of CloudTrail's
//! history does. A disassociation that is told only once and too early leaves the association open.
//!
//! And a look that shows what is known by then is not kept. So looks are as they would be when every call of
//! the life arrives at some time. Where one is lost for good, what a look without news proved is not known.
//!
//! The times of CloudTrail are to the second. Where two calls of one second can be taken in either order, a look is
//! what tells the order, and it may have been without news when it came. The next look mends that.

use super::{
    PROTECT, Snapshot, address, associated, association_id, association_on, birth, born, call,
    disassociated, minute, named, observation, offered, own, released, reverse_dns_reset, tagged,
    tags, untagged, withdrawn,
};
use crate::ledger::snapshot::{Fact, Observation};
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::elastic_ip::Address;
use crate::testing::random;
use proptest::prelude::*;
use proptest::sample::select;
use time::OffsetDateTime;

/// What happens to an address, a minute after what happened before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Tag,
    Protect,
    Unprotect,
    Associate,
    Disassociate,
    Name,
    Unname,
    TransferOffer,
    Withdraw,
    Accept,
    Look,
    Release,
}

const STEPS: [Step; 12] = [
    Step::Tag,
    Step::Protect,
    Step::Unprotect,
    Step::Associate,
    Step::Disassociate,
    Step::Name,
    Step::Unname,
    Step::TransferOffer,
    Step::Withdraw,
    Step::Accept,
    Step::Look,
    Step::Release,
];

/// What the ledger hears of it.
#[derive(Debug, Clone)]
enum Event {
    Told(Record),
    ObservedAddress {
        at: i64,
        address: Address,
        name: Option<String>,
        names_were_read: bool,
    },
    GivenAway(OffsetDateTime),
}

/// The address as it is.
struct World {
    address: Address,
    name: Option<String>,
    is_offered: bool,
    is_gone: bool,
    at: i64,
}

impl World {
    /// What a step makes known; none where EC2 would refuse it.
    fn take(&mut self, step: Step) -> Option<Event> {
        self.at += 1;
        if self.is_gone {
            return None;
        }
        let number = u8::try_from(self.at).unwrap();
        let change = match step {
            Step::Look => return Some(self.look()),
            Step::Tag => self.tag("Name", &format!("n{number}")),
            Step::Protect => self.tag(PROTECT, "reclaim"),
            Step::Unprotect => {
                self.address.tags.remove(PROTECT);
                untagged(own(), &[(PROTECT, None)])
            }
            Step::Associate => {
                self.address.association = Some(association_on(number));
                associated(own(), number)
            }
            Step::Disassociate => {
                let association = self.address.association.take()?.id;
                AddressChange::Disassociated { association }
            }
            Step::Name => {
                let name = format!("n{number}.example.com");
                self.name = Some(name.clone());
                named(own(), &name)
            }
            Step::Unname => {
                self.name = None;
                reverse_dns_reset(own())
            }
            Step::TransferOffer => {
                self.is_offered = true;
                offered(own(), &format!("{number:012}"))
            }
            Step::Withdraw if self.is_offered => {
                self.is_offered = false;
                withdrawn(own())
            }
            Step::Accept if self.is_offered => {
                self.is_gone = true;
                return Some(Event::GivenAway(minute(self.at)));
            }
            Step::Withdraw | Step::Accept => return None,
            Step::Release => {
                self.is_gone = true;
                released(own())
            }
        };
        Some(Event::Told(call(minute(self.at), "alice", change)))
    }

    fn tag(&mut self, key: &str, value: &str) -> AddressChange {
        self.address.tags.insert(key.to_owned(), value.to_owned());
        tagged(own(), &[(key, value)])
    }

    fn look(&self) -> Event {
        Event::ObservedAddress {
            at: self.at,
            address: self.address.clone(),
            name: self.name.clone(),
            names_were_read: self.at % 2 == 0,
        }
    }
}

/// The events of a life, in time. One that does not begin with a birth began before Holdfast was there.
fn life(steps: &[Step], begins_with_a_birth: bool) -> Vec<Event> {
    let mut world = World {
        address: address(),
        name: None,
        is_offered: false,
        is_gone: false,
        at: 0,
    };
    let first = if begins_with_a_birth {
        Event::Told(call(minute(0), "alice", AddressChange::Allocated(birth())))
    } else {
        world.look()
    };
    let mut events = vec![first];
    events.extend(steps.iter().filter_map(|step| world.take(*step)));
    events
}

/// The same events, with every two calls that follow one another in one second. CloudTrail's times are to the second.
fn in_pairs(mut events: Vec<Event>) -> Vec<Event> {
    for event in &mut events {
        let Event::Told(record) = event else { continue };
        let minutes = (record.call.at - minute(0)).whole_minutes();
        record.call.event_id = format!("event-{minutes:02}");
        record.call.at = minute((minutes + 1) / 2 * 2);
    }
    events
}

/// The row after an event; none when the event does not tell which row it is about.
fn after(row: Option<&Snapshot>, event: &Event) -> Option<Snapshot> {
    match (row, event) {
        (None, Event::Told(record)) => match &record.change {
            AddressChange::Allocated(birth) => {
                Some(Snapshot::from_allocation(birth, record.call.at))
            }
            _ => None,
        },
        (None, Event::GivenAway(_)) => None,
        (Some(row), Event::Told(record)) => match &record.change {
            AddressChange::Disassociated { association } if !row.has_association(association) => {
                None
            }
            _ => Some(row.after_record(record, PROTECT).unwrap_or(row.clone())),
        },
        (Some(row), Event::GivenAway(at)) if row.is_allocated() => Some(row.ended(*at)),
        (Some(row), Event::GivenAway(_)) => Some(row.clone()),
        (
            row,
            Event::ObservedAddress {
                at,
                address,
                name,
                names_were_read,
            },
        ) => {
            let look = Observation {
                reverse_dns: names_were_read.then_some(name.as_deref()),
                ..observation(*at, address, None)
            };
            Some(match row {
                None => Snapshot::first(look),
                Some(row) => {
                    is_left_out_rightly(row, look);
                    row.after_observation(look, PROTECT).unwrap_or(row.clone())
                }
            })
        }
    }
}

/// A look that is passed by at once would teach nothing, either, if all facts were taken up again.
fn is_left_out_rightly(row: &Snapshot, look: Observation<'_>) {
    let fact = Fact::seen(look);
    if row.is_shown_again_by(&fact, PROTECT) {
        assert_eq!(row.with_fact_replayed(fact, PROTECT), None);
    }
}

/// The row after all events; those that came too early are told again.
fn row_after<'a>(events: impl IntoIterator<Item = &'a Event>) -> Snapshot {
    let mut row = None;
    let mut told: Vec<&Event> = events.into_iter().collect();
    loop {
        let all = told.len();
        told.retain(|event| match after(row.as_ref(), event) {
            Some(next) => {
                row = Some(next);
                false
            }
            None => true,
        });
        if told.is_empty() || told.len() == all {
            return row.unwrap();
        }
    }
}

/// All orders of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let with_one_more = |order: &Vec<usize>| {
        let order = order.clone();
        (0..count).map(move |place| {
            let mut order = order.clone();
            order.insert(place, count - 1);
            order
        })
    };
    shorter.iter().flat_map(with_one_more).collect()
}

fn is_one_row_in_every_order(steps: &[Step], begins_with_a_birth: bool) {
    are_one_row_in_every_order(&life(steps, begins_with_a_birth), steps);
}

fn are_one_row_in_every_order(events: &[Event], steps: &[Step]) {
    let in_time = row_after(events);
    for order in orders(events.len()) {
        let row = row_after(order.iter().map(|&index| &events[index]));
        assert_eq!(row, in_time, "{steps:?} in the order {order:?}");
    }
}

#[test]
fn a_life_of_two_steps_is_one_row_in_every_order() {
    for one in STEPS {
        for other in STEPS {
            is_one_row_in_every_order(&[one, other], true);
            is_one_row_in_every_order(&[one, other], false);
        }
    }
}

#[test]
fn two_calls_of_one_second_are_one_row_in_every_order() {
    for one in STEPS {
        for other in STEPS {
            for begins_with_a_birth in [true, false] {
                let steps = [one, other];
                are_one_row_in_every_order(&in_pairs(life(&steps, begins_with_a_birth)), &steps);
            }
        }
    }
}

#[test]
fn the_next_look_mends_what_the_times_of_two_calls_leave_open() {
    let steps = [Step::Protect, Step::Unprotect, Step::Look];
    let events = in_pairs(life(&steps, true));
    for order in orders(events.len()) {
        let row = row_after(order.iter().map(|&index| &events[index]));
        let bare = Address {
            tags: tags(&[]),
            ..address()
        };
        let mended = row.sees(4, &bare, None);
        assert!(mended.tags.is_empty(), "in the order {order:?}");
        assert!(mended.unprotected.is_some(), "in the order {order:?}");
    }
}

#[test]
fn a_life_of_two_steps_and_a_look_or_a_release_is_one_row_in_every_order() {
    for one in STEPS {
        for other in STEPS {
            is_one_row_in_every_order(&[one, other, Step::Look], true);
            is_one_row_in_every_order(&[one, other, Step::Release], true);
        }
    }
}

#[test]
fn what_precedes_a_release_is_one_row_in_every_order() {
    let undone = [
        Step::Associate,
        Step::Name,
        Step::Disassociate,
        Step::Unname,
    ];
    is_one_row_in_every_order(&undone, true);
    let unlocked = [Step::Unprotect, Step::Protect, Step::Unprotect, Step::Look];
    is_one_row_in_every_order(&unlocked, true);
    is_one_row_in_every_order(&unlocked, false);
}

/// The one call whose order nothing can mend.
#[test]
fn a_disassociation_before_its_association_counts_only_when_it_is_told_again() {
    let early = born()
        .hears(2, disassociated(1))
        .hears(1, associated(own(), 1));
    assert_eq!(early.is_at(), Some(1));
    assert!(!born().has_association(&association_id(1)));
    let again = early.hears(2, disassociated(1));
    let in_time = born()
        .hears(1, associated(own(), 1))
        .hears(2, disassociated(1));
    assert_eq!(again, in_time);
}

proptest! {
    #![proptest_config(random(1024))]

    #[test]
    fn a_life_is_one_row_in_any_order_and_with_any_repetition(
        steps in prop::collection::vec(select(&STEPS[..]), 1..11),
        places in prop::collection::vec((any::<u16>(), prop::option::of(any::<u16>())), 11),
        begins_with_a_birth in any::<bool>(),
        is_in_pairs in any::<bool>(),
    ) {
        let has_look = steps.contains(&Step::Look) || !begins_with_a_birth;
        let is_in_pairs = is_in_pairs && !has_look;
        let events = life(&steps, begins_with_a_birth);
        let events = if is_in_pairs { in_pairs(events) } else { events };
        let once = events.iter().zip(&places).map(|(event, (place, _))| (*place, event));
        let again = events.iter().zip(&places).filter_map(|(event, (_, place))| Some(((*place)?, event)));
        let mut delivered: Vec<(u16, &Event)> = once.chain(again).collect();
        delivered.sort_by_key(|(place, _)| *place);
        let row = row_after(delivered.into_iter().map(|(_, event)| event));
        prop_assert_eq!(row, row_after(&events));
    }
}
