//! What a stack of Holdfast has: its functions with their settings, the ledger, the queues, the bus. It follows from
//! the stack's outputs and from how its functions are set up, so a ledger of an earlier stack is found, too.

use super::function::Function;
use super::settings::{MODE, TABLE, bad_of_others, differing, own_settings, settings};
use crate::aws::{Connection, FunctionConfiguration, Stack};
use crate::failure::Failure;
use crate::parts::Parts;
use crate::unread::Unread;
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, join_all, ready};
use holdfast::ledger::UnreadableRow;
use holdfast::model::ids::AccountId;
use holdfast::report::Finding;
use holdfast::settings::{BadSetting, Mode, Settings};
use std::collections::{BTreeMap, BTreeSet};

/// A stack before its functions are known, and the settings as its parameters have them.
#[derive(Debug, Clone)]
pub struct OfStack {
    /// AWS in its region.
    pub connection: Connection,
    /// The stack.
    pub stack: Stack,
    /// The table and the tags' keys, as far as the stack names them.
    pub settings: Settings,
}

/// The stack with its functions, as soon as their set-up is read.
pub type Coming = LocalBoxFuture<'static, Result<Deployment, Failure>>;

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
    /// The functions whose set-up could not be read, each with why: nothing is known of them but their name.
    pub unread_functions: BTreeMap<Function, Unread>,
}

impl Deployment {
    /// Looks at a stack; none where it does not exist. What needs the stack alone is read while its functions' set-up
    /// comes: `look` has both.
    ///
    /// # Errors
    /// AWS does not answer, or the stack is not Holdfast's. So `look` may say.
    pub(super) async fn find<T>(
        connection: Connection,
        stack: &str,
        look: impl AsyncFnOnce(OfStack, Coming) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        let region = connection.region.clone();
        let what = || format!("the stack {stack} in {region} could not be read");
        let found = connection
            .stack(stack)
            .await
            .map_err(Failure::aws(what()))?;
        let Some(stack) = found else {
            return Ok(None);
        };
        let arns = arns(&stack, &region)?;
        let taken = settings(&BTreeMap::new(), &stack, &region);
        let coming = Self::of(connection.clone(), stack.clone(), arns).boxed_local();
        let Ok((settings, _)) = taken else {
            // The functions' own say what is wrong.
            let deployment = coming.await?;
            let come = ready(Ok(deployment.clone())).boxed_local();
            return look(deployment.of_stack(), come).await.map(Some);
        };
        let of_stack = OfStack {
            connection,
            stack,
            settings,
        };
        look(of_stack, coming).await.map(Some)
    }

    async fn of(
        connection: Connection,
        stack: Stack,
        arns: Vec<(Function, String)>,
    ) -> Result<Self, Failure> {
        let reads = arns.into_iter().map(|(function, arn)| {
            let connection = &connection;
            async move { (function, connection.function(&arn).await) }
        });
        let (mut functions, mut unread_functions) = (BTreeMap::new(), BTreeMap::new());
        for (function, read) in join_all(reads).await {
            let place = place(&stack, &connection.region);
            let what = format!("the set-up of {function} of {place} could not be read");
            match read.map_err(Failure::aws(what)) {
                Ok(set_up) => drop(functions.insert(function, set_up)),
                Err(failure) => {
                    let part = failure.unread(&connection.region, &stack.name);
                    unread_functions.insert(function, part);
                }
            }
        }
        let (settings, mut unread_settings) = settings(&functions, &stack, &connection.region)?;
        unread_settings.extend(bad_of_others(
            &functions,
            &connection.region,
            &unread_settings,
        ));
        Ok(Self {
            connection,
            stack,
            functions,
            settings,
            unread_settings,
            unread_functions,
        })
    }

    /// How a function is set up.
    ///
    /// # Errors
    /// It could not be read.
    pub fn function(&self, function: Function) -> Result<&FunctionConfiguration, Failure> {
        if let Some(part) = self.unread_functions.get(&function) {
            return Err(Failure::NotRead(Box::new(part.clone())));
        }
        let region = &self.connection.region;
        let found = self.functions.get(&function);
        found.ok_or_else(|| no_output(&self.stack, region, function.output()))
    }

    /// The settings by which one function goes: its own, where somebody changed them by hand.
    ///
    /// # Errors
    /// They could not be read.
    pub fn settings_of(&self, function: Function) -> Result<Settings, Failure> {
        let set_up = self.function(function)?;
        own_settings(set_up, &self.connection.region).map(|(settings, _)| settings)
    }

    /// The mode of a function: whether it acts, or only says what it would do. One whose set-up could not be read has
    /// none that is known, and one with a word that is no mode does not start.
    #[must_use]
    pub fn mode(&self, function: Function) -> Option<Mode> {
        let set_up = self.functions.get(&function)?;
        match set_up.environment.get(MODE).map(|word| word.trim()) {
            None | Some("") => Some(Mode::Observe),
            Some(word) => word.parse().ok(),
        }
    }

    /// Whether what was read by these settings is of this stack: the same ledger, and the same tags.
    #[must_use]
    pub fn goes_by(&self, taken: &Settings) -> bool {
        taken.table == self.settings.table && taken.tags == self.settings.tags
    }

    /// The stack, with the settings that count.
    #[must_use]
    pub fn of_stack(&self) -> OfStack {
        OfStack {
            connection: self.connection.clone(),
            stack: self.stack.clone(),
            settings: self.settings.clone(),
        }
    }

    /// The keys of Holdfast's own settings that not all functions have alike.
    #[must_use]
    pub fn differing_settings(&self) -> BTreeSet<String> {
        differing(&self.functions)
    }

    /// The account that it is in, as its functions' ARNs name it.
    ///
    /// # Errors
    /// No output of the stack is such an ARN.
    pub fn account(&self) -> Result<AccountId, Failure> {
        let outputs = Function::ALL
            .into_iter()
            .filter_map(|it| self.output(it.output()));
        let mut accounts = outputs.filter_map(AccountId::in_arn);
        accounts.next().ok_or_else(|| Failure::Unreadable {
            what: format!("the account of {}", self.place()),
            why: "no output of the stack is the ARN of a function".to_owned(),
            advice: "Deploy the stack anew: its outputs name its functions.".to_owned(),
        })
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
        let differing: Vec<String> = self.differing_settings().into_iter().collect();
        let differing = (!differing.is_empty()).then(|| Finding {
            what: format!("the functions of {} differ in {}", self.place(), differing.join(", ")),
            why: "somebody changed a function by hand, or a deployment stopped half-way: what is shown here goes by one of them"
                .to_owned(),
            next: "deploy the stack again, so that all functions have the same settings".to_owned(),
        });
        let names: Vec<(&str, &str)> = rows
            .iter()
            .map(|row| (row.name.as_str(), row.why.as_str()))
            .collect();
        let rows = Finding::unreadable_rows(&names);
        let defaults = self.defaults_finding().into_iter();
        defaults
            .chain(unread)
            .chain(differing)
            .chain(rows)
            .collect()
    }

    /// That no function's settings could be read: then defaults count here, and the functions may go by others.
    #[must_use]
    pub fn defaults_finding(&self) -> Option<Finding> {
        let part = self.unread_functions.values().next();
        let part = part.filter(|_| self.functions.is_empty())?;
        Some(Finding {
            what: format!("the settings of the functions of {} are not known", self.place()),
            why: "the set-up of no function could be read: what is shown here goes by defaults, and the functions may go \
                  by others"
                .to_owned(),
            next: part.next.clone(),
        })
    }

    /// What keeps the stack itself from being as it was last meant to be, in CloudFormation's word for its state.
    #[must_use]
    pub fn stack_finding(&self) -> Option<Finding> {
        let status = self.stack.status.as_deref().unwrap_or("in no known state");
        (!self.stack.is_complete()).then(|| Finding {
            what: format!("the stack {} is {status}", self.place()),
            why: "its last change is not at its end, or did not end well: functions, rules or rights may be of two versions"
                .to_owned(),
            next: "see its events in CloudFormation, mend what failed, and deploy again: docs/DEPLOYMENT.md".to_owned(),
        })
    }

    /// Where it is, in one word: `holdfast in eu-west-1`.
    #[must_use]
    pub fn place(&self) -> String {
        place(&self.stack, &self.connection.region)
    }

    /// To take its parts as they come.
    #[must_use]
    pub fn parts(&self) -> Parts {
        Parts::of(&self.connection.region, &self.stack.name)
    }
}

/// The ARNs of the functions, as the outputs of the stack have them.
fn arns(stack: &Stack, region: &str) -> Result<Vec<(Function, String)>, Failure> {
    let arns = Function::ALL.map(|function| {
        let arn = stack.outputs.get(function.output()).cloned();
        arn.map(|arn| (function, arn))
            .ok_or_else(|| no_output(stack, region, function.output()))
    });
    let arns = arns.into_iter().collect::<Result<_, _>>()?;
    if !stack.outputs.contains_key(TABLE) {
        return Err(no_output(stack, region, TABLE));
    }
    Ok(arns)
}

fn place(stack: &Stack, region: &str) -> String {
    format!("{} in {region}", stack.name)
}

fn no_output(stack: &Stack, region: &str, key: &str) -> Failure {
    let place = place(stack, region);
    if let Some(status) = stack.status.as_deref().filter(|_| !stack.is_complete()) {
        return Failure::usage(
            format!("the stack {place} is {status}, and has no output {key}"),
            "Its creation is not at its end, has failed, or it is being deleted. See its events in CloudFormation, and \
             deploy it again: docs/DEPLOYMENT.md.",
        );
    }
    Failure::usage(
        format!("the stack {place} is not one of Holdfast's: it has no output {key}"),
        "Name Holdfast's own stack with --stack. A stack that an older version deployed is updated first: docs/UPGRADE.md.",
    )
}
