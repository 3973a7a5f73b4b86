//! What is sent to move an interface, private IPs or an address, to fence, and in a dry run; and what EC2's
//! refusals come to.

use super::{Wire, ec2};
use holdfast::cloud::moves::{
    DryRun, DryRunCall, Fence, MoveInterface, MovePrivateIps, Reassociate,
};
use holdfast::cloud::{CloudError, Missing};
use holdfast::error::chain;
use holdfast::model::ids::{AllocationId, AttachmentId, EniId, InstanceId};
use std::net::Ipv4Addr;

const PRIVATE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);

fn eni() -> EniId {
    "eni-1".parse().unwrap()
}

fn instance() -> InstanceId {
    "i-1".parse().unwrap()
}

fn attachment() -> AttachmentId {
    "eni-attach-1".parse().unwrap()
}

fn allocation() -> AllocationId {
    "eipalloc-1".parse().unwrap()
}

fn done(action: &str) -> Wire {
    Wire::answering([ec2(action, "<return>true</return>")])
}

fn sent(wire: &Wire) -> Vec<String> {
    let mut members = wire.members();
    members.sort();
    members
}

#[tokio::test]
async fn a_detachment_names_the_attachment_and_whether_to_wait_for_the_guest() {
    for force in [false, true] {
        let wire = done("DetachNetworkInterface");
        wire.cloud().detach(&attachment(), force).await.unwrap();
        let force = format!("Force={force}");
        assert_eq!(sent(&wire), ["AttachmentId=eni-attach-1", &force]);
    }
}

#[tokio::test]
async fn an_attachment_names_the_device_index_and_always_the_first_card() {
    let answer = "<attachmentId>eni-attach-2</attachmentId>";
    let wire = Wire::answering([ec2("AttachNetworkInterface", answer)]);
    let attached = wire.cloud().attach(&eni(), &instance(), 2).await.unwrap();
    assert_eq!(attached.as_str(), "eni-attach-2");
    assert_eq!(
        sent(&wire),
        [
            "DeviceIndex=2",
            "InstanceId=i-1",
            "NetworkCardIndex=0",
            "NetworkInterfaceId=eni-1",
        ]
    );
}

#[tokio::test]
async fn an_interface_is_made_to_outlive_its_instance_by_its_attachment() {
    let wire = done("ModifyNetworkInterfaceAttribute");
    let cloud = wire.cloud();
    cloud
        .clear_delete_on_termination(&eni(), &attachment())
        .await
        .unwrap();
    assert_eq!(
        sent(&wire),
        [
            "Attachment.AttachmentId=eni-attach-1",
            "Attachment.DeleteOnTermination=false",
            "NetworkInterfaceId=eni-1",
        ]
    );
}

#[tokio::test]
async fn private_ips_leave_whoever_has_them_in_one_call() {
    let wire = done("AssignPrivateIpAddresses");
    let private_ips = [PRIVATE, Ipv4Addr::new(10, 0, 0, 6)];
    wire.cloud().assign(&eni(), &private_ips).await.unwrap();
    assert_eq!(
        sent(&wire),
        [
            "AllowReassignment=true",
            "NetworkInterfaceId=eni-1",
            "PrivateIpAddress.1=10.0.0.5",
            "PrivateIpAddress.2=10.0.0.6",
        ]
    );
}

#[tokio::test]
async fn an_address_is_reassociated_in_one_call() {
    let answer = "<associationId>eipassoc-2</associationId>";
    let wire = Wire::answering([ec2("AssociateAddress", answer)]);
    let cloud = wire.cloud();
    let association = cloud.reassociate(&allocation(), &eni(), PRIVATE).await;
    assert_eq!(association.unwrap().as_str(), "eipassoc-2");
    assert_eq!(
        sent(&wire),
        [
            "AllocationId=eipalloc-1",
            "AllowReassociation=true",
            "NetworkInterfaceId=eni-1",
            "PrivateIpAddress=10.0.0.5",
        ]
    );
}

#[tokio::test]
async fn a_sick_instance_is_stopped_without_waiting_for_it() {
    let wire = done("StopInstances");
    wire.cloud().stop(&instance()).await.unwrap();
    assert_eq!(
        sent(&wire),
        ["Force=true", "InstanceId.1=i-1", "SkipOsShutdown=true"]
    );
}

#[tokio::test]
async fn an_isolated_interface_has_one_security_group() {
    let wire = done("ModifyNetworkInterfaceAttribute");
    let group = "sg-1".parse().unwrap();
    wire.cloud().isolate(&eni(), &group).await.unwrap();
    assert_eq!(
        sent(&wire),
        ["NetworkInterfaceId=eni-1", "SecurityGroupId.1=sg-1"]
    );
}

#[tokio::test]
async fn what_cannot_be_moved_is_told_apart() {
    for (code, name) in [
        ("AttachmentLimitExceeded", "LimitExceeded"),
        ("InvalidNetworkInterface.InUse", "InUse"),
        ("InvalidParameterValue", "DeviceIndexTaken"),
        ("InvalidParameterCombination", "Refused"),
        ("IncorrectInstanceState", "Refused"),
        ("InvalidNetworkInterfaceId.Malformed", "Refused"),
        ("RequestLimitExceeded", "Throttled"),
        ("UnauthorizedOperation", "Denied"),
        ("InternalError", "Other"),
    ] {
        let cloud = Wire::refusing(code).cloud();
        let refusal = cloud.attach(&eni(), &instance(), 1).await.unwrap_err();
        assert_eq!(refusal.name(), name, "{code}");
    }
    for (code, name) in [
        ("OperationNotPermitted", "Refused"),
        ("IncorrectState", "Refused"),
    ] {
        let cloud = Wire::refusing(code).cloud();
        let refusal = cloud.detach(&attachment(), false).await.unwrap_err();
        assert_eq!(refusal.name(), name, "{code}");
    }
    for code in [
        "PrivateIpAddressLimitExceeded",
        "InvalidInterface.IpAddressLimitExceeded",
    ] {
        let cloud = Wire::refusing(code).cloud();
        let refusal = cloud.assign(&eni(), &[PRIVATE]).await.unwrap_err();
        assert_eq!(refusal.name(), "LimitExceeded", "{code}");
    }
}

#[tokio::test]
async fn an_attachment_that_is_over_is_missing() {
    let cloud = Wire::refusing("InvalidAttachmentID.NotFound").cloud();
    for refusal in [
        cloud.detach(&attachment(), true).await,
        Wire::refusing("InvalidAttachmentID.NotFound")
            .cloud()
            .clear_delete_on_termination(&eni(), &attachment())
            .await,
    ] {
        let is_missing = matches!(
            refusal,
            Err(CloudError::NotFound {
                what: Missing::Attachment,
                ..
            })
        );
        assert!(is_missing, "{refusal:?}");
    }
}

fn rehearsals() -> [DryRunCall; 4] {
    [
        DryRunCall::Detach(attachment()),
        DryRunCall::Attach {
            eni: eni(),
            instance: instance(),
            device_index: 1,
        },
        DryRunCall::Associate {
            allocation: allocation(),
            eni: eni(),
            private_ip: PRIVATE,
        },
        DryRunCall::Disassociate("eipassoc-1".parse().unwrap()),
    ]
}

#[tokio::test]
async fn a_rehearsal_changes_nothing_and_names_all_that_the_call_would() {
    let expected: [&[&str]; 4] = [
        &[
            "Action=DetachNetworkInterface",
            "AttachmentId=eni-attach-1",
            "DryRun=true",
        ],
        &[
            "Action=AttachNetworkInterface",
            "DeviceIndex=1",
            "DryRun=true",
            "InstanceId=i-1",
            "NetworkCardIndex=0",
            "NetworkInterfaceId=eni-1",
        ],
        &[
            "Action=AssociateAddress",
            "AllocationId=eipalloc-1",
            "AllowReassociation=true",
            "DryRun=true",
            "NetworkInterfaceId=eni-1",
            "PrivateIpAddress=10.0.0.5",
        ],
        &[
            "Action=DisassociateAddress",
            "AssociationId=eipassoc-1",
            "DryRun=true",
        ],
    ];
    for (call, expected) in rehearsals().iter().zip(expected) {
        let wire = Wire::refusing("DryRunOperation");
        wire.cloud().dry_run(call).await.unwrap();
        assert_eq!(wire.calls(), [expected]);
    }
}

#[tokio::test]
async fn a_rehearsal_that_ec2_lets_pass_is_permitted_and_one_without_an_answer_is_not() {
    for call in rehearsals() {
        let action = match call {
            DryRunCall::Detach(_) => "DetachNetworkInterface",
            DryRunCall::Attach { .. } => "AttachNetworkInterface",
            DryRunCall::Associate { .. } => "AssociateAddress",
            DryRunCall::Disassociate(_) => "DisassociateAddress",
        };
        done(action).cloud().dry_run(&call).await.unwrap();
        let refusal = Wire::default().cloud().dry_run(&call).await.unwrap_err();
        let told = chain(&refusal);
        assert!(
            told.starts_with(&format!("ec2:{action}: no answer: ")),
            "{told}"
        );
    }
}

#[tokio::test]
async fn every_move_that_ec2_refuses_is_refused_with_the_name_of_its_call() {
    let refused = || Wire::refusing("UnauthorizedOperation").cloud();
    let group = "sg-1".parse().unwrap();
    let refusals = [
        refused().detach(&attachment(), false).await.unwrap_err(),
        refused().attach(&eni(), &instance(), 1).await.unwrap_err(),
        refused()
            .clear_delete_on_termination(&eni(), &attachment())
            .await
            .unwrap_err(),
        refused().assign(&eni(), &[PRIVATE]).await.unwrap_err(),
        refused()
            .reassociate(&allocation(), &eni(), PRIVATE)
            .await
            .unwrap_err(),
        refused().stop(&instance()).await.unwrap_err(),
        refused().isolate(&eni(), &group).await.unwrap_err(),
    ];
    let told = refusals.map(|refusal| refusal.to_string());
    let reason = "UnauthorizedOperation: because of it (request request-1)";
    assert_eq!(
        told,
        [
            "DetachNetworkInterface",
            "AttachNetworkInterface",
            "ModifyNetworkInterfaceAttribute",
            "AssignPrivateIpAddresses",
            "AssociateAddress",
            "StopInstances",
            "ModifyNetworkInterfaceAttribute",
        ]
        .map(|action| format!("ec2:{action}: {reason}"))
    );
}

#[tokio::test]
async fn an_answer_without_the_new_id_is_no_move() {
    let cloud = done("AttachNetworkInterface").cloud();
    let attached = cloud.attach(&eni(), &instance(), 1).await.unwrap_err();
    assert!(
        attached
            .to_string()
            .contains("the attachment id is missing"),
        "{attached}"
    );
    let cloud = done("AssociateAddress").cloud();
    let moved = cloud
        .reassociate(&allocation(), &eni(), PRIVATE)
        .await
        .unwrap_err();
    assert!(
        moved.to_string().contains("the association id is missing"),
        "{moved}"
    );
}

#[tokio::test]
async fn a_rehearsal_tells_a_missing_permission_from_what_else_is_in_the_way() {
    for call in rehearsals() {
        for (code, name) in [
            ("UnauthorizedOperation", "Denied"),
            ("IncorrectState", "Refused"),
        ] {
            let cloud = Wire::refusing(code).cloud();
            let refusal = cloud.dry_run(&call).await.unwrap_err();
            assert_eq!(refusal.name(), name, "{call:?}");
        }
    }
}
