//! The EC2 calls on addresses that a CloudTrail record can be about.

/// The EC2 calls that change who holds an address, what it points at, or what is known about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    AllocateAddress,
    ReleaseAddress,
    AssociateAddress,
    DisassociateAddress,
    CreateTags,
    DeleteTags,
    ModifyAddressAttribute,
    ResetAddressAttribute,
    EnableAddressTransfer,
    DisableAddressTransfer,
    AcceptAddressTransfer,
}

impl Action {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "AllocateAddress" => Self::AllocateAddress,
            "ReleaseAddress" => Self::ReleaseAddress,
            "AssociateAddress" => Self::AssociateAddress,
            "DisassociateAddress" => Self::DisassociateAddress,
            "CreateTags" => Self::CreateTags,
            "DeleteTags" => Self::DeleteTags,
            "ModifyAddressAttribute" => Self::ModifyAddressAttribute,
            "ResetAddressAttribute" => Self::ResetAddressAttribute,
            "EnableAddressTransfer" => Self::EnableAddressTransfer,
            "DisableAddressTransfer" => Self::DisableAddressTransfer,
            "AcceptAddressTransfer" => Self::AcceptAddressTransfer,
            _ => return None,
        })
    }

    /// What a refusal of the call means, in words.
    pub(super) fn no_effect(self) -> &'static str {
        match self {
            Self::AllocateAddress => "nothing was allocated",
            Self::ReleaseAddress => "nothing was released",
            Self::AssociateAddress => "nothing was associated",
            Self::DisassociateAddress => "nothing was disassociated",
            Self::CreateTags | Self::DeleteTags => "no tag was changed",
            Self::ModifyAddressAttribute | Self::ResetAddressAttribute => {
                "no reverse DNS name was changed"
            }
            Self::EnableAddressTransfer | Self::DisableAddressTransfer => "no transfer was changed",
            Self::AcceptAddressTransfer => "nothing was transferred",
        }
    }
}
