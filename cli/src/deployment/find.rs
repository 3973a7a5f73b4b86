//! The stacks that are asked for: those that are there, and what of them could not be read.

use super::function::Function;
use super::settings::TABLE;
use super::stack::{Coming, Deployment, OfStack};
use crate::arguments::ALL_REGIONS;
use crate::aws::Connection;
use crate::failure::Failure;
use crate::unread::Unread;
use futures_util::future::join_all;
use std::collections::BTreeSet;

/// The stacks that were found, and what of them could not be read.
#[derive(Debug)]
pub struct Found<T = ()> {
    /// Each stack in each region, at least one.
    pub deployments: Vec<Deployment>,
    /// What was read of each of them, in their order.
    pub looks: Vec<T>,
    /// The stacks that could not be read at all, and each set-up of a function that could not.
    pub unread: Vec<Unread>,
}

impl<T> Found<T> {
    /// The stacks, where all of each is needed.
    ///
    /// # Errors
    /// Something could not be read.
    pub fn whole(self) -> Result<Vec<Deployment>, Failure> {
        match self.unread.into_iter().next() {
            Some(part) => Err(Failure::NotRead(Box::new(part))),
            None => Ok(self.deployments),
        }
    }
}

/// Looks at every stack in every region that is asked for, all at the same time. A stack that cannot be read, or is not
/// there, keeps no other one from being shown. `look` begins as soon as a stack is known, before its functions are.
///
/// # Errors
/// Nothing is found.
pub async fn find_all<T>(
    connections: Vec<Connection>,
    stacks: &[String],
    is_everywhere: bool,
    look: impl AsyncFn(OfStack, Coming) -> Result<(Deployment, T), Failure>,
) -> Result<Found<T>, Failure> {
    let pairs = connections.iter().flat_map(|connection| {
        let with_stack = move |stack| (connection, stack);
        stacks.iter().map(with_stack)
    });
    let looks = pairs.map(|(connection, stack)| {
        let look = &look;
        async move {
            let found = Deployment::find(connection.clone(), stack, look).await;
            (connection, stack, found)
        }
    });
    let mut failures: Vec<(&str, &String, Failure)> = Vec::new();
    let (mut deployments, mut seen) = (Vec::new(), Vec::new());
    let mut missing: BTreeSet<&String> = stacks.iter().collect();
    for (connection, stack, found) in join_all(looks).await {
        match found {
            Ok(Some((deployment, look))) => {
                missing.remove(stack);
                deployments.push(deployment);
                seen.push(look);
            }
            Ok(None) if is_everywhere => {}
            Ok(None) => {
                missing.remove(stack);
                let failure = not_found(connection, stack).await;
                failures.push((&connection.region, stack, failure));
            }
            Err(failure) => {
                missing.remove(stack);
                failures.push((&connection.region, stack, failure));
            }
        }
    }
    for stack in missing {
        let failure = Failure::usage(
            format!("there is no stack {stack} in any region"),
            "Name it with --stack, or deploy one: docs/DEPLOYMENT.md.",
        );
        failures.push((ALL_REGIONS, stack, failure));
    }
    let unread = failures.iter();
    let unread = unread.map(|(region, stack, failure)| failure.unread(region, stack));
    let of_functions = deployments.iter();
    let of_functions =
        of_functions.flat_map(|it: &Deployment| it.unread_functions.values().cloned());
    let unread: Vec<Unread> = unread.chain(of_functions).collect();
    if deployments.is_empty() {
        let worst = failures
            .into_iter()
            .max_by_key(|(_, _, failure)| failure.exit());
        return Err(worst.map_or_else(nothing_asked, |(_, _, failure)| failure));
    }
    Ok(Found {
        deployments,
        looks: seen,
        unread,
    })
}

fn nothing_asked() -> Failure {
    Failure::usage(
        "no region and no stack is asked for",
        "Name them with --region and --stack.",
    )
}

/// The stack is not there. Which are there that could be meant?
async fn not_found(connection: &Connection, stack: &str) -> Failure {
    let what = format!("there is no stack {stack} in {}", connection.region);
    let others = connection.stacks().await.unwrap_or_default();
    let alike = others.iter().filter(|other| {
        let has = |key: &str| other.outputs.contains_key(key);
        has(TABLE) && has(Function::ReleaseGuard.output())
    });
    let names: Vec<&str> = alike.map(|other| other.name.as_str()).collect();
    if names.is_empty() {
        let advice = "Name the stack with --stack and its region with --region, or deploy one: docs/DEPLOYMENT.md.";
        return Failure::usage(what, advice);
    }
    let advice = format!(
        "Holdfast's stacks in this region: {}. Name one with --stack.",
        names.join(", ")
    );
    Failure::usage(what, advice)
}
