//! What a stack of Holdfast has: its functions with their settings, the ledger, the queues, the bus. It follows from
//! the stack's outputs and from how its functions are set up, so a ledger of an earlier stack is found, too.

use crate::aws::{Connection, FunctionConfiguration, Stack};
use crate::failure::Failure;
use futures_util::future::{join_all, try_join_all};
use holdfast::ledger::UnreadableRow;
use holdfast::report::Finding;
use holdfast::settings::{BadSetting, Mode, Settings};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One of the functions of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    /// Takes back what was released.
    ReleaseGuard,
    /// Gives starting instances their addresses.
    InstanceStart,
    /// Moves addresses from a failed instance to a healthy one.
    AlarmFailover,
    /// Keeps the ledger true, finishes what was left.
    Reconcile,
    /// Tells people.
    Notify,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ReleaseGuard,
        Self::InstanceStart,
        Self::AlarmFailover,
        Self::Reconcile,
        Self::Notify,
    ];

    /// Those that act on EC2, each in a mode of its own.
    pub const ACTING: [Self; 4] = [
        Self::ReleaseGuard,
        Self::InstanceStart,
        Self::AlarmFailover,
        Self::Reconcile,
    ];

    /// Its name in reports and documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReleaseGuard => "release-guard",
            Self::InstanceStart => "instance-start",
            Self::AlarmFailover => "alarm-failover",
            Self::Reconcile => "reconcile",
            Self::Notify => "notify",
        }
    }

    /// The output of the stack that has its ARN.
    fn output(self) -> &'static str {
        match self {
            Self::ReleaseGuard => "ReleaseGuardFunction",
            Self::InstanceStart => "InstanceStartFunction",
            Self::AlarmFailover => "AlarmFailoverFunction",
            Self::Reconcile => "ReconcileFunction",
            Self::Notify => "NotifyFunction",
        }
    }
}

impl From<holdfast::report::Function> for Function {
    fn from(function: holdfast::report::Function) -> Self {
        match function {
            holdfast::report::Function::ReleaseGuard => Self::ReleaseGuard,
            holdfast::report::Function::InstanceStart => Self::InstanceStart,
            holdfast::report::Function::AlarmFailover => Self::AlarmFailover,
            holdfast::report::Function::Reconcile => Self::Reconcile,
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The output by which a stack is known to be Holdfast's: the table of the ledger.
const TABLE: &str = "LedgerTable";

/// A stack of Holdfast in one region.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// AWS in its region.
    pub connection: Connection,
    /// The stack.
    pub stack: Stack,
    /// How its functions are set up.
    pub functions: BTreeMap<Function, FunctionConfiguration>,
    /// Their settings. The mode is each function's own: [`Deployment::mode`].
    pub settings: Settings,
    /// The settings that this version does not know or cannot read. Each counts as its default here.
    pub unread_settings: Vec<BadSetting>,
}

impl Deployment {
    /// Looks at a stack; none where it does not exist.
    ///
    /// # Errors
    /// AWS does not answer, or the stack is not Holdfast's.
    pub async fn find(connection: Connection, stack: &str) -> Result<Option<Self>, Failure> {
        let region = &connection.region;
        let what = || format!("the stack {stack} in {region} could not be read");
        let found = connection
            .stack(stack)
            .await
            .map_err(Failure::aws(what()))?;
        match found {
            Some(stack) => Self::of(connection, stack).await.map(Some),
            None => Ok(None),
        }
    }

    async fn of(connection: Connection, stack: Stack) -> Result<Self, Failure> {
        let arns = Function::ALL.map(|function| {
            let arn = stack.outputs.get(function.output()).cloned();
            arn.map(|arn| (function, arn))
                .ok_or_else(|| no_output(&stack, &connection.region, function.output()))
        });
        let arns: Vec<(Function, String)> = arns.into_iter().collect::<Result<_, _>>()?;
        if !stack.outputs.contains_key(TABLE) {
            return Err(no_output(&stack, &connection.region, TABLE));
        }
        let reads = arns.into_iter().map(|(function, arn)| {
            let connection = &connection;
            async move {
                let what = format!("the set-up of {function} could not be read");
                let read = connection.function(&arn).await;
                read.map(|read| (function, read))
                    .map_err(Failure::aws(what))
            }
        });
        let functions: BTreeMap<_, _> = try_join_all(reads).await?.into_iter().collect();
        let (settings, unread_settings) = settings(&functions, &connection.region)?;
        Ok(Self {
            connection,
            stack,
            functions,
            settings,
            unread_settings,
        })
    }

    /// How a function is set up.
    ///
    /// # Errors
    /// The stack has no such function: of a version that had it not.
    pub fn function(&self, function: Function) -> Result<&FunctionConfiguration, Failure> {
        let region = &self.connection.region;
        let found = self.functions.get(&function);
        found.ok_or_else(|| no_output(&self.stack, region, function.output()))
    }

    /// The mode of a function: whether it acts, or only says what it would do.
    #[must_use]
    pub fn mode(&self, function: Function) -> Mode {
        let set_up = self.functions.get(&function);
        let word = set_up.and_then(|it| it.environment.get("HOLDFAST_MODE"));
        word.and_then(|word| word.trim().parse().ok())
            .unwrap_or(Mode::Observe)
    }

    /// An output of the stack: `FailedEventsQueue`.
    #[must_use]
    pub fn output(&self, key: &str) -> Option<&str> {
        self.stack.outputs.get(key).map(String::as_str)
    }

    /// What could not be read of it, so that what is shown may be incomplete. `rows` are those of the ledger.
    #[must_use]
    pub fn not_known(&self, rows: &[UnreadableRow]) -> Vec<Finding> {
        let unread = self.unread_settings.iter().map(|bad| Finding {
            what: format!("the setting {} cannot be read here", bad.key),
            why: bad.problem.clone(),
            next: "use the `holdfast` of the version that is deployed: what is shown here counts its default"
                .to_owned(),
        });
        let names: Vec<(&str, &str)> = rows
            .iter()
            .map(|row| (row.name.as_str(), row.why.as_str()))
            .collect();
        unread.chain(Finding::unreadable_rows(&names)).collect()
    }

    /// Where it is, in one word: `holdfast in eu-west-1`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{} in {}", self.stack.name, self.connection.region)
    }
}

fn no_output(stack: &Stack, region: &str, key: &str) -> Failure {
    Failure::usage(
        format!(
            "the stack {} in {region} is not one of Holdfast's: it has no output {key}",
            stack.name
        ),
        "Name Holdfast's own stack with --stack. A stack that an older version deployed is updated first: docs/UPGRADE.md.",
    )
}

/// The settings of the functions, as these read them. All functions of a stack have the same, but for the mode.
fn settings(
    functions: &BTreeMap<Function, FunctionConfiguration>,
    region: &str,
) -> Result<(Settings, Vec<BadSetting>), Failure> {
    let of_reconcile = functions.get(&Function::Reconcile);
    let mut variables = of_reconcile
        .map(|it| it.environment.clone())
        .unwrap_or_default();
    variables.insert("AWS_REGION".to_owned(), region.to_owned());
    let bad = match Settings::read(variables.clone()) {
        Ok(settings) => return Ok((settings, Vec::new())),
        Err(bad) => bad,
    };
    for each in &bad.0 {
        variables.remove(&each.key);
    }
    let settings = Settings::read(variables).map_err(|bad| unreadable(&bad))?;
    Ok((settings, bad.0))
}

fn unreadable(bad: &holdfast::settings::BadSettings) -> Failure {
    Failure::Unreadable {
        what: "the settings of the functions".to_owned(),
        why: bad.to_string(),
        advice: "Use the `holdfast` of the version that is deployed, or see docs/RUNBOOK.md: a function with \
                 such settings does not start."
            .to_owned(),
    }
}

/// Looks at every stack in every region that is asked for, all at the same time.
///
/// # Errors
/// Nothing is found, or something that was named is not; AWS does not answer.
pub async fn find_all(
    connections: Vec<Connection>,
    stacks: &[String],
    is_everywhere: bool,
) -> Result<Vec<Deployment>, Failure> {
    let pairs = connections.iter().flat_map(|connection| {
        let with_stack = move |stack| (connection, stack);
        stacks.iter().map(with_stack)
    });
    let looks = pairs.map(|(connection, stack)| async move {
        let found = Deployment::find(connection.clone(), stack).await?;
        Ok::<_, Failure>((connection, stack, found))
    });
    let mut deployments = Vec::new();
    let mut missing: BTreeSet<&String> = stacks.iter().collect();
    for look in join_all(looks).await {
        match look? {
            (_, stack, Some(deployment)) => {
                missing.remove(stack);
                deployments.push(deployment);
            }
            (_, _, None) if is_everywhere => {}
            (connection, stack, None) => return Err(not_found(connection, stack).await),
        }
    }
    if let Some(missing) = missing.first() {
        return Err(Failure::usage(
            format!("there is no stack {missing} in any region"),
            "Name it with --stack, or deploy one: docs/DEPLOYMENT.md.",
        ));
    }
    Ok(deployments)
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
