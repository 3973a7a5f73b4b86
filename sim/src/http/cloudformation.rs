//! CloudFormation's reads by the query protocol: `DescribeStacks`, `ListStacks`, `DescribeStackResources`,
//! `ListStackResources`. Source of names, pages and errors: CloudFormation API reference.

use super::ec2::{Element, Parameters};
use super::query;
use super::server::Reply;
use crate::World;
use crate::api::Ec2Error;
use crate::paging::page;
use crate::services::{Output, Stack, StackResource};
use crate::trail::timestamp;
use time::OffsetDateTime;

/// The version of the API, which is all that tells its form from one of EC2's.
pub(super) const VERSION: &str = "2010-05-15";
const NAMESPACE: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";
/// "If the number of resources exceeds 100, use `ListStackResources`", and its pages are as long.
const RESOURCES: i32 = 100;

/// One CloudFormation call.
pub(super) fn call(
    world: &World,
    action: &str,
    form: Vec<(String, String)>,
    request_id: &str,
) -> Reply {
    let parameters: Parameters = form.into_iter().collect();
    let answer = match action {
        "DescribeStacks" => describe_stacks(world, &parameters),
        "ListStacks" => list_stacks(world, &parameters),
        "DescribeStackResources" => describe_resources(world, &parameters),
        "ListStackResources" => list_resources(world, &parameters),
        other => Err(query::not_modelled(other)),
    };
    let answer = answer.and_then(|result| {
        query::refuse_unread(&parameters)?;
        Ok(result)
    });
    query::answered(NAMESPACE, action, request_id, answer)
}

/// A refusal in the form of the query protocol.
pub(super) fn refusal(request_id: &str, error: &Ec2Error) -> Reply {
    query::refusal(NAMESPACE, request_id, error)
}

fn arn(world: &World, stack: &Stack) -> String {
    stack.arn(world.region(), world.account())
}

/// A stack by its name or ARN. One that is not there is a `ValidationError`, as the SDKs' users know it.
fn find<'a>(world: &'a World, name: &str) -> Result<&'a Stack, Ec2Error> {
    let stacks = world.services().stacks();
    let found = stacks
        .iter()
        .find(|stack| stack.stack_name == name || arn(world, stack) == name);
    found.ok_or_else(|| {
        let message = format!("Stack with id {name} does not exist");
        Ec2Error::new("ValidationError", message)
    })
}

fn created(stack: &Stack) -> String {
    timestamp(stack.created.unwrap_or(OffsetDateTime::UNIX_EPOCH))
}

fn describe_stacks(world: &World, parameters: &Parameters) -> Result<Element, Ec2Error> {
    let token = parameters.text("NextToken");
    let stacks: Vec<&Stack> = match parameters.text("StackName") {
        Some(name) => vec![find(world, &name)?],
        None => world.services().stacks().iter().collect(),
    };
    let (stacks, next) = page(stacks, Some(RESOURCES), token.as_deref(), 1)?;
    let described = stacks.into_iter().map(|stack| described(world, stack));
    Ok(Element::new("DescribeStacksResult")
        .list("Stacks", described)
        .maybe("NextToken", next))
}

fn described(world: &World, stack: &Stack) -> Element {
    let pair = |(key, value): (&str, &str), (name, worth): (&str, &str)| {
        Element::new("member").text(key, name).text(value, worth)
    };
    let parameters = stack
        .parameters
        .iter()
        .map(|(name, value)| pair(("ParameterKey", "ParameterValue"), (name, value)));
    let tags = stack
        .tags
        .iter()
        .map(|(key, value)| pair(("Key", "Value"), (key, value)));
    let output = |output: &Output| {
        pair(("OutputKey", "OutputValue"), (&output.key, &output.value))
            .maybe("Description", output.description.as_ref())
    };
    Element::new("member")
        .text("StackId", &arn(world, stack))
        .text("StackName", &stack.stack_name)
        .maybe("Description", stack.description.as_ref())
        .list("Parameters", parameters)
        .text("CreationTime", &created(stack))
        .text("StackStatus", &stack.status)
        .text("DisableRollback", "false")
        .list("Outputs", stack.outputs.iter().map(output))
        .list("Tags", tags)
}

fn list_stacks(world: &World, parameters: &Parameters) -> Result<Element, Ec2Error> {
    let token = parameters.text("NextToken");
    let states = parameters.list("StackStatusFilter.member");
    let wanted = |stack: &&Stack| states.is_empty() || states.contains(&stack.status);
    let stacks: Vec<&Stack> = world.services().stacks().iter().filter(wanted).collect();
    let (stacks, next) = page(stacks, Some(RESOURCES), token.as_deref(), 1)?;
    let summary = |stack: &Stack| {
        Element::new("member")
            .text("StackId", &arn(world, stack))
            .text("StackName", &stack.stack_name)
            .maybe("TemplateDescription", stack.description.as_ref())
            .text("CreationTime", &created(stack))
            .text("StackStatus", &stack.status)
    };
    Ok(Element::new("ListStacksResult")
        .list("StackSummaries", stacks.into_iter().map(summary))
        .maybe("NextToken", next))
}

fn describe_resources(world: &World, parameters: &Parameters) -> Result<Element, Ec2Error> {
    let logical = parameters.text("LogicalResourceId");
    let physical = parameters.text("PhysicalResourceId");
    let owns = |stack: &&Stack| {
        let mut resources = stack.resources.iter();
        resources.any(|resource| Some(&resource.physical_id) == physical.as_ref())
    };
    let stack = match (parameters.text("StackName"), &physical) {
        (Some(name), None) => find(world, &name)?,
        (None, Some(id)) => {
            let mut stacks = world.services().stacks().iter();
            stacks.find(owns).ok_or_else(|| {
                let message = format!("Stack for {id} does not exist");
                Ec2Error::new("ValidationError", message)
            })?
        }
        (Some(_), Some(_)) | (None, None) => {
            let message = "Exactly one of StackName and PhysicalResourceId must be specified";
            return Err(Ec2Error::new("ValidationError", message));
        }
    };
    let wanted =
        |resource: &&StackResource| logical.as_ref().is_none_or(|id| resource.logical_id == *id);
    let described = stack.resources.iter().filter(wanted).take(100);
    let described = described.map(|resource| {
        Element::new("member")
            .text("StackName", &stack.stack_name)
            .text("StackId", &arn(world, stack))
            .text("LogicalResourceId", &resource.logical_id)
            .text("PhysicalResourceId", &resource.physical_id)
            .text("ResourceType", &resource.resource_type)
            .text("Timestamp", &created(stack))
            .text("ResourceStatus", &resource.status)
    });
    Ok(Element::new("DescribeStackResourcesResult").list("StackResources", described))
}

fn list_resources(world: &World, parameters: &Parameters) -> Result<Element, Ec2Error> {
    let token = parameters.text("NextToken");
    let stack = find(world, &parameters.required("StackName")?)?;
    let resources: Vec<&StackResource> = stack.resources.iter().collect();
    let (resources, next) = page(resources, Some(RESOURCES), token.as_deref(), 1)?;
    let summaries = resources.into_iter().map(|resource| {
        Element::new("member")
            .text("LogicalResourceId", &resource.logical_id)
            .text("PhysicalResourceId", &resource.physical_id)
            .text("ResourceType", &resource.resource_type)
            .text("LastUpdatedTimestamp", &created(stack))
            .text("ResourceStatus", &resource.status)
    });
    Ok(Element::new("ListStackResourcesResult")
        .list("StackResourceSummaries", summaries)
        .maybe("NextToken", next))
}
