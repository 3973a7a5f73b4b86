// The AWS SDK for JavaScript v3: its waiters wait for an instance and an interface, its paginator reads in pages.
import assert from "node:assert/strict";
import * as sdk from "@aws-sdk/client-ec2";

const ec2 = new sdk.EC2Client({});
const waiter = { client: ec2, maxWaitTime: 60, minDelay: 1, maxDelay: 2 };

const launched = await ec2.send(new sdk.RunInstancesCommand({
  ImageId: "ami-12345678", InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, SubnetId: process.env.SUBNET,
}));
const instance = launched.Instances[0].InstanceId;
const running = await sdk.waitUntilInstanceRunning(waiter, { InstanceIds: [instance] });
assert.equal(running.state, "SUCCESS");

const { AllocationId, PublicIp } = await ec2.send(new sdk.AllocateAddressCommand({ Domain: "vpc" }));
await ec2.send(new sdk.ReleaseAddressCommand({ AllocationId }));
await assert.rejects(ec2.send(new sdk.DescribeAddressesCommand({ AllocationIds: [AllocationId] })), {
  name: "InvalidAllocationID.NotFound",
});
const again = await ec2.send(new sdk.AllocateAddressCommand({ Domain: "vpc", Address: PublicIp }));
assert.equal(again.PublicIp, PublicIp);

const made = [];
for (let number = 0; number < 6; number += 1) {
  const { NetworkInterface } = await ec2.send(new sdk.CreateNetworkInterfaceCommand({ SubnetId: process.env.SERVICE_SUBNET }));
  made.push(NetworkInterface.NetworkInterfaceId);
}
const pages = [];
const filters = [{ Name: "subnet-id", Values: [process.env.SERVICE_SUBNET] }];
for await (const page of sdk.paginateDescribeNetworkInterfaces({ client: ec2, pageSize: 5 }, { Filters: filters })) {
  pages.push(page.NetworkInterfaces.map((each) => each.NetworkInterfaceId));
}
assert.equal(pages.length, 2);
assert.deepEqual(pages.flat().sort(), made.sort());

const [NetworkInterfaceId] = made;
const { AttachmentId } = await ec2.send(new sdk.AttachNetworkInterfaceCommand({
  NetworkInterfaceId, InstanceId: instance, DeviceIndex: 1,
}));
await new Promise((resolve) => setTimeout(resolve, 2000));
await ec2.send(new sdk.DetachNetworkInterfaceCommand({ AttachmentId }));
const free = await sdk.waitUntilNetworkInterfaceAvailable(waiter, { NetworkInterfaceIds: [NetworkInterfaceId] });
assert.equal(free.state, "SUCCESS");
await ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds: [instance] }));
const ended = await sdk.waitUntilInstanceTerminated(waiter, { InstanceIds: [instance] });
assert.equal(ended.state, "SUCCESS");
