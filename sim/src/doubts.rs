//! What nobody knows about EC2, or what its text and what users saw tell differently. Each doubt has two sides, and nothing
//! that is tested with the simulator may depend on either.

/// One side of each doubt. The default is the side that users saw, or else the one that is harder on callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// `DisassociateAddress` of an association that is over.
    pub ended_association: EndedAssociation,
    /// The status of an interface while it is detached.
    pub detaching_interface: DetachingInterface,
    /// `AssociateAddress` with `AllowReassociation=false` to a private IP that has another address.
    pub occupied_target: OccupiedTarget,
    /// `AttachNetworkInterface` of an interface that is not free.
    pub taken_interface: TakenInterface,
}

/// What `DisassociateAddress` answers for an association that is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndedAssociation {
    /// `InvalidAssociationID.NotFound`, as users saw it: hashicorp/terraform issues 6758 and 2543,
    /// terraform-provider-aws pull request 3653.
    #[default]
    NotFound,
    /// No error: "If you perform the operation more than once, Amazon EC2 doesn't return an error." (EC2 API reference,
    /// `DisassociateAddress`)
    Done,
}

/// `NetworkInterface.Status` while the interface is detached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DetachingInterface {
    /// `detaching`: the API model has the word.
    #[default]
    Detaching,
    /// `in-use` to the end: "If the network interface is attached to an instance, the status is in-use" (EC2 API reference,
    /// `DescribeNetworkInterfaces`, filter `status`), and published scripts wait for its end.
    InUse,
}

/// Whether `AllowReassociation=false` protects the address that is on the target already. The text speaks of the address
/// that comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OccupiedTarget {
    /// No: that address is bumped off, and stays allocated.
    #[default]
    BumpsOff,
    /// Yes: "you cannot associate an Elastic IP address with an instance if it's already associated with another Elastic
    /// IP address" (EC2 user guide, error codes, `Resource.AlreadyAssociated`).
    Refuses,
}

/// How `AttachNetworkInterface` refuses an interface that is not free: "you may also receive `InvalidParameterValue`" (EC2
/// user guide, error codes, `InvalidNetworkInterface.InUse`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TakenInterface {
    /// `InvalidNetworkInterface.InUse`.
    #[default]
    InUse,
    /// `InvalidParameterValue`, as for a device index that is taken.
    InvalidParameterValue,
}

impl Doubts {
    /// How many combinations there are.
    pub const COMBINATIONS: u8 = 16;

    /// A combination by its number: each bit is a doubt, from the first member on, and stands for the side that is not the
    /// default.
    #[must_use]
    pub fn numbered(number: u8) -> Self {
        let other = |doubt: u8| number >> doubt & 1 == 1;
        Self {
            ended_association: if other(0) {
                EndedAssociation::Done
            } else {
                EndedAssociation::NotFound
            },
            detaching_interface: if other(1) {
                DetachingInterface::InUse
            } else {
                DetachingInterface::Detaching
            },
            occupied_target: if other(2) {
                OccupiedTarget::Refuses
            } else {
                OccupiedTarget::BumpsOff
            },
            taken_interface: if other(3) {
                TakenInterface::InvalidParameterValue
            } else {
                TakenInterface::InUse
            },
        }
    }

    /// The defaults, and each other side alone.
    pub fn alone() -> impl Iterator<Item = Self> {
        [0b0000, 0b0001, 0b0010, 0b0100, 0b1000]
            .into_iter()
            .map(Self::numbered)
    }

    /// Few combinations in which every side of each doubt meets every side of each other one.
    pub fn pairwise() -> impl Iterator<Item = Self> {
        [0b0000, 0b0111, 0b1011, 0b1101, 0b1110]
            .into_iter()
            .map(Self::numbered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(doubts: Doubts) -> u8 {
        let mut numbers = 0..Doubts::COMBINATIONS;
        let number = numbers.find(|number| Doubts::numbered(*number) == doubts);
        number.expect("it is one of them")
    }

    #[test]
    fn every_two_doubts_meet_on_all_their_sides() {
        let chosen: Vec<u8> = Doubts::pairwise().map(sides).collect();
        for (first, second) in (0..4).flat_map(|first| (0..first).map(move |it| (it, first))) {
            for (one, other) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let meets = |it: &u8| (it >> first & 1, it >> second & 1) == (one, other);
                assert!(chosen.iter().any(meets), "{first} {one}, {second} {other}");
            }
        }
    }

    #[test]
    fn each_side_stands_alone_once() {
        let alone: Vec<u32> = Doubts::alone().map(|it| sides(it).count_ones()).collect();
        assert_eq!(alone, [0, 1, 1, 1, 1]);
        assert_eq!(Doubts::alone().next(), Some(Doubts::default()));
    }
}
