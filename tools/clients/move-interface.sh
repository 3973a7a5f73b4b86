#!/bin/sh
# Failover by moving an interface, as a script of 2014 did it: find the interface by its IP and the new holder by an
# address of its, detach, look once a second while the status is `in-use`, attach. $1 is `--force` or empty.
#
# What it shows is whether such a script works under a reading of EC2: its own end, not an improved one.
set -eu

eni=$(aws ec2 describe-network-interfaces --filters "Name=private-ip-address,Values=$SERVICE_IP" --output text \
    --query 'NetworkInterfaces[0].NetworkInterfaceId')
instance=$(aws ec2 describe-instances --filters "Name=private-ip-address,Values=$STANDBY_IP" --output text \
    --query 'Reservations[0].Instances[0].InstanceId')
attachment=$(aws ec2 describe-network-interfaces --network-interface-ids "$eni" --output text \
    --query 'NetworkInterfaces[0].Attachment.AttachmentId')
# shellcheck disable=SC2086  # without `--force` there is no argument
aws ec2 detach-network-interface --attachment-id "$attachment" ${1:-}
while
    status=$(aws ec2 describe-network-interfaces --network-interface-ids "$eni" --output text \
        --query 'NetworkInterfaces[0].Status')
    [ "$status" = in-use ]
do
    sleep 1
done
aws ec2 attach-network-interface --network-interface-id "$eni" --instance-id "$instance" --device-index 1
