//! Zones that traffic is shifted away from: who is there, and where nobody told.

use crate::alarm_failover::group::Group;
use crate::alarm_failover::state::MemberHealth;
use crate::report::Finding;

/// The holders in such a zone. They are well, as far as anybody tells of them, and keep what they have.
pub(crate) fn zones_to_leave(group: &Group<'_>, health: &MemberHealth) -> Vec<Finding> {
    let holders = group.holders().into_iter();
    let found = holders.filter_map(|holder| {
        let shift = health.shifted(group.member(&holder)?)?;
        Some(Finding {
            what: format!(
                "{holder}, which holds what is of the group {}, is in a zone that is to be left",
                group.name
            ),
            why: shift.to_string(),
            next: format!(
                "ask for a switchover of the group {} to a member of another zone, if what it holds can go there: an \
                 interface cannot. Nothing moves by itself for this",
                group.name
            ),
        })
    });
    found.collect()
}

/// Whether a zone is to be left could not be read.
pub(crate) fn shifts_not_told(why: &str) -> Finding {
    Finding {
        what: "whether traffic is shifted away from a zone is not known".to_owned(),
        why: why.to_owned(),
        next: "allow arc-zonal-shift:ListAutoshifts and arc-zonal-shift:ListZonalShifts to the role of this function, or \
               set the parameter ZonalShifts to ignore where the region does not have them. Until then a standby in such \
               a zone counts as one"
            .to_owned(),
    }
}
