//! Floating interfaces that somebody deleted. An interface that is gone tells nothing, so a sweep notes what each one
//! has, and a later one tells what is lost: once.
//!
//! Who else is at work on the same rows, and what arbitrates:
//!
//! | actor | what arbitrates |
//! | --- | --- |
//! | another sweep | the row's revision: the one whose row goes in tells, the other says nothing |
//! | a describe that lags, or is cut short | an interface that is missing is asked for once more by its id |
//! | a person who takes the tag away before | the interface is still there when it is asked for: nothing is told |
//! | a run that ends between the row and the report | nothing: the loss is not told. The two are next to each other |

use super::case::Case;
use super::cloud::ReconcileCloud;
use super::observe::retry_transient;
use crate::clock::Clock;
use crate::cloud::{AddressFilter, CloudError, InterfaceFilter};
use crate::error::Error;
use crate::groups::{floating_group, floating_private_ips, group_of};
use crate::ledger::{FloatingInterface, FloatingInterfaces, Ledger, Written};
use crate::model::elastic_ip::Address;
use crate::model::ids::{AllocationId, EniId};
use crate::model::interface::{Interface, OtherIps};
use crate::ports::Ports;
use crate::report::{FormerlyOnIt, LostInterfaceReport, NowOn};
use crate::settings::TagKeys;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// Of each group: its floating interfaces, with what they have.
type Seen = BTreeMap<String, BTreeMap<EniId, FloatingInterface>>;

/// What a sweep found.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// What is lost, and told by this run.
    pub(super) lost: Vec<LostInterfaceReport>,
    /// What could not be read or noted: the next run tells it.
    pub(super) failures: Vec<Error>,
}

/// Looks for floating interfaces that are gone, and notes those that are there. Where EC2 shows no group, nothing is
/// asked: whoever takes everything down knows.
pub(super) async fn sweep<C: ReconcileCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    has_groups: bool,
) -> Losses {
    let mut losses = Losses::default();
    if has_groups && let Err(failure) = find(ports, case, &mut losses).await {
        losses.failures.push(failure);
    }
    losses
}

async fn find<C: ReconcileCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    losses: &mut Losses,
) -> Result<(), Error> {
    let keys = &case.settings.tags;
    let at = ports.clock.now();
    let known = ports.ledger.floating_interfaces().await;
    let known = known.map_err(Error::LedgerUnread)?;
    let tagged = InterfaceFilter::TagKeys(vec![keys.group.clone()]);
    let shown = retry_transient(&ports.clock, case, || ports.cloud.interfaces(&tagged)).await;
    let Some(shown) = unless_refused(shown).map_err(unfinished)? else {
        return Ok(());
    };
    let missing = missing(&known, &shown);
    let gone = gone(ports, case, missing).await?;
    let Some(gone) = gone else { return Ok(()) };
    let addresses = addresses_of(ports, case, &known, &gone).await?;
    let Some(addresses) = addresses else {
        return Ok(());
    };
    let seen = floating(&shown, keys);
    let addresses = addresses.iter().map(|each| (&each.allocation, each));
    let addresses = addresses.collect();
    let known = by_group(&known);
    for row in next_rows(&known, &seen, at) {
        let earlier = known.get(row.group.as_str());
        match ports.ledger.put_floating_interfaces(&row).await {
            Ok(Written::Stored) => {}
            Ok(Written::Conflict | Written::Unreadable) => continue,
            Err(source) => {
                losses.failures.push(Error::LedgerUnwritten {
                    done: format!("the interfaces of the group {} were read", row.group),
                    source: source.into(),
                });
                continue;
            }
        }
        let lost = earlier.map(|earlier| lost(earlier, &gone, &seen, &addresses));
        losses.lost.extend(lost.into_iter().flatten());
    }
    Ok(())
}

/// An answer; none where IAM refuses it: the audit of the groups has told that.
///
/// # Errors
/// What a moment may mend.
fn unless_refused<T>(answer: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.is_transient() => Err(failure),
        Err(_) => Ok(None),
    }
}

fn unfinished(source: CloudError) -> Error {
    Error::Unfinished {
        what: "whether a floating interface is gone is not known".to_owned(),
        source,
    }
}

/// The interfaces that a row has and a look at all of them does not show.
fn missing(known: &[FloatingInterfaces], shown: &[Interface]) -> Vec<EniId> {
    let shown: BTreeSet<&EniId> = shown.iter().map(|each| &each.id).collect();
    let noted = known.iter().flat_map(|row| row.interfaces.keys());
    let noted: BTreeSet<&EniId> = noted.collect();
    noted.difference(&shown).copied().cloned().collect()
}

/// Those that are missing when they are asked for by their ids, too. One that is there lost its tag.
async fn gone<C: ReconcileCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    missing: Vec<EniId>,
) -> Result<Option<BTreeSet<EniId>>, Error> {
    if missing.is_empty() {
        return Ok(Some(BTreeSet::new()));
    }
    let by_id = InterfaceFilter::Ids(missing.clone());
    let there = retry_transient(&ports.clock, case, || ports.cloud.interfaces(&by_id)).await;
    let there = unless_refused(there).map_err(unfinished)?;
    Ok(there.map(|there| {
        let there: BTreeSet<EniId> = there.into_iter().map(|each| each.id).collect();
        let missing = missing.into_iter();
        missing.filter(|eni| !there.contains(eni)).collect()
    }))
}

/// The Elastic IPs that were on what is gone, as they are now.
async fn addresses_of<C: ReconcileCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    known: &[FloatingInterfaces],
    gone: &BTreeSet<EniId>,
) -> Result<Option<Vec<Address>>, Error> {
    let noted = known.iter().flat_map(|row| &row.interfaces);
    let of_gone = noted.filter(|(eni, _)| gone.contains(*eni));
    let allocations: BTreeSet<AllocationId> = of_gone
        .flat_map(|(_, had)| had.addresses.keys().cloned())
        .collect();
    if allocations.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let which = AddressFilter::Allocations(allocations.into_iter().collect());
    let now = retry_transient(&ports.clock, case, || ports.cloud.addresses(&which)).await;
    unless_refused(now).map_err(unfinished)
}

/// What floats, by group: whole interfaces, and private IPs of those that stay.
fn floating(shown: &[Interface], keys: &TagKeys) -> Seen {
    let mut seen = Seen::new();
    for interface in shown {
        let is_whole = floating_group(interface, keys).is_some();
        let private_ips = if is_whole {
            let rest = interface.private_ips.keys().copied();
            let rest = rest.filter(|ip| Some(*ip) != interface.primary_ip);
            interface.primary_ip.into_iter().chain(rest).collect()
        } else {
            floating_private_ips(interface, keys)
        };
        let Some(group) = group_of(&interface.tags, keys).filter(|_| !private_ips.is_empty())
        else {
            continue;
        };
        let on_it = interface.private_ips.iter();
        let on_it = on_it.filter(|(ip, _)| private_ips.contains(ip));
        let addresses = on_it.filter_map(|(_, public)| {
            let public = public.as_ref()?;
            Some((public.allocation.clone()?, public.ip))
        });
        let has = FloatingInterface {
            subnet: interface.subnet.clone(),
            addresses: addresses.collect(),
            other_ips: if is_whole {
                interface.other_ips.clone()
            } else {
                OtherIps::default()
            },
            private_ips,
        };
        let of_group = seen.entry(group.to_owned()).or_default();
        of_group.insert(interface.id.clone(), has);
    }
    seen
}

/// The rows of the ledger, by their group.
type NotedRows<'a> = BTreeMap<&'a str, &'a FloatingInterfaces>;

fn by_group(known: &[FloatingInterfaces]) -> NotedRows<'_> {
    known.iter().map(|row| (row.group.as_str(), row)).collect()
}

/// The rows that say something else than before.
fn next_rows(known: &NotedRows<'_>, seen: &Seen, at: OffsetDateTime) -> Vec<FloatingInterfaces> {
    let noted = known.keys().copied();
    let groups: BTreeSet<&str> = noted.chain(seen.keys().map(String::as_str)).collect();
    let rows = groups.into_iter().filter_map(|group| {
        let earlier = known.get(group).copied();
        let now = seen.get(group).cloned().unwrap_or_default();
        let next = FloatingInterfaces::after(earlier, group, at, now);
        let is_new = earlier.is_none_or(|earlier| !earlier.is_same_as(&next));
        is_new.then_some(next)
    });
    rows.collect()
}

/// Elastic IPs as they are now, by their allocation.
type AddressesNow<'a> = BTreeMap<&'a AllocationId, &'a Address>;

/// What a group has lost. An interface of which every private IP is on another one of the group is replaced, not lost.
fn lost(
    earlier: &FloatingInterfaces,
    gone: &BTreeSet<EniId>,
    seen: &Seen,
    addresses: &AddressesNow<'_>,
) -> Vec<LostInterfaceReport> {
    let there: BTreeSet<Ipv4Addr> = seen
        .get(&earlier.group)
        .into_iter()
        .flat_map(BTreeMap::values)
        .flat_map(|has| has.private_ips.iter().copied())
        .collect();
    let is_lost = |had: &FloatingInterface| had.private_ips.iter().any(|ip| !there.contains(ip));
    let noted = earlier.interfaces.iter();
    let lost = noted.filter(|(eni, had)| gone.contains(*eni) && is_lost(had));
    lost.map(|(eni, had)| LostInterfaceReport {
        eni: eni.clone(),
        group: earlier.group.clone(),
        subnet: had.subnet.clone(),
        private_ips: had.private_ips.clone(),
        other_ips: had.other_ips.each().collect(),
        addresses: had
            .addresses
            .iter()
            .map(|(allocation, ip)| formerly_on_it(allocation, *ip, addresses))
            .collect(),
    })
    .collect()
}

fn formerly_on_it(allocation: &AllocationId, ip: Ipv4Addr, now: &AddressesNow<'_>) -> FormerlyOnIt {
    let now = now.get(allocation);
    let association = now.and_then(|address| address.association.as_ref());
    FormerlyOnIt {
        allocation: allocation.clone(),
        ip,
        is_held: now.is_some(),
        on: association.and_then(|held| {
            Some(NowOn {
                eni: held.eni.clone()?,
                private_ip: held.private_ip?,
                instance: held.instance.clone(),
            })
        }),
    }
}
