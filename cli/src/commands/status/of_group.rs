//! Of which group an address is, as far as it could be read. Pure.

use holdfast::alarm_failover::Overview;
use holdfast::groups::{floating_group, group_of};
use holdfast::model::elastic_ip;
use holdfast::model::ids::EniId;
use holdfast::model::tags::Tags;
use holdfast::settings::Settings;
use std::collections::BTreeMap;

/// The group of each floating interface: an address on one moves with it, whatever tags it has itself.
fn floating_groups<'a>(
    overview: &'a Overview,
    settings: &Settings,
) -> BTreeMap<&'a EniId, &'a str> {
    let interfaces = overview.interfaces.iter();
    let groups = interfaces.filter_map(|it| Some((&it.id, floating_group(it, &settings.tags)?)));
    groups.collect()
}

/// What says of which group something is.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    floating: BTreeMap<&'a EniId, &'a str>,
    knows_interfaces: bool,
    pub(super) settings: &'a Settings,
}

/// Of which group something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfGroup<'a> {
    Named(&'a str),
    None,
    /// What would name it could not be read.
    NotKnown,
}

impl<'a> Groups<'a> {
    pub(super) fn of(
        overview: &'a Overview,
        knows_interfaces: bool,
        settings: &'a Settings,
    ) -> Self {
        Self {
            floating: floating_groups(overview, settings),
            knows_interfaces,
            settings,
        }
    }

    pub(super) fn of_tags(&self, tags: &'a Tags, on: Option<&EniId>) -> OfGroup<'a>
    where
        Self: 'a,
    {
        let own = group_of(tags, &self.settings.tags);
        let own = own.or_else(|| on.and_then(|eni| self.floating.get(eni)).copied());
        match own {
            Some(name) => OfGroup::Named(name),
            None if on.is_some() && !self.knows_interfaces => OfGroup::NotKnown,
            None => OfGroup::None,
        }
    }

    pub(super) fn of_address(&self, address: &'a elastic_ip::Address) -> OfGroup<'a> {
        let association = address.association.as_ref();
        self.of_tags(&address.tags, association.and_then(|it| it.eni.as_ref()))
    }
}

impl OfGroup<'_> {
    /// Whether it is shown where this group is asked for, or all are.
    pub(super) fn may_be(self, asked: Option<&str>) -> bool {
        match (asked, self) {
            (None, _) | (_, Self::NotKnown) => true,
            (Some(asked), Self::Named(name)) => asked == name,
            (Some(_), Self::None) => false,
        }
    }
}
