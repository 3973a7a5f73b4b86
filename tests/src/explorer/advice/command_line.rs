//! A command of the AWS command line interface as the request that it sends. Only what is advised is known here: another
//! operation or option is an error, so that none is advised which nobody has tried.

use super::words::Word;
use ec2_sim::api::{
    AllocateAddress, AssociateAddress, AttachmentChange, CreateNetworkInterface, CreateTags,
    DeleteTags, DescribeAddresses, DescribeInstanceStatus, DescribeInstances,
    DescribeSpotInstanceRequests, DisassociateAddress, Filter, ModifyAddressAttribute,
    ModifyInstanceAttribute, ModifyNetworkInterfaceAttribute, ReleaseAddress, Request,
    ResetAddressAttribute, StartInstances, StopInstances, Tag, TagSpecification, TagToDelete,
    TerminateInstances,
};
use std::collections::BTreeMap;

/// What becomes of a command.
#[derive(Debug)]
pub(super) enum Sent {
    /// A request that the simulator takes.
    ToEc2(Box<Request>),
    /// One that the simulator does not model.
    Elsewhere,
    /// One that lacks what only the person knows.
    LeftToThePerson,
}

/// Operations that the simulator does not model.
const NOT_MODELLED: [(&str, &[&str]); 10] = [
    (
        "autoscaling describe-auto-scaling-instances",
        &["instance-ids"],
    ),
    (
        "autoscaling exit-standby",
        &["instance-ids", "auto-scaling-group-name"],
    ),
    ("ec2 describe-tags", &["filters"]),
    ("ec2 disable-address-transfer", &["allocation-id"]),
    (
        "ec2 enable-address-transfer",
        &["allocation-id", "transfer-account-id"],
    ),
    ("ec2 accept-address-transfer", &["address"]),
    ("ec2 describe-security-groups", &["group-ids"]),
    ("cloudtrail lookup-events", &["lookup-attributes"]),
    (
        "configservice get-resource-config-history",
        &["resource-type", "resource-id"],
    ),
    (
        "service-quotas request-service-quota-increase",
        &["service-code", "quota-code", "desired-value"],
    ),
];

/// The options of a command; `None` stands for what only the person knows.
struct Options(BTreeMap<String, Vec<Option<String>>>);

/// Reads a command.
pub(super) fn read(command: &[Word]) -> Result<Sent, String> {
    let (operation, options) = split(command)?;
    if let Some((_, known)) = NOT_MODELLED.iter().find(|(name, _)| *name == operation) {
        options.are_of(known)?;
        return Ok(Sent::Elsewhere);
    }
    if options.0.values().flatten().any(Option::is_none) {
        options.without_values().request(&operation)?;
        return Ok(Sent::LeftToThePerson);
    }
    let request = options.request(&operation)?;
    Ok(Sent::ToEc2(Box::new(request)))
}

fn split(command: &[Word]) -> Result<(String, Options), String> {
    let mut names = Vec::new();
    let mut options: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    let mut current: Option<String> = None;
    for word in command {
        match (word, &current) {
            (Word::Plain(word), _) if word.starts_with("--") => {
                let name = word[2..].to_owned();
                options.insert(name.clone(), Vec::new());
                current = Some(name);
            }
            (Word::Plain(word), None) => names.push(word.clone()),
            (Word::Placeholder, None) => {
                return Err("a placeholder stands for no option".to_owned());
            }
            (word, Some(option)) => {
                let value = match word {
                    Word::Plain(word) => Some(word.clone()),
                    Word::Placeholder => None,
                };
                options.entry(option.clone()).or_default().push(value);
            }
        }
    }
    Ok((names.join(" "), Options(options)))
}

impl Options {
    fn are_of(&self, known: &[&str]) -> Result<(), String> {
        let mut names = self.0.keys();
        let unknown = names.find(|name| !known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |name| {
            Err(format!("nobody knows the option --{name}"))
        })
    }

    /// The same where every value can be read: the options alone are looked at.
    fn without_values(&self) -> Self {
        const ANY: &str =
            "Key=,Value=,Name=,Values=,AttachmentId=,DeleteOnTermination=,ResourceType=,Tags=[]";
        let options = self.0.iter().map(|(name, values)| {
            let any = values.iter().map(|_| Some(ANY.to_owned()));
            (name.clone(), any.collect())
        });
        Self(options.collect())
    }

    fn all(&self, name: &str) -> Vec<String> {
        let values = self.0.get(name).into_iter().flatten();
        values
            .map(|value| value.clone().unwrap_or_default())
            .collect()
    }

    fn filters(&self) -> Result<Vec<Filter>, String> {
        let told = self.all("filters");
        told.iter().map(|it| filter(it)).collect()
    }

    fn one(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    fn needed(&self, name: &str) -> Result<String, String> {
        self.one(name).ok_or_else(|| format!("--{name} is missing"))
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn request(&self, operation: &str) -> Result<Request, String> {
        let (known, request): (&[&str], Request) = match operation {
            "ec2 allocate-address"
            | "ec2 release-address"
            | "ec2 associate-address"
            | "ec2 disassociate-address"
            | "ec2 describe-addresses"
            | "ec2 modify-address-attribute"
            | "ec2 reset-address-attribute" => self.about_addresses(operation)?,
            "ec2 create-tags" => (
                &["resources", "tags"],
                Request::CreateTags(CreateTags {
                    resources: self.all("resources"),
                    tags: self
                        .all("tags")
                        .iter()
                        .map(|it| tag(it))
                        .collect::<Result<_, _>>()?,
                }),
            ),
            "ec2 delete-tags" => (
                &["resources", "tags"],
                Request::DeleteTags(DeleteTags {
                    resources: self.all("resources"),
                    tags: self
                        .all("tags")
                        .iter()
                        .map(|it| key(it))
                        .collect::<Result<_, _>>()?,
                }),
            ),
            "ec2 modify-network-interface-attribute" => (
                &["network-interface-id", "attachment", "groups"],
                Request::ModifyNetworkInterfaceAttribute(ModifyNetworkInterfaceAttribute {
                    network_interface_id: self.needed("network-interface-id")?,
                    attachment: self
                        .one("attachment")
                        .map(|it| attachment(&it))
                        .transpose()?,
                    groups: self.all("groups"),
                    source_dest_check: None,
                    description: None,
                }),
            ),
            "ec2 create-network-interface" => (
                &["subnet-id", "private-ip-address", "tag-specifications"],
                Request::CreateNetworkInterface(CreateNetworkInterface {
                    subnet_id: self.needed("subnet-id")?,
                    private_ip_address: self.one("private-ip-address"),
                    tag_specifications: self
                        .all("tag-specifications")
                        .iter()
                        .map(|it| specification(it))
                        .collect::<Result<_, _>>()?,
                    ..CreateNetworkInterface::default()
                }),
            ),
            _ => self.about_instances(operation)?,
        };
        self.are_of(known)?;
        Ok(request)
    }

    fn about_addresses(
        &self,
        operation: &str,
    ) -> Result<(&'static [&'static str], Request), String> {
        Ok(match operation {
            "ec2 allocate-address" => (
                &[
                    "domain",
                    "address",
                    "network-border-group",
                    "ipam-pool-id",
                    "tag-specifications",
                ],
                Request::AllocateAddress(AllocateAddress {
                    domain: self.one("domain"),
                    address: self.one("address"),
                    network_border_group: self.one("network-border-group"),
                    ipam_pool_id: self.one("ipam-pool-id"),
                    tag_specifications: self
                        .all("tag-specifications")
                        .iter()
                        .map(|it| specification(it))
                        .collect::<Result<_, _>>()?,
                    ..AllocateAddress::default()
                }),
            ),
            "ec2 release-address" => (
                &["allocation-id"],
                Request::ReleaseAddress(ReleaseAddress {
                    allocation_id: Some(self.needed("allocation-id")?),
                    ..ReleaseAddress::default()
                }),
            ),
            "ec2 associate-address" => (
                &[
                    "allocation-id",
                    "network-interface-id",
                    "private-ip-address",
                    "no-allow-reassociation",
                ],
                Request::AssociateAddress(AssociateAddress {
                    allocation_id: Some(self.needed("allocation-id")?),
                    network_interface_id: Some(self.needed("network-interface-id")?),
                    private_ip_address: self.one("private-ip-address"),
                    allow_reassociation: self.has("no-allow-reassociation").then_some(false),
                    ..AssociateAddress::default()
                }),
            ),
            "ec2 disassociate-address" => (
                &["association-id"],
                Request::DisassociateAddress(DisassociateAddress {
                    association_id: Some(self.needed("association-id")?),
                    public_ip: None,
                }),
            ),
            "ec2 describe-addresses" => (
                &["allocation-ids", "filters"],
                Request::DescribeAddresses(DescribeAddresses {
                    allocation_ids: self.all("allocation-ids"),
                    filters: self.filters()?,
                    ..DescribeAddresses::default()
                }),
            ),
            "ec2 modify-address-attribute" => (
                &["allocation-id", "domain-name"],
                Request::ModifyAddressAttribute(ModifyAddressAttribute {
                    allocation_id: self.needed("allocation-id")?,
                    domain_name: self.one("domain-name"),
                }),
            ),
            _ => (
                &["allocation-id", "attribute"],
                Request::ResetAddressAttribute(ResetAddressAttribute {
                    allocation_id: self.needed("allocation-id")?,
                    attribute: self.needed("attribute")?,
                }),
            ),
        })
    }

    fn about_instances(
        &self,
        operation: &str,
    ) -> Result<(&'static [&'static str], Request), String> {
        let instance_ids = self.all("instance-ids");
        Ok(match operation {
            "ec2 start-instances" => (
                &["instance-ids"],
                Request::StartInstances(StartInstances { instance_ids }),
            ),
            "ec2 stop-instances" => (
                &["instance-ids", "force"],
                Request::StopInstances(StopInstances {
                    instance_ids,
                    force: self.has("force"),
                    skip_os_shutdown: false,
                }),
            ),
            "ec2 terminate-instances" => (
                &["instance-ids"],
                Request::TerminateInstances(TerminateInstances { instance_ids }),
            ),
            "ec2 describe-instances" => (
                &["instance-ids"],
                Request::DescribeInstances(DescribeInstances {
                    instance_ids,
                    ..DescribeInstances::default()
                }),
            ),
            "ec2 describe-instance-status" => (
                &["instance-ids"],
                Request::DescribeInstanceStatus(DescribeInstanceStatus {
                    instance_ids,
                    ..DescribeInstanceStatus::default()
                }),
            ),
            "ec2 describe-spot-instance-requests" => (
                &["filters"],
                Request::DescribeSpotInstanceRequests(DescribeSpotInstanceRequests {
                    filters: self.filters()?,
                }),
            ),
            "ec2 modify-instance-attribute" => (
                &["instance-id", "no-disable-api-stop"],
                Request::ModifyInstanceAttribute(ModifyInstanceAttribute {
                    instance_id: self.needed("instance-id")?,
                    disable_api_stop: self.has("no-disable-api-stop").then_some(false),
                    ..ModifyInstanceAttribute::default()
                }),
            ),
            other => return Err(format!("nobody knows the command aws {other}")),
        })
    }
}

/// `A=b,C=d`. Source: AWS CLI user guide, "Using shorthand syntax".
fn shorthand(text: &str) -> Result<BTreeMap<String, String>, String> {
    let pairs = text.split(',').map(|pair| {
        let pair = pair.split_once('=');
        let (key, value) = pair.ok_or_else(|| format!("no pairs: {text}"))?;
        Ok((key.to_owned(), value.to_owned()))
    });
    pairs.collect()
}

fn part(pairs: &BTreeMap<String, String>, name: &str) -> Result<String, String> {
    let value = pairs.get(name).cloned();
    value.ok_or_else(|| format!("{name} is missing"))
}

fn tag(text: &str) -> Result<Tag, String> {
    let pairs = shorthand(text)?;
    Ok(Tag::new(part(&pairs, "Key")?, part(&pairs, "Value")?))
}

fn key(text: &str) -> Result<TagToDelete, String> {
    let pairs = shorthand(text)?;
    Ok(TagToDelete {
        key: part(&pairs, "Key")?,
        value: pairs.get("Value").cloned(),
    })
}

fn filter(text: &str) -> Result<Filter, String> {
    let pairs = shorthand(text)?;
    Ok(Filter {
        name: part(&pairs, "Name")?,
        values: vec![part(&pairs, "Values")?],
    })
}

fn attachment(text: &str) -> Result<AttachmentChange, String> {
    let pairs = shorthand(text)?;
    Ok(AttachmentChange {
        attachment_id: part(&pairs, "AttachmentId")?,
        delete_on_termination: part(&pairs, "DeleteOnTermination")? == "true",
    })
}

/// `ResourceType=elastic-ip,Tags=[{Key=a,Value=b},{...}]`.
fn specification(text: &str) -> Result<TagSpecification, String> {
    let (kind, tags) = text
        .split_once(",Tags=[")
        .ok_or_else(|| format!("no tags: {text}"))?;
    let tags = tags
        .strip_suffix(']')
        .ok_or_else(|| format!("no end: {text}"))?;
    let resource_type = part(&shorthand(kind)?, "ResourceType")?;
    let inside = tags.trim_start_matches('{').trim_end_matches('}');
    let tags = inside.split("},{").filter(|it| !it.is_empty());
    Ok(TagSpecification {
        resource_type,
        tags: tags.map(tag).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::words::commands_in;
    use super::*;
    use holdfast::report::Command;

    fn sent(command: &Command) -> Result<Sent, String> {
        read(&commands_in(&command.to_string())[0])
    }

    #[test]
    fn a_tag_arrives_with_the_value_that_it_has_or_is_left_to_the_person() {
        for (value, is_sent) in [
            ("web", true),
            ("", true),
            ("two words", true),
            ("a,Value=b", false),
            ("it's", false),
        ] {
            let command = Command::ec2("create-tags")
                .with("resources", "eipalloc-01")
                .tags([("holdfast:group", value)]);
            match sent(&command) {
                Ok(Sent::ToEc2(request)) => {
                    let Request::CreateTags(request) = *request else {
                        panic!("{command}: {request:?}");
                    };
                    assert_eq!(request.tags, [Tag::new("holdfast:group", value)]);
                    assert!(is_sent, "{command}");
                }
                Ok(Sent::LeftToThePerson) => assert!(!is_sent, "{command}"),
                other => panic!("{command}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_nobody_has_tried_is_an_error() {
        assert!(sent(&Command::ec2("delete-vpc").with("vpc-id", "vpc-1")).is_err());
        let stop = Command::ec2("stop-instances").with("instance-ids", "i-1");
        assert!(sent(&stop.clone().flag("hibernate")).is_err());
        assert!(matches!(sent(&stop), Ok(Sent::ToEc2(_))));
    }
}
