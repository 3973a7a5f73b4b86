//! The words in which settings and tags are written, each as its type.

use crate::model::ids::SecurityGroupId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Whether a function may change anything in EC2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Say what would be done; change nothing.
    Observe,
    /// Do it.
    Enforce,
}

impl FromStr for Mode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "observe" => Ok(Self::Observe),
            "enforce" => Ok(Self::Enforce),
            _ => Err("expected `observe` or `enforce`"),
        }
    }
}

/// What is to happen when an address is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// Take it back.
    Reclaim,
    /// Record who released it, and report.
    Record,
    /// Let it go.
    None,
}

impl FromStr for Protection {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "reclaim" => Ok(Self::Reclaim),
            "record" => Ok(Self::Record),
            "none" => Ok(Self::None),
            _ => Err("expected `reclaim`, `record` or `none`"),
        }
    }
}

/// What becomes of an address when the instance that has it stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnStop {
    /// It stays with the stopped instance, until an instance that starts needs it.
    Stay,
    /// It goes straight to a running instance of its group that has none.
    Move,
}

impl FromStr for OnStop {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "stay" => Ok(Self::Stay),
            "move" => Ok(Self::Move),
            _ => Err("expected `stay` or `move`"),
        }
    }
}

/// How an address moves to a standby.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mover {
    /// The cheapest that works.
    Auto,
    /// The whole interface, with every address on it: detached and attached.
    Eni,
    /// The private IP, with the Elastic IP on it: one call, within a subnet.
    Ip,
    /// The Elastic IP alone: one call, any zone.
    Eip,
}

impl FromStr for Mover {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "eni" => Ok(Self::Eni),
            "ip" => Ok(Self::Ip),
            "eip" => Ok(Self::Eip),
            _ => Err("expected `auto`, `eni`, `ip` or `eip`"),
        }
    }
}

impl fmt::Display for Mover {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Auto => "auto",
            Self::Eni => "eni",
            Self::Ip => "ip",
            Self::Eip => "eip",
        })
    }
}

/// Whether somebody is to stand by for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standby {
    /// Somebody is: readiness says so where nobody could take it over.
    Wanted,
    /// Nobody is, on purpose.
    None,
}

impl FromStr for Standby {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "wanted" => Ok(Self::Wanted),
            "none" => Ok(Self::None),
            _ => Err("expected `wanted` or `none`"),
        }
    }
}

/// Whether EC2's own probe of the application says who may stand by. In a group of which the holder alone runs the
/// application, it fails on every standby that is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StandbyApplication {
    /// It says nothing of a standby.
    Ignore,
    /// A standby on which it fails is none.
    Require,
}

impl FromStr for StandbyApplication {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "ignore" => Ok(Self::Ignore),
            "require" => Ok(Self::Require),
            _ => Err("expected `ignore` or `require`"),
        }
    }
}

/// What becomes of a failed instance after its addresses have moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fencing {
    /// Nothing: an address is with one instance only, by construction.
    None,
    /// It is stopped, without waiting for its shutdown: for those that share a disk or a database.
    Stop,
    /// What it keeps gets this security group and no other: one that allows nothing.
    Isolate(SecurityGroupId),
}

impl FromStr for Fencing {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::None),
            "stop" => Ok(Self::Stop),
            group => group.parse().map(Self::Isolate).map_err(
                |_| "expected `none`, `stop` or the id of a security group that allows nothing",
            ),
        }
    }
}

/// Whether a fence tag may have an instance stopped although `HOLDFAST_FENCE` does not say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopByTag {
    /// Whoever can set a tag cannot stop an instance by it.
    Refuse,
    /// A fence tag `stop` counts.
    Allow,
}

impl FromStr for StopByTag {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "refuse" => Ok(Self::Refuse),
            "allow" => Ok(Self::Allow),
            _ => Err("expected `refuse` or `allow`"),
        }
    }
}

/// Which alarms may move anything. Whoever can make an alarm can name any instance in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmsThatMove {
    /// Each that names a member.
    Any,
    /// Those whose event carries the group tag: the tags of an alarm can be kept by a policy.
    Tagged,
    /// Those whose name begins with this: names can be kept by a policy on the alarm's ARN.
    Named(String),
}

impl FromStr for AlarmsThatMove {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.strip_prefix("name:").map(str::trim)) {
            ("any", _) => Ok(Self::Any),
            ("tagged", _) => Ok(Self::Tagged),
            (_, Some(prefix)) if !prefix.is_empty() => Ok(Self::Named(prefix.to_owned())),
            _ => Err("expected `any`, `tagged`, or `name:` and what the names begin with"),
        }
    }
}

/// Whether addresses return to the member that stands first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failback {
    /// Not by themselves.
    Never,
    /// When it has been healthy for so long.
    After(Duration),
}

impl FromStr for Failback {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<u64>() {
            _ if text == "never" => Ok(Self::Never),
            Ok(minutes @ 1..=10_080) => Ok(Self::After(Duration::from_secs(minutes * 60))),
            _ => Err("expected `never` or the number of healthy minutes, 1 to 10080"),
        }
    }
}

/// Whether a zone that traffic is shifted away from has no standbys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ZonalShifts {
    /// Nobody asks which zones these are.
    Ignore,
    /// Who is in such a zone does not stand by.
    Heed,
}

impl FromStr for ZonalShifts {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "ignore" => Ok(Self::Ignore),
            "heed" => Ok(Self::Heed),
            _ => Err("expected `ignore` or `heed`"),
        }
    }
}
