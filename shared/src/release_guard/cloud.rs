//! What the guard asks of AWS, as one bound for all that it calls.

use crate::cloud::{Associate, ReadAddresses, ReadInterfaces, Reclaim, SetReverseDns, Trail};

/// What the guard asks of EC2 and CloudTrail. Releasing is not among it.
pub trait ReleaseGuardCloud:
    ReadAddresses + Reclaim + Associate + SetReverseDns + ReadInterfaces + Trail
{
}

impl<T> ReleaseGuardCloud for T where
    T: ReadAddresses + Reclaim + Associate + SetReverseDns + ReadInterfaces + Trail
{
}
