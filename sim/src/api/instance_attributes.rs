//! What can be read and set on an instance one attribute at a time: requests and answers.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeInstanceAttribute {
    pub instance_id: String,
    /// `disableApiTermination`, `groupSet`, ...
    pub attribute: String,
}

/// One attribute in a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModifyInstanceAttribute {
    pub instance_id: String,
    pub disable_api_stop: Option<bool>,
    pub disable_api_termination: Option<bool>,
    pub source_dest_check: Option<bool>,
    pub instance_type: Option<String>,
    /// `stop` or `terminate`.
    pub instance_initiated_shutdown_behavior: Option<String>,
    /// All groups that the primary interface is to have.
    pub groups: Vec<String>,
}

/// The value of an attribute, in the form that EC2 gives to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstanceAttribute {
    /// `<name><value>...</value></name>`; without a value, an empty element.
    Value(Option<String>),
    /// Ids and names of security groups.
    Groups(Vec<(String, String)>),
    /// A list with nothing in it, of what is not modelled.
    Nothing,
}
