//! Why no kit can be made. Each says what happened, why, and what to do next.

use std::net::IpAddr;

/// Why there is no kit.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The answers of EC2 cannot be read.
    #[error("what EC2 answered cannot be read: {0}. Ask again with `make guest`.")]
    Answers(#[from] serde_json::Error),
    /// The word after `FOR=` is none.
    #[error("FOR={0} is unknown. It is one of: networkd, networkmanager, cloud-init, ssm.")]
    UnknownFor(String),
    /// The group is no name that a script can carry.
    #[error(
        "GROUP={0:?} cannot be in a script: it is empty, begins or ends with a blank, or has a control character or two braces."
    )]
    BadName(String),
    /// Nothing in EC2 has this group.
    #[error("nothing in this account and region has the tag {key} = {group}. {known}")]
    UnknownGroup {
        /// The key of the tag.
        key: String,
        /// The group that was asked for.
        group: String,
        /// The groups that there are, as a sentence.
        known: String,
    },
    /// The group has nothing that moves as the guest can see.
    #[error("group {group}: no interface and no private IP floats, so a guest needs no kit. {why}")]
    NothingFloats {
        /// The group.
        group: String,
        /// What its tagged resources are instead.
        why: String,
    },
    /// Something that EC2 always says is missing.
    #[error(
        "EC2 says no {what} of {of}. Ask again with `make guest`; without it no kit can be made."
    )]
    Missing {
        /// What is missing.
        what: &'static str,
        /// Of which resource.
        of: String,
    },
    /// Text that is not what it was taken for.
    #[error("EC2 calls {text:?} {what}, which it is not. Please report this.")]
    Unreadable {
        /// What it was taken for, with its article.
        what: &'static str,
        /// The text.
        text: String,
    },
    /// An address outside its own subnet.
    #[error("{ip} on {eni} is in no range of its subnet. Ask again with `make guest`.")]
    OutOfSubnet {
        /// The address.
        ip: IpAddr,
        /// The interface.
        eni: String,
    },
    /// There are more interfaces than tables.
    #[error("group {0} has more interfaces than there are routing tables for it. Split the group.")]
    NoTableLeft(String),
}
