#!/bin/sh
# The AWS CLI: an address is tagged, associated, lost and had back; an interface moves; its waiters wait.
set -eu

allocation=$(aws ec2 allocate-address --domain vpc --query AllocationId --output text \
    --tag-specifications 'ResourceType=elastic-ip,Tags=[{Key=Name,Value=partner}]')
ip=$(aws ec2 describe-addresses --allocation-ids "$allocation" --query 'Addresses[0].PublicIp' --output text)
aws ec2 wait instance-running --instance-ids "$HOLDER" "$STANDBY"
association=$(aws ec2 associate-address --allocation-id "$allocation" --network-interface-id "$HOLDER_ENI" \
    --no-allow-reassociation --query AssociationId --output text)

refusal=$(aws ec2 release-address --allocation-id "$allocation" 2>&1) && exit 1
echo "$refusal" | grep InvalidIPAddress.InUse
aws ec2 disassociate-address --association-id "$association"
aws ec2 release-address --allocation-id "$allocation"
again=$(aws ec2 allocate-address --domain vpc --address "$ip" --query PublicIp --output text)
[ "$again" = "$ip" ]

eni=$(aws ec2 create-network-interface --subnet-id "$SERVICE_SUBNET" --query NetworkInterface.NetworkInterfaceId --output text)
aws ec2 wait network-interface-available --network-interface-ids "$eni"
attachment=$(aws ec2 attach-network-interface --network-interface-id "$eni" --instance-id "$HOLDER" --device-index 1 \
    --query AttachmentId --output text)
sleep 2
aws ec2 detach-network-interface --attachment-id "$attachment"
sleep 2
aws ec2 wait network-interface-available --network-interface-ids "$eni"
aws ec2 attach-network-interface --network-interface-id "$eni" --instance-id "$STANDBY" --device-index 1
holder=$(aws ec2 describe-network-interfaces --network-interface-ids "$eni" --output text \
    --query 'NetworkInterfaces[0].Attachment.InstanceId')
[ "$holder" = "$STANDBY" ]
