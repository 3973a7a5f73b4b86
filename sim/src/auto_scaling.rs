//! Auto Scaling as far as it shows where its instances are: `DescribeAutoScalingInstances`. Nothing scales by itself
//! here: a test says which group an instance is in, and in which lifecycle state.
//! Source: EC2 Auto Scaling API reference, `DescribeAutoScalingInstances`.

use super::{
    api::{Caller, Ec2Error, Tag},
    paging,
    world::World,
};

/// How many instances a call may name, and how many are on a page.
const MAX_INSTANCES: i32 = 50;

/// What Auto Scaling puts on each of its instances.
const GROUP_TAG: &str = "aws:autoscaling:groupName";

/// An instance of an Auto Scaling group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoScalingInstance {
    /// The instance.
    pub instance_id: String,
    /// Its group.
    pub auto_scaling_group_name: String,
    /// The zone that it runs in.
    pub availability_zone: String,
    /// Where it is in its life there: `InService`, `Warmed:Running`, ...
    pub lifecycle_state: String,
}

/// Which instances to describe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeAutoScalingInstances {
    /// Those named, or all.
    pub instance_ids: Vec<String>,
    /// How many on a page.
    pub max_records: Option<i32>,
    /// The page.
    pub next_token: Option<String>,
}

impl World {
    /// Auto Scaling has an instance in that state from now on.
    pub fn put_into_auto_scaling(&mut self, instance_id: &str, group: &str, lifecycle_state: &str) {
        let mut instance = AutoScalingInstance {
            instance_id: instance_id.to_owned(),
            auto_scaling_group_name: group.to_owned(),
            availability_zone: String::new(),
            lifecycle_state: lifecycle_state.to_owned(),
        };
        self.change(|model| {
            if let Some(running) = model.resources.instances.get(instance_id) {
                instance.availability_zone.clone_from(&running.zone);
            }
            model.put_tags(instance_id, vec![Tag::new(GROUP_TAG, group)]);
            model.auto_scaling.insert(instance_id.to_owned(), instance);
        });
    }

    /// `DescribeAutoScalingInstances`: one page, and the token of the next. An instance that is in no group is left
    /// out.
    ///
    /// # Errors
    /// As Auto Scaling refuses.
    pub fn describe_auto_scaling_instances(
        &self,
        caller: &Caller,
        request: &DescribeAutoScalingInstances,
    ) -> Result<(Vec<AutoScalingInstance>, Option<String>), Ec2Error> {
        self.authorise_action(caller, "autoscaling:DescribeAutoScalingInstances")?;
        let named = &request.instance_ids;
        if named.len() > 50 {
            return Err(Ec2Error::new(
                "ValidationError",
                "The number of instance ids that may be passed in is limited to 50",
            ));
        }
        let all = self.auto_scaling_instances();
        let meant = all.filter(|it| named.is_empty() || named.contains(&it.instance_id));
        let size = request
            .max_records
            .unwrap_or(MAX_INSTANCES)
            .min(MAX_INSTANCES);
        paging::page(
            meant.cloned().collect(),
            Some(size),
            request.next_token.as_deref(),
            1,
        )
    }
}
