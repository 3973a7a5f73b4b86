//! The floating interfaces of groups: one row for each group.

use super::Checked;
use super::rows::{NOON, allocation};
use holdfast::ledger::{FloatingInterface, FloatingInterfaces, Ledger, Written};
use holdfast::model::interface::OtherIps;
use std::net::Ipv4Addr;

fn row(group: &str, earlier: Option<&FloatingInterfaces>) -> FloatingInterfaces {
    let interface = FloatingInterface {
        subnet: Some("subnet-1".parse().expect("a prefix and a digit")),
        private_ips: vec![Ipv4Addr::new(10, 0, 1, 100), Ipv4Addr::new(10, 0, 1, 101)],
        other_ips: OtherIps {
            ipv6: vec!["2001:db8::100".parse().expect("an address")],
            prefixes: vec!["10.0.1.16/28".to_owned()],
        },
        addresses: [(allocation(1), Ipv4Addr::new(203, 0, 113, 1))].into(),
    };
    let eni = "eni-1".parse().expect("a prefix and a digit");
    FloatingInterfaces::after(earlier, group, NOON, [(eni, interface)].into())
}

pub async fn the_interfaces_of_all_groups_are_listed_as_they_were_noted<L: Ledger>(
    ledger: &L,
) -> Checked {
    assert_eq!(ledger.floating_interfaces().await?, []);
    let empty = FloatingInterfaces::after(None, "old", NOON, [].into());
    for row in [&row("gw", None), &empty] {
        assert_eq!(ledger.put_floating_interfaces(row).await?, Written::Stored);
    }
    assert_eq!(
        ledger.floating_interfaces().await?,
        [row("gw", None), empty]
    );
    Ok(())
}

pub async fn a_row_of_interfaces_gives_way_to_its_next_revision_only<L: Ledger>(
    ledger: &L,
) -> Checked {
    let first = row("gw", None);
    let second = row("gw", Some(&first));
    assert_eq!(
        ledger.put_floating_interfaces(&second).await?,
        Written::Conflict
    );
    assert_eq!(
        ledger.put_floating_interfaces(&first).await?,
        Written::Stored
    );
    assert_eq!(
        ledger.put_floating_interfaces(&first).await?,
        Written::Conflict
    );
    assert_eq!(
        ledger.put_floating_interfaces(&second).await?,
        Written::Stored
    );
    assert_eq!(ledger.floating_interfaces().await?, [second]);
    Ok(())
}
