//! What the messages of reconcile have in common.

use super::super::state::Look;
use crate::error::chain;
use crate::report::Finding;

pub(super) fn names_unread(look: &Look) -> Option<Finding> {
    let refusal = look.reverse_dns_names_refused.as_ref()?;
    Some(Finding {
        what: "the reverse DNS names could not be read, those known before stay".to_owned(),
        why: chain(refusal),
        next: "allow ec2:DescribeAddressesAttribute to the function's role, so that a reclaim can restore \
               them"
        .to_owned(),
    })
}

pub(super) fn counted(number: usize, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}
