//! The ports of the drill on the simulated regions: what EC2 answers, the clock, and the disk.

use super::bed::{Bed, SeededBug};
use crate::drill::clocks::{BootClock, SinceBoot};
use crate::drill::execute::Watch;
use crate::drill::ports::{KeepRun, NotKept, Relinquish};
use crate::drill::run::Run;
use ec2_sim::api::{
    self, AllocateAddress, DescribeAddresses, Ec2Error, Filter, ReleaseAddress, Request, Response,
    Tag, TagSpecification,
};
use holdfast::clock::Clock;
use holdfast::cloud::{Allocated, CloudError, Failure};
use holdfast::model::elastic_ip::{Address, Association, Pool};
use holdfast::model::ids::AllocationId;
use holdfast::model::tags::Tags;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use time::OffsetDateTime;

pub(super) fn classify(action: &'static str, refusal: Ec2Error) -> CloudError {
    let (code, message) = (Some(refusal.code), Some(refusal.message));
    CloudError::from(Failure {
        action,
        code,
        message,
        request_id: None,
        source: None,
    })
}

pub(super) fn unanswered(action: &'static str) -> CloudError {
    let message = Some("timed out".to_owned());
    CloudError::from(Failure {
        action,
        code: None,
        message,
        request_id: None,
        source: None,
    })
}

fn address(shown: &api::Address) -> Address {
    let association = shown.association.as_ref();
    Address {
        allocation: shown.allocation_id.parse().unwrap(),
        ip: shown.public_ip.parse().unwrap(),
        pool: Pool::from_public_ipv4_pool(&shown.public_ipv4_pool),
        border_group: None,
        tags: shown
            .tags
            .iter()
            .map(|tag| (tag.key.clone(), tag.value.clone()))
            .collect(),
        association: association.map(|association| Association {
            id: association.association_id.parse().unwrap(),
            eni: None,
            private_ip: None,
            instance: None,
        }),
        service_managed: shown.service_managed.clone(),
    }
}

impl Relinquish for Bed {
    async fn allocate(
        &self,
        region: &str,
        ip: Option<Ipv4Addr>,
        tags: &Tags,
    ) -> Result<Allocated, CloudError> {
        let mut tags: Vec<Tag> = tags
            .iter()
            .map(|(key, value)| Tag::new(key, value))
            .collect();
        if self.state().bug == Some(SeededBug::NoTags) {
            tags.clear();
        }
        let request = AllocateAddress {
            address: ip.map(|ip| ip.to_string()),
            tag_specifications: vec![TagSpecification {
                resource_type: "elastic-ip".to_owned(),
                tags,
            }],
            ..AllocateAddress::default()
        };
        match self
            .call(
                region,
                "ec2:AllocateAddress",
                Request::AllocateAddress(request),
            )
            .await?
        {
            Response::AllocateAddress(allocated) => Ok(Allocated {
                allocation: allocated.allocation_id.parse().unwrap(),
                ip: allocated.public_ip.parse().unwrap(),
            }),
            other => panic!("{other:?}"),
        }
    }

    async fn release(&self, region: &str, allocation: &AllocationId) -> Result<(), CloudError> {
        let request = ReleaseAddress {
            allocation_id: Some(allocation.to_string()),
            ..ReleaseAddress::default()
        };
        self.call(
            region,
            "ec2:ReleaseAddress",
            Request::ReleaseAddress(request),
        )
        .await
        .map(drop)
    }

    async fn tagged(
        &self,
        region: &str,
        key: &str,
        value: &str,
    ) -> Result<Vec<Address>, CloudError> {
        let everything = self.state().bug == Some(SeededBug::TakesAllForItsOwn);
        if self.state().bug == Some(SeededBug::BlindLooks) {
            return Ok(Vec::new());
        }
        let filters = vec![Filter {
            name: format!("tag:{key}"),
            values: vec![value.to_owned()],
        }];
        let filters = if everything { Vec::new() } else { filters };
        let request = DescribeAddresses {
            filters,
            ..DescribeAddresses::default()
        };
        match self
            .call(
                region,
                "ec2:DescribeAddresses",
                Request::DescribeAddresses(request),
            )
            .await?
        {
            Response::DescribeAddresses(shown) => {
                let mut shown: Vec<Address> = shown.iter().map(address).collect();
                if everything {
                    for address in &mut shown {
                        address.tags.insert(key.to_owned(), value.to_owned());
                    }
                }
                Ok(shown)
            }
            other => panic!("{other:?}"),
        }
    }

    async fn held(&self, region: &str) -> Result<BTreeSet<AllocationId>, CloudError> {
        let request = Request::DescribeAddresses(DescribeAddresses::default());
        match self.call(region, "ec2:DescribeAddresses", request).await? {
            Response::DescribeAddresses(shown) => {
                Ok(shown.iter().map(|it| address(it).allocation).collect())
            }
            other => panic!("{other:?}"),
        }
    }

    async fn quota(&self, region: &str) -> Result<Option<u64>, CloudError> {
        let mut state = self.state();
        let world = state.worlds.get_mut(region).unwrap();
        Ok(Some(world.settings().address_quota as u64))
    }
}

impl Clock for Bed {
    fn now(&self) -> OffsetDateTime {
        self.true_time() + self.state().off
    }

    async fn sleep(&self, how_long: std::time::Duration) {
        if self.state().killed {
            self.die::<()>().await;
        }
        let until = self.true_time() + how_long;
        self.in_every_world(|_, world| world.advance_to(until));
    }
}

impl BootClock for Bed {
    fn since_boot(&self) -> SinceBoot {
        let since = self.true_time() - OffsetDateTime::UNIX_EPOCH;
        SinceBoot {
            boot: "the only one".to_owned(),
            milliseconds: u64::try_from(since.whole_milliseconds()).unwrap(),
        }
    }
}

pub(super) struct Keeper<'a>(pub(super) &'a Bed);

impl KeepRun for Keeper<'_> {
    fn keep(&mut self, run: &Run) -> Result<(), NotKept> {
        let mut state = self.0.state();
        // A process that is killed after a reply keeps nothing more.
        if !state.killed {
            state.disk = Some(run.clone());
        }
        Ok(())
    }
}

pub(super) struct Nobody;

impl Watch for Nobody {
    fn see(&mut self, _: &Run, _: Option<OffsetDateTime>) {}
}
