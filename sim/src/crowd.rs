//! An account of real size: thousands of instances, interfaces, addresses and alarms that whoever tests has nothing to do
//! with. They run, hold addresses and fire, and nothing of them changes by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    addresses::{AMAZON, Address, Association},
    alarms::{Alarm, AlarmState, Metric, Watched},
    allocation::amazon_address,
    api::{CreateSubnet, CreateVpc, Ec2Error, InstanceState, OtherAddresses, Response},
    instances::{Instance, Reported},
    interfaces::{Attachment, AttachmentStatus, Interface, PLAIN},
    model::Model,
    reverse_dns::ReverseDns,
    stops::StopRules,
    world::World,
};

/// How many of what an account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Crowd {
    /// Instances that run, each with a tag of somebody's.
    pub instances: u32,
    /// Interfaces: one for each instance, and what is left on the first of them as a second one.
    pub interfaces: u32,
    /// Elastic IPs, on the primary private IPs of the first instances.
    pub addresses: u32,
    /// Alarms, half of them on instances and half on tables.
    pub alarms: u32,
    /// How many of the alarms are in `ALARM`.
    pub firing: u32,
}

impl Crowd {
    /// As many of everything, and a quarter of the alarms fires.
    #[must_use]
    pub fn of_each(count: u32) -> Self {
        Self {
            instances: count,
            interfaces: count,
            addresses: count,
            alarms: count,
            firing: count / 4,
        }
    }

    /// A large account: 10,000 instances, 20,000 interfaces, 5,000 addresses, and 10,000 alarms of which 2,500 fire.
    #[must_use]
    pub fn large() -> Self {
        Self {
            instances: 10_000,
            interfaces: 20_000,
            addresses: 5_000,
            alarms: 10_000,
            firing: 2_500,
        }
    }
}

/// The name of one of the crowd's alarms.
#[must_use]
pub fn alarm_of_the_crowd(number: u32) -> String {
    format!("TargetTracking-{number:05}-AlarmLow")
}

impl World {
    /// Puts others' things into the account; their ids, for whoever wants to do something to them.
    ///
    /// # Errors
    /// Where there is no room for them.
    pub fn add_crowd(&mut self, crowd: Crowd) -> Result<Vec<String>, Ec2Error> {
        let account = self.account().to_owned();
        self.change(|model| model.add_crowd(&account, crowd))
    }
}

impl Model {
    fn add_crowd(&mut self, account: &str, crowd: Crowd) -> Result<Vec<String>, Ec2Error> {
        let [network, subnet, zone] = self.network_of_the_crowd(account)?;
        let mut instances = Vec::new();
        let mut primaries = Vec::new();
        for number in 0..crowd.instances {
            let id = self.ids.next("i");
            let reservation_id = self.ids.next("r");
            let instance = Instance {
                id: id.clone(),
                reservation_id,
                owner: account.to_owned(),
                image_id: "ami-0123456789abcdef0".to_owned(),
                kind: "m5.large".to_owned(),
                state: InstanceState::Running,
                launched_at: self.now,
                vpc_id: network.clone(),
                subnet_id: subnet.clone(),
                zone_id: self.region.zone_id(&zone),
                zone: zone.clone(),
                client_token: None,
                launch_index: 0,
                leaves_since: None,
                automatic_public_ip: false,
                checks_pass_from: self.now,
                stops_at: self.now,
                blocked_slots: BTreeSet::new(),
                impaired: false,
                host_impaired: false,
                reported: Reported::default(),
                stop_rules: StopRules::default(),
            };
            self.resources.instances.insert(id.clone(), instance);
            let tags = BTreeMap::from([("Name".to_owned(), format!("crowd-{number}"))]);
            self.resources.tags.insert(id.clone(), tags);
            instances.push(id);
        }
        for number in 0..crowd.interfaces {
            let place = [&network, &subnet, &zone];
            let holder = instances.get(as_index(number) % instances.len().max(1));
            let device_index = number / crowd.instances.max(1);
            let interface =
                self.interface_of_the_crowd(account, place, (number, device_index), holder);
            if device_index == 0 {
                primaries.push((interface.id.clone(), interface.primary_ip().clone()));
            }
            self.resources
                .interfaces
                .insert(interface.id.clone(), interface);
        }
        for number in 0..crowd.addresses {
            self.address_of_the_crowd(account, primaries.get(as_index(number)));
        }
        for number in 0..crowd.alarms {
            let measured = instances.get(as_index(number) % instances.len().max(1));
            let fires = number < crowd.firing;
            self.alarm_of_the_crowd(account, number, measured, fires)?;
        }
        Ok(instances)
    }

    /// A VPC, its one subnet and its zone: with room for 65,000 private IPs.
    fn network_of_the_crowd(&mut self, account: &str) -> Result<[String; 3], Ec2Error> {
        let unexpected = || Ec2Error::new("InternalError", "a network of the crowd is missing");
        let vpc = CreateVpc {
            cidr_block: "10.128.0.0/16".to_owned(),
            ..CreateVpc::default()
        };
        let Response::CreateVpc(vpc) = self.create_vpc(account, &vpc)? else {
            return Err(unexpected());
        };
        let subnet = CreateSubnet {
            vpc_id: vpc.vpc_id.clone(),
            cidr_block: "10.128.0.0/16".to_owned(),
            ..CreateSubnet::default()
        };
        let Response::CreateSubnet(subnet) = self.create_subnet(account, &subnet)? else {
            return Err(unexpected());
        };
        Ok([vpc.vpc_id, subnet.subnet_id, subnet.availability_zone])
    }

    fn interface_of_the_crowd(
        &mut self,
        account: &str,
        [network, subnet, zone]: [&String; 3],
        (number, device_index): (u32, u32),
        holder: Option<&String>,
    ) -> Interface {
        let id = self.ids.next("eni");
        let attachment = holder.map(|holder| Attachment {
            id: self.ids.next("eni-attach"),
            instance_id: Some(holder.clone()),
            instance_owner: account.to_owned(),
            device_index: i32::try_from(device_index).unwrap_or(i32::MAX),
            network_card_index: 0,
            status: AttachmentStatus::Attached,
            attached_at: self.now,
            delete_on_termination: true,
            forced: false,
            while_detaching: crate::doubts::DetachingInterface::default(),
        });
        let [_, _, high, low] = (number + 4).to_be_bytes();
        Interface {
            id,
            owner: account.to_owned(),
            subnet_id: subnet.clone(),
            vpc_id: network.clone(),
            zone: zone.clone(),
            description: String::new(),
            kind: PLAIN.to_owned(),
            requester_managed: false,
            source_dest_check: true,
            groups: Vec::new(),
            mac_address: format!("02:00:00:01:{high:02x}:{low:02x}"),
            attachment,
            private_ips: vec![format!("10.128.{high}.{low}")],
            automatic_public_ip: None,
            other_addresses: OtherAddresses::default(),
        }
    }

    fn address_of_the_crowd(&mut self, account: &str, place: Option<&(String, String)>) {
        let mut free =
            (self.handed_out..).map_while(|number| Some((number, amazon_address(number)?)));
        let Some((number, ip)) = free.next() else {
            return;
        };
        self.handed_out = number + 1;
        let allocation_id = self.ids.next("eipalloc");
        let association = place.map(|(interface_id, private_ip)| Association {
            id: self.ids.next("eipassoc"),
            interface_id: interface_id.clone(),
            private_ip: private_ip.clone(),
        });
        let address = Address {
            allocation_id: allocation_id.clone(),
            public_ip: ip.to_string(),
            owner: account.to_owned(),
            pool: AMAZON.to_owned(),
            border_group: self.region.name.clone(),
            allocated_at: self.now,
            association,
            service_managed: None,
            locked: false,
            reverse_dns: ReverseDns::default(),
        };
        self.resources.addresses.insert(allocation_id, address);
    }

    fn alarm_of_the_crowd(
        &mut self,
        account: &str,
        number: u32,
        measured: Option<&String>,
        fires: bool,
    ) -> Result<(), Ec2Error> {
        let name = alarm_of_the_crowd(number);
        let metric = match measured {
            Some(id) if number.is_multiple_of(2) => {
                Metric::of_instance("AWS/EC2", "CPUUtilization", id)
            }
            _ => Metric {
                namespace: "AWS/DynamoDB".to_owned(),
                name: "ConsumedReadCapacityUnits".to_owned(),
                dimensions: [("TableName".to_owned(), format!("table-{number}"))].into(),
            },
        };
        let mut alarm = Alarm::new(&name, Watched::Metric(metric));
        alarm.state = if fires {
            AlarmState::Alarm
        } else {
            AlarmState::Ok
        };
        self.put_alarm(alarm, account)
    }
}

fn as_index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
