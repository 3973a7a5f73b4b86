//! What is told of fences: what was done, what was not, and who is left to a person.

use crate::alarm_failover::effect::Effect;
use crate::alarm_failover::execute::FenceResult;
use crate::error::chain;
use crate::report::Finding;

/// What was done, in words.
pub(crate) fn fenced(effects: &[Effect]) -> Vec<String> {
    effects.iter().map(in_words).collect()
}

fn in_words(effect: &Effect) -> String {
    match effect {
        Effect::Stop { instance } => format!("{instance} is being stopped"),
        Effect::Isolate {
            eni,
            instance,
            security_group,
        } => format!("{eni} of {instance} has {security_group} and no other"),
        other => format!("{other:?}"),
    }
}

/// What was not done, and who was not fenced.
pub(super) fn findings(result: &FenceResult) -> Vec<Finding> {
    let failed = result.failed.iter().map(|(effect, failure)| Finding {
        what: format!("not done: {}", in_words(effect)),
        why: chain(failure),
        next: "stop the failed member by hand before it writes to what it shares".to_owned(),
    });
    let not_fenced = result.not_fenced.iter().map(|member| Finding {
        what: format!("{member} was not fenced"),
        why: "the run that moved its addresses ended before, and its failure is over by now"
            .to_owned(),
        next: format!("see whether {member} still writes to what it shares, and stop it if so"),
    });
    failed.chain(not_fenced).collect()
}
