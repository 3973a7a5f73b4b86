//! The tags of EC2's resources as the Resource Groups Tagging API shows them: by ARN. It sees the account's tagged
//! resources only, so what has no tag is not there.

use super::{
    api::{Caller, Ec2Error, Tag},
    tags::resource_type,
    world::World,
};

/// A resource that has tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// Its ARN.
    pub arn: String,
    /// As in `ResourceTypeFilters`, without `ec2:`.
    pub resource_type: &'static str,
    /// Its tags, by key.
    pub tags: Vec<Tag>,
}

impl World {
    /// All tagged resources of the caller's account, by id.
    ///
    /// # Errors
    /// `AccessDenied`, where the caller may not take this action.
    pub fn tagged(&self, caller: &Caller, action: &str) -> Result<Vec<Tagged>, Ec2Error> {
        self.authorise_action(caller, action)?;
        let account = caller.account.as_str();
        let resources = self.resources();
        let own = resources
            .tags
            .keys()
            .filter(|id| resources.taggable(account, id).is_ok());
        let tagged = own.filter_map(|id| {
            let kind = resource_type(id);
            let tags = resources.tags_of(id);
            (!tags.is_empty()).then(|| Tagged {
                arn: format!("arn:aws:ec2:{}:{account}:{kind}/{id}", self.region()),
                resource_type: kind,
                tags,
            })
        });
        Ok(tagged.collect())
    }
}
