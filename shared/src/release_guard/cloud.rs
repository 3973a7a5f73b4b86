//! What the guard asks of AWS, as one bound for all that it calls.

use crate::cloud::{
    Allocate, Associate, ReadAddresses, ReadEventHistory, ReadInstances, ReadInterfaces,
    SetReverseDns,
};

/// What the guard asks of EC2 and CloudTrail. Releasing is not among it.
pub trait ReleaseGuardCloud:
    ReadAddresses
    + Allocate
    + Associate
    + SetReverseDns
    + ReadInterfaces
    + ReadInstances
    + ReadEventHistory
{
}

impl<T> ReleaseGuardCloud for T where
    T: ReadAddresses
        + Allocate
        + Associate
        + SetReverseDns
        + ReadInterfaces
        + ReadInstances
        + ReadEventHistory
{
}
