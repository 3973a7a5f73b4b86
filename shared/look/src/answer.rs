//! Each kind of answer, as it is written into a look and read from it. An answer that cannot be read is refused with the
//! name of the field: it never counts as empty.

use holdfast::cloud::health::AlarmPage;
use holdfast::cloud::{Allocated, TagOf};
use holdfast::ledger::lease::Acquire;
use holdfast::ledger::{
    AllocationRows, FloatingInterfaces, Lease, MemberAlarms, ReleaseRecord, Snapshot,
    UnreadableRow, Written,
};
use holdfast::model::alarm::Alarm;
use holdfast::model::auto_scaling::LifecycleState;
use holdfast::model::cloudtrail::Record;
use holdfast::model::elastic_ip::Address;
use holdfast::model::ids::{
    AllocationId, AssociationId, AttachmentId, BorderGroup, InstanceId, InstanceType, Zone,
};
use holdfast::model::instance::{Instance, InstanceTypeLimits};
use holdfast::model::instance_status::InstanceStatus;
use holdfast::model::interface::Interface;
use holdfast::model::network::{RouteTable, Subnet};
use holdfast::model::zonal_shift::ZonalShift;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Why an answer cannot be read: the field, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadField {
    /// The way to the field: `[3].tags`; `.` is the whole.
    pub field: String,
    /// What is wrong.
    pub why: String,
}

/// Something that a port answers.
pub trait Answer: Sized {
    /// In writing.
    fn written(&self) -> Value;

    /// From writing.
    ///
    /// # Errors
    /// The first field that is not of its form.
    fn read(written: &Value) -> Result<Self, BadField>;
}

/// What `serde` writes. Nothing of ours has a map with other keys than words, so nothing is refused.
pub(crate) fn value_of(it: impl Serialize) -> Value {
    serde_json::to_value(it).unwrap_or_default()
}

/// What `serde` reads.
pub(crate) fn read_of<T: DeserializeOwned>(written: &Value) -> Result<T, BadField> {
    serde_path_to_error::deserialize(written).map_err(|error| BadField {
        field: error.path().to_string(),
        why: error.into_inner().to_string(),
    })
}

/// Answers that are written as they are.
macro_rules! plain {
    ($($kind:ty,)*) => {$(
        impl Answer for $kind {
            fn written(&self) -> Value {
                value_of(self)
            }

            fn read(written: &Value) -> Result<Self, BadField> {
                read_of(written)
            }
        }
    )*};
}

plain! {
    bool,
    AlarmPage,
    Allocated,
    AllocationRows,
    AssociationId,
    AttachmentId,
    BTreeMap<AllocationId, String>,
    BTreeMap<InstanceId, InstanceStatus>,
    BTreeMap<InstanceId, LifecycleState>,
    BTreeMap<InstanceType, InstanceTypeLimits>,
    BTreeMap<Zone, BorderGroup>,
    Option<AllocationId>,
    Option<Interface>,
    Vec<Address>,
    Vec<Alarm>,
    Vec<BTreeMap<String, String>>,
    Vec<FloatingInterfaces>,
    Vec<Instance>,
    Vec<Interface>,
    Vec<MemberAlarms>,
    Vec<Record>,
    Vec<ReleaseRecord>,
    Vec<RouteTable>,
    Vec<Snapshot>,
    Vec<Subnet>,
    Vec<TagOf>,
    Vec<UnreadableRow>,
    Vec<ZonalShift>,
    Written,
}

/// What is answered where there is nothing to tell but that it was done.
const DONE: &str = "done";

impl Answer for () {
    fn written(&self) -> Value {
        Value::from(DONE)
    }

    fn read(written: &Value) -> Result<Self, BadField> {
        if written == DONE {
            return Ok(());
        }
        Err(BadField {
            field: ".".to_owned(),
            why: format!("expected `{DONE}`"),
        })
    }
}

/// The row of a group. Whether it is the one beside the group's own is nothing that the ledger stores.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeaseRow {
    row: Lease,
    is_beside: bool,
}

impl From<&Lease> for LeaseRow {
    fn from(lease: &Lease) -> Self {
        Self {
            row: lease.clone(),
            is_beside: lease.is_beside,
        }
    }
}

impl From<LeaseRow> for Lease {
    fn from(LeaseRow { row, is_beside }: LeaseRow) -> Self {
        Self { is_beside, ..row }
    }
}

impl Answer for Vec<Lease> {
    fn written(&self) -> Value {
        value_of(self.iter().map(LeaseRow::from).collect::<Vec<_>>())
    }

    fn read(written: &Value) -> Result<Self, BadField> {
        let rows: Vec<LeaseRow> = read_of(written)?;
        Ok(rows.into_iter().map(Lease::from).collect())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Claimed {
    Granted(LeaseRow),
    HeldBy(LeaseRow),
}

impl Answer for Acquire {
    fn written(&self) -> Value {
        value_of(match self {
            Self::Granted(lease) => Claimed::Granted(lease.into()),
            Self::HeldBy(lease) => Claimed::HeldBy(lease.into()),
        })
    }

    fn read(written: &Value) -> Result<Self, BadField> {
        Ok(match read_of(written)? {
            Claimed::Granted(row) => Self::Granted(row.into()),
            Claimed::HeldBy(row) => Self::HeldBy(row.into()),
        })
    }
}
