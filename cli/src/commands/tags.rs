//! `holdfast protect`, `holdfast unprotect` and `holdfast adopt`: the tags that Holdfast goes by, shown before they are
//! set. Nothing is set without `--apply`.
//!
//! Races: somebody changes a tag between the look and the setting. What was asked for is set, over any value.

use crate::aws::Connection;
use crate::deployment::Deployment;
use crate::failure::{Exit, Failure};
use crate::output::{Cell, Document, Page, Table};
use crate::session::Session;
use clap::{Args, ValueEnum};
use holdfast::cloud::{AddressFilter, ReadAddresses, ReadTags, TagOf};
use holdfast::model::ids::{AllocationId, EniId, InstanceId};
use serde::Serialize;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::net::Ipv4Addr;

const AFTER_HELP_OF_PROTECT: &str = "\
Examples:
  holdfast protect 203.0.113.10
  holdfast protect 203.0.113.10 eipalloc-0123456789abcdef0 --apply
  holdfast protect 203.0.113.10 --as record --apply

Without --apply the tags are shown, and nothing is set. It takes the rights of policies/tagging.json.";

const AFTER_HELP_OF_UNPROTECT: &str = "\
Examples:
  holdfast unprotect 203.0.113.10 --apply

The tag is set to `none`, so that the address is let go whatever the stack's default is. Wait a minute before you release
the address: the function that takes note of the tag has to hear of it first.";

const AFTER_HELP_OF_ADOPT: &str = "\
Examples:
  holdfast adopt web i-0123456789abcdef0 i-0fedcba9876543210 203.0.113.10
  holdfast adopt web eni-0123456789abcdef0 --apply

The instances become members of the group, and what else is named moves among them. `holdfast plan` then shows how.";

/// Have addresses taken back when somebody releases them
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP_OF_PROTECT)]
pub struct ProtectArguments {
    /// The addresses
    #[arg(required = true, value_name = "IP|ALLOCATION")]
    what: Vec<String>,
    /// What happens on a release
    #[arg(long = "as", value_enum, default_value_t)]
    protection: Protection,
    /// Set the tags
    #[arg(long)]
    apply: bool,
}

/// Let addresses go when somebody releases them
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP_OF_UNPROTECT)]
pub struct UnprotectArguments {
    /// The addresses
    #[arg(required = true, value_name = "IP|ALLOCATION")]
    what: Vec<String>,
    /// Set the tags
    #[arg(long)]
    apply: bool,
}

/// Put instances, interfaces and addresses into a group
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP_OF_ADOPT)]
pub struct AdoptArguments {
    /// The group
    group: String,
    /// What belongs to it
    #[arg(required = true, value_name = "INSTANCE|INTERFACE|IP|ALLOCATION")]
    what: Vec<String>,
    /// Set the tags
    #[arg(long)]
    apply: bool,
}

/// What happens on a release.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Protection {
    /// It is taken back
    #[default]
    Reclaim,
    /// It is recorded and told
    Record,
}

/// The command that a document answers.
pub(super) trait Tagging {
    /// Its name.
    const COMMAND: &'static str;
}

/// The answer to `protect`.
#[derive(Debug)]
pub(super) struct Protect;

/// The answer to `unprotect`.
#[derive(Debug)]
pub(super) struct Unprotect;

/// The answer to `adopt`.
#[derive(Debug)]
pub(super) struct Adopt;

impl Tagging for Protect {
    const COMMAND: &'static str = "protect";
}

impl Tagging for Unprotect {
    const COMMAND: &'static str = "unprotect";
}

impl Tagging for Adopt {
    const COMMAND: &'static str = "adopt";
}

/// The tags of each resource, as they are and as they are to be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TagsDocument<C> {
    stack: String,
    region: String,
    /// Whether they are set.
    applied: bool,
    tags: Vec<TagChange>,
    #[serde(skip)]
    command: PhantomData<C>,
}

/// One tag of one resource.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct TagChange {
    resource: String,
    address: Option<Ipv4Addr>,
    key: String,
    now: Option<String>,
    then: String,
}

impl TagChange {
    fn is_needed(&self) -> bool {
        self.now.as_deref() != Some(&self.then)
    }
}

impl<C: Tagging> Document for TagsDocument<C> {
    const COMMAND: &'static str = C::COMMAND;

    fn page(&self) -> Page {
        let mut page = Page::default();
        page.table(self.rows());
        page.gap();
        let needed = self.tags.iter().any(TagChange::is_needed);
        page.line([match (needed, self.applied) {
            (false, _) => Cell::good("all of it is so already"),
            (true, true) => Cell::good("set"),
            (true, false) => Cell::attention("nothing is set: add --apply to set the tags"),
        }]);
        page
    }

    fn rows(&self) -> Table {
        let mut table = Table::of(&["resource", "address", "key", "now", "then"]);
        for change in &self.tags {
            table.push([
                Cell::strong(&change.resource),
                Cell::or_dash(change.address.map(|ip| ip.to_string())),
                Cell::from(&change.key),
                Cell::or_dash(change.now.as_deref()),
                if change.is_needed() {
                    Cell::attention(&change.then)
                } else {
                    Cell::good(&change.then)
                },
            ]);
        }
        table
    }
}

pub(super) async fn protect(
    asked: &ProtectArguments,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let value = match asked.protection {
        Protection::Reclaim => "reclaim",
        Protection::Record => "record",
    };
    let deployment = session.deployment().await?;
    let key = deployment.settings.tags.protect.clone();
    let found = addresses(&deployment.connection, &asked.what).await?;
    set::<Protect>(session, &deployment, found, (&key, value), asked.apply).await
}

pub(super) async fn unprotect(
    asked: &UnprotectArguments,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let deployment = session.deployment().await?;
    let key = deployment.settings.tags.protect.clone();
    let found = addresses(&deployment.connection, &asked.what).await?;
    set::<Unprotect>(session, &deployment, found, (&key, "none"), asked.apply).await
}

pub(super) async fn adopt(asked: &AdoptArguments, session: &mut Session) -> Result<Exit, Failure> {
    let group = asked.group.trim();
    if group.is_empty() {
        return Err(Failure::usage(
            "a group has a name",
            "Name it: `holdfast adopt web ...`.",
        ));
    }
    let deployment = session.deployment().await?;
    let key = deployment.settings.tags.group.clone();
    let is_other =
        |what: &&String| what.parse::<InstanceId>().is_ok() || what.parse::<EniId>().is_ok();
    let (others, named): (Vec<&String>, Vec<&String>) = asked.what.iter().partition(is_other);
    let named: Vec<String> = named.into_iter().cloned().collect();
    let mut found: Resources = others.into_iter().map(|id| (id.clone(), None)).collect();
    if !named.is_empty() {
        found.extend(addresses(&deployment.connection, &named).await?);
    }
    set::<Adopt>(session, &deployment, found, (&key, group), asked.apply).await
}

/// Each resource by its id, and its address where it is one.
type Resources = BTreeMap<String, Option<Ipv4Addr>>;

/// The addresses that are named, as the account has them.
async fn addresses(connection: &Connection, named: &[String]) -> Result<Resources, Failure> {
    let cloud = connection.cloud();
    let mut found = Resources::new();
    for what in named {
        let which = if let Ok(ip) = what.parse::<Ipv4Addr>() {
            AddressFilter::Ip(ip)
        } else if let Ok(allocation) = what.parse::<AllocationId>() {
            AddressFilter::Allocations(vec![allocation])
        } else {
            return Err(Failure::usage(
                format!("`{what}` is neither an IPv4 address nor an id of this kind of thing"),
                "Name an address, an allocation, or for `adopt` an instance or an interface.",
            ));
        };
        let held = cloud.addresses(&which).await;
        let held = held.map_err(Failure::aws(format!("{what} could not be read")))?;
        let Some(address) = held.into_iter().next() else {
            return Err(Failure::usage(
                format!(
                    "this account has no address {what} in {}",
                    connection.region
                ),
                "Look for a slip of the pen and at --region. What was released comes back with `holdfast restore`.",
            ));
        };
        found.insert(address.allocation.to_string(), Some(address.ip));
    }
    Ok(found)
}

async fn set<C: Tagging>(
    session: &mut Session,
    deployment: &Deployment,
    found: Resources,
    (key, value): (&str, &str),
    apply: bool,
) -> Result<Exit, Failure> {
    let connection = &deployment.connection;
    let ids: Vec<String> = found.keys().cloned().collect();
    let tags = connection.cloud().tags(&[key.to_owned()], &ids).await;
    let tags = tags.map_err(Failure::aws("the tags could not be read"))?;
    let now = |id: &str| {
        let tag = tags.iter().find(|tag: &&TagOf| tag.resource == id);
        tag.map(|tag| tag.value.clone())
    };
    let changes = found.into_iter().map(|(resource, address)| TagChange {
        now: now(&resource),
        address,
        key: key.to_owned(),
        then: value.to_owned(),
        resource,
    });
    let changes: Vec<TagChange> = changes.collect();
    let needed = changes.iter().filter(|change| change.is_needed());
    let needed: Vec<String> = needed.map(|change| change.resource.clone()).collect();
    if apply && !needed.is_empty() {
        let set = connection.set_tags(&needed, key, value).await;
        set.map_err(Failure::aws("the tags could not be set"))?;
    }
    session.finish(&TagsDocument::<C> {
        stack: deployment.stack.name.clone(),
        region: connection.region.clone(),
        applied: apply,
        tags: changes,
        command: PhantomData,
    })
}
