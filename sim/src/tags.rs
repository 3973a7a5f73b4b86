//! Tags: `CreateTags`, `DeleteTags`, `DescribeTags`, and the tags that create actions put on.

use std::collections::BTreeSet;

use super::{
    addresses::allocation_not_found,
    api::{
        CreateTags, DeleteTags, DescribeTags, Ec2Error, Response, Tag, TagDescription,
        TagSpecification,
    },
    filters,
    instances::instance_not_found,
    interfaces::interface_not_found,
    model::{Model, Resources, View, invalid_value},
    networks::{gateway_not_found, subnet_not_found, vpc_not_found},
    paging::page,
    routes::table_not_found,
    security_groups::group_not_found,
};

/// "Maximum number of tags per resource: 50"; the `aws:` ones do not count (EC2 user guide, "Tag
/// restrictions").
const MAX_TAGS: usize = 50;
const RESERVED: &str = "aws:";

impl Resources {
    /// Whether the account has the resource; in EC2's words if not.
    pub(super) fn taggable(&self, account: &str, id: &str) -> Result<(), Ec2Error> {
        let owner_or = |owner: Option<&String>, refusal: fn(&str) -> Ec2Error| match owner {
            Some(owner) if owner == account => Ok(()),
            _ => Err(refusal(id)),
        };
        match id.rsplit_once('-').map(|(family, _)| family) {
            Some("eipalloc") => owner_or(
                self.addresses.get(id).map(|it| &it.owner),
                allocation_not_found,
            ),
            Some("i") => owner_or(
                self.instances.get(id).map(|it| &it.owner),
                instance_not_found,
            ),
            Some("eni") => owner_or(
                self.interfaces.get(id).map(|it| &it.owner),
                interface_not_found,
            ),
            Some("vpc") => owner_or(self.vpcs.get(id).map(|it| &it.owner), vpc_not_found),
            Some("subnet") => owner_or(self.subnets.get(id).map(|it| &it.owner), subnet_not_found),
            Some("rtb") => owner_or(
                self.route_tables.get(id).map(|it| &it.owner),
                table_not_found,
            ),
            Some("sg") => owner_or(
                self.security_groups.get(id).map(|it| &it.owner),
                group_not_found,
            ),
            Some("igw") => owner_or(self.gateways.get(id).map(|it| &it.owner), gateway_not_found),
            _ => Err(Ec2Error::new(
                "InvalidID",
                format!("The ID '{id}' is not valid"),
            )),
        }
    }
}

impl View<'_> {
    /// All tags of the account's resources, key by key. Source: EC2 API reference, `DescribeTags`.
    pub(super) fn describe_tags(
        &self,
        account: &str,
        request: &DescribeTags,
    ) -> Result<Response, Ec2Error> {
        filters::check_without_tags(&request.filters, KNOWN)?;
        let mut found = Vec::new();
        for (id, tags) in &self.resources.tags {
            if self.resources.taggable(account, id).is_err() {
                continue;
            }
            for (key, value) in tags {
                let tag = TagDescription {
                    key: key.clone(),
                    resource_id: id.clone(),
                    resource_type: resource_type(id).to_owned(),
                    value: value.clone(),
                };
                if filters::passes(&request.filters, &[], |name| values_of(&tag, name))? {
                    found.push(tag);
                }
            }
        }
        let (tags, next_token) =
            page(found, request.max_results, request.next_token.as_deref(), 5)?;
        Ok(Response::DescribeTags { tags, next_token })
    }
}

/// The filters of the describe.
const KNOWN: &[&str] = &["key", "resource-id", "resource-type", "value"];

fn values_of(tag: &TagDescription, name: &str) -> Option<Vec<String>> {
    let value = match name {
        "key" => &tag.key,
        "resource-id" => &tag.resource_id,
        "resource-type" => &tag.resource_type,
        "value" => &tag.value,
        _ => return None,
    };
    Some(vec![value.clone()])
}

pub(super) fn resource_type(id: &str) -> &'static str {
    match id.rsplit_once('-').map(|(family, _)| family) {
        Some("eipalloc") => "elastic-ip",
        Some("i") => "instance",
        Some("eni") => "network-interface",
        Some("vpc") => "vpc",
        Some("subnet") => "subnet",
        Some("rtb") => "route-table",
        Some("sg") => "security-group",
        _ => "internet-gateway",
    }
}

impl Model {
    pub(super) fn create_tags(
        &mut self,
        account: &str,
        request: &CreateTags,
    ) -> Result<Response, Ec2Error> {
        self.valid_tags(&request.tags)?;
        for id in &request.resources {
            self.resources.taggable(account, id)?;
            let present = self
                .resources
                .tags
                .get(id)
                .into_iter()
                .flat_map(|tags| tags.keys());
            let keys: BTreeSet<&String> = present
                .chain(request.tags.iter().map(|tag| &tag.key))
                .collect();
            within_limit(&keys)?;
        }
        for id in &request.resources {
            self.put_tags(id, request.tags.clone());
        }
        Ok(Response::Done)
    }

    pub(super) fn delete_tags(
        &mut self,
        account: &str,
        request: &DeleteTags,
    ) -> Result<Response, Ec2Error> {
        for tag in &request.tags {
            not_reserved(&tag.key)?;
        }
        for id in &request.resources {
            self.resources.taggable(account, id)?;
        }
        for id in &request.resources {
            self.resources
                .tags
                .entry(id.clone())
                .or_default()
                .retain(|key, value| {
                    let named = request.tags.iter().any(|tag| {
                        tag.key == *key && tag.value.as_ref().is_none_or(|asked| asked == value)
                    });
                    // "If you omit this parameter, we delete all user-defined tags" (EC2 API
                    // reference, DeleteTags).
                    !(named || request.tags.is_empty()) || key.starts_with(RESERVED)
                });
        }
        Ok(Response::Done)
    }

    /// The tags for a new resource of type `wanted`; `allowed` are all types that the action tags.
    pub(super) fn new_tags(
        &self,
        wanted: &str,
        specifications: &[TagSpecification],
        allowed: &[&str],
    ) -> Result<Vec<Tag>, Ec2Error> {
        let mut tags = Vec::new();
        for specification in specifications {
            if !allowed.contains(&specification.resource_type.as_str()) {
                return Err(invalid_value(format!(
                    "'{}' is not a valid taggable resource type for this operation.",
                    specification.resource_type
                )));
            }
            self.valid_tags(&specification.tags)?;
            if specification.resource_type == wanted {
                tags.extend(specification.tags.iter().cloned());
            }
        }
        let keys: BTreeSet<&String> = tags.iter().map(|tag| &tag.key).collect();
        within_limit(&keys)?;
        Ok(tags)
    }

    fn valid_tags(&self, tags: &[Tag]) -> Result<(), Ec2Error> {
        let mut keys = BTreeSet::new();
        for tag in tags {
            not_reserved(&tag.key)?;
            if tag.key.is_empty() || tag.key.chars().count() > 128 {
                return Err(invalid_value(
                    "Tag key exceeds the maximum length of 128 characters",
                ));
            }
            if tag.value.chars().count() > 256 {
                return Err(invalid_value(
                    "Tag value exceeds the maximum length of 256 characters",
                ));
            }
            if !keys.insert(&tag.key) {
                let message = format!("Duplicate tag key '{}' specified.", tag.key);
                return Err(invalid_value(message));
            }
            let policy = self
                .settings
                .tag_policy
                .as_ref()
                .filter(|policy| policy.key == tag.key);
            if policy.is_some_and(|policy| !policy.allowed_values.contains(&tag.value)) {
                return Err(Ec2Error::new(
                    "TagPolicyViolation",
                    format!(
                        "The tag policy does not allow the specified value for the following tag \
                         key: '{}'.",
                        tag.key
                    ),
                ));
            }
        }
        Ok(())
    }

    pub(super) fn put_tags(&mut self, id: &str, tags: Vec<Tag>) {
        if tags.is_empty() {
            return;
        }
        let present = self.resources.tags.entry(id.to_owned()).or_default();
        present.extend(tags.into_iter().map(|tag| (tag.key, tag.value)));
    }
}

fn not_reserved(key: &str) -> Result<(), Ec2Error> {
    if key.starts_with(RESERVED) {
        return Err(invalid_value(
            "Tag keys starting with 'aws:' are reserved for internal use",
        ));
    }
    Ok(())
}

fn within_limit(keys: &BTreeSet<&String>) -> Result<(), Ec2Error> {
    if keys.iter().filter(|key| !key.starts_with(RESERVED)).count() > MAX_TAGS {
        return Err(Ec2Error::new(
            "TagLimitExceeded",
            "The maximum number of Tags for a resource has been reached.",
        ));
    }
    Ok(())
}
