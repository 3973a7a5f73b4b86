//! Security groups: which there are, and in which VPC. What they let through is not modelled.
//!
//! Of two callers, one deletes a group and one puts an interface into it: whoever comes second is refused.

use super::{
    api::{
        self, CreateSecurityGroup, DeleteSecurityGroup, DescribeSecurityGroups, Ec2Error, Response,
    },
    filters,
    model::{Model, Resources, View, invalid_value, missing_parameter},
    networks::Vpc,
    paging::page,
};

/// The group that each VPC comes with; nobody can delete it.
const DEFAULT: &str = "default";

#[derive(Clone, Debug)]
pub(super) struct SecurityGroup {
    pub(super) id: String,
    pub(super) owner: String,
    pub(super) vpc_id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) region: String,
}

impl SecurityGroup {
    /// The default group of a new VPC. Its id is the VPC's with another prefix.
    pub(super) fn default_of(vpc: &Vpc, region: &str) -> Self {
        Self {
            id: default_group(&vpc.id),
            owner: vpc.owner.clone(),
            vpc_id: vpc.id.clone(),
            name: DEFAULT.to_owned(),
            description: "default VPC security group".to_owned(),
            region: region.to_owned(),
        }
    }
}

/// The id of a VPC's default group.
pub(super) fn default_group(vpc_id: &str) -> String {
    vpc_id.replacen("vpc-", "sg-", 1)
}

/// Text seen by users, for instance terraform-provider-aws issue 17120.
pub(super) fn group_not_found(id: &str) -> Ec2Error {
    Ec2Error::new(
        "InvalidGroup.NotFound",
        format!("The security group '{id}' does not exist"),
    )
}

impl Resources {
    fn group_as_answered(&self, group: &SecurityGroup) -> api::SecurityGroup {
        api::SecurityGroup {
            group_id: group.id.clone(),
            group_name: group.name.clone(),
            description: group.description.clone(),
            vpc_id: group.vpc_id.clone(),
            owner_id: group.owner.clone(),
            security_group_arn: format!(
                "arn:aws:ec2:{}:{}:security-group/{}",
                group.region, group.owner, group.id
            ),
            tags: self.tags_of(&group.id),
        }
    }

    /// The ids of groups with their names. A group that is not there is named as it is asked for.
    pub(super) fn named_groups(&self, ids: &[String]) -> Vec<(String, String)> {
        let named = |id: &String| {
            let group = self.security_groups.get(id);
            (id.clone(), group.map_or(id, |group| &group.name).clone())
        };
        ids.iter().map(named).collect()
    }
}

impl View<'_> {
    pub(super) fn describe_security_groups(
        &self,
        account: &str,
        request: &DescribeSecurityGroups,
    ) -> Result<Response, Ec2Error> {
        filters::check(&request.filters, KNOWN)?;
        let (ids, all) = (&request.group_ids, &self.resources.security_groups);
        let is_own = |group: &&SecurityGroup| group.owner == account;
        if let Some(id) = ids.iter().find(|id| !all.get(*id).iter().any(is_own)) {
            return Err(group_not_found(id));
        }
        let in_default_vpc = |group: &&SecurityGroup| {
            let vpc = self.resources.vpcs.get(&group.vpc_id);
            is_own(group) && vpc.is_some_and(|vpc| vpc.is_default)
        };
        let names = &request.group_names;
        for name in names {
            let mut known = all.values().filter(in_default_vpc);
            if !known.any(|group| group.name == *name) {
                return Err(group_not_found(name));
            }
        }
        let mut answers = Vec::new();
        for group in all.values().filter(is_own) {
            let is_named = in_default_vpc(&group) && names.contains(&group.name);
            let is_asked = ids.contains(&group.id) || is_named;
            let asks_for_some = !ids.is_empty() || !names.is_empty();
            if asks_for_some && !is_asked {
                continue;
            }
            let answer = self.resources.group_as_answered(group);
            let values_of = |name: &str| group_values(&answer, name);
            if filters::passes(&request.filters, &answer.tags, values_of)? {
                answers.push(answer);
            }
        }
        let token = request.next_token.as_deref();
        let (groups, next_token) = page(answers, request.max_results, token, 5)?;
        Ok(Response::DescribeSecurityGroups { groups, next_token })
    }
}

/// The filters of the describe, tags aside.
const KNOWN: &[&str] = &[
    "group-id",
    "group-name",
    "description",
    "vpc-id",
    "owner-id",
];

fn group_values(group: &api::SecurityGroup, name: &str) -> Option<Vec<String>> {
    let value = match name {
        "group-id" => &group.group_id,
        "group-name" => &group.group_name,
        "description" => &group.description,
        "vpc-id" => &group.vpc_id,
        "owner-id" => &group.owner_id,
        _ => return None,
    };
    Some(vec![value.clone()])
}

impl Model {
    pub(super) fn create_security_group(
        &mut self,
        account: &str,
        request: &CreateSecurityGroup,
    ) -> Result<Response, Ec2Error> {
        let vpc_id = match &request.vpc_id {
            Some(id) => self.own_vpc(account, id)?.id.clone(),
            None => self.default_vpc(account)?,
        };
        let name = &request.group_name;
        if name.starts_with("sg-") || name == DEFAULT {
            let message = format!("Cannot use reserved security group name: {name}");
            return Err(invalid_value(message));
        }
        let mut others = self.resources.security_groups.values();
        if others.any(|other| other.vpc_id == vpc_id && other.name == *name) {
            return Err(Ec2Error::new(
                "InvalidGroup.Duplicate",
                format!("The security group '{name}' already exists for VPC '{vpc_id}'"),
            ));
        }
        let kind = "security-group";
        let tags = self.new_tags(kind, &request.tag_specifications, &[kind])?;
        let group = SecurityGroup {
            id: self.ids.next("sg"),
            owner: account.to_owned(),
            vpc_id,
            name: name.clone(),
            description: request.description.clone(),
            region: self.region.name.clone(),
        };
        self.put_tags(&group.id, tags);
        let answer = self.resources.group_as_answered(&group);
        let groups = &mut self.resources.security_groups;
        groups.insert(group.id.clone(), group);
        Ok(Response::CreateSecurityGroup(answer))
    }

    fn default_vpc(&self, account: &str) -> Result<String, Ec2Error> {
        let mut vpcs = self.resources.vpcs.values();
        let found = vpcs.find(|vpc| vpc.is_default && vpc.owner == account);
        found
            .map(|vpc| vpc.id.clone())
            .ok_or_else(|| missing_parameter("No default VPC for this user"))
    }

    pub(super) fn put_security_group(&mut self, account: &str, id: &str, vpc_id: Option<&str>) {
        let vpc_id = vpc_id.map(str::to_owned);
        let Some(vpc_id) = vpc_id.or_else(|| self.default_vpc(account).ok()) else {
            return;
        };
        let group = SecurityGroup {
            id: id.to_owned(),
            owner: account.to_owned(),
            vpc_id,
            name: id.replacen("sg-", "group-", 1),
            description: String::new(),
            region: self.region.name.clone(),
        };
        self.resources.security_groups.insert(id.to_owned(), group);
    }

    /// Whether an interface of a VPC can be put into these groups. With which code EC2 refuses a group of another VPC is
    /// known of `RunInstances` only ("Security group sg-... and subnet subnet-... belong to different networks.").
    pub(super) fn groups_fit(
        &self,
        account: &str,
        vpc_id: &str,
        ids: &[String],
    ) -> Result<(), Ec2Error> {
        for id in ids {
            let group = self.own_group(account, id)?;
            if group.vpc_id != vpc_id {
                let message = format!(
                    "Security group {id} and the network interface belong to different networks."
                );
                return Err(Ec2Error::new("InvalidParameter", message));
            }
        }
        Ok(())
    }

    pub(super) fn own_group(&self, account: &str, id: &str) -> Result<&SecurityGroup, Ec2Error> {
        let group = self.resources.security_groups.get(id);
        let group = group.filter(|group| group.owner == account);
        group.ok_or_else(|| group_not_found(id))
    }

    pub(super) fn delete_security_group(
        &mut self,
        account: &str,
        request: &DeleteSecurityGroup,
    ) -> Result<Response, Ec2Error> {
        let id = &request.group_id;
        if self.own_group(account, id)?.name == DEFAULT {
            return Err(Ec2Error::new(
                "CannotDelete",
                format!(
                    "the specified group: \"{id}\" name: \"default\" cannot be deleted by a user"
                ),
            ));
        }
        let mut interfaces = self.resources.interfaces.values();
        if interfaces.any(|interface| interface.groups.contains(id)) {
            let message = format!("resource {id} has a dependent object");
            return Err(Ec2Error::new("DependencyViolation", message));
        }
        self.resources.security_groups.remove(id);
        self.resources.tags.remove(id);
        Ok(Response::Done)
    }
}
