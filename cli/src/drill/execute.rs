//! Carries a run out: decide, keep, call, keep, until nothing is left to do.
//!
//! What races with it: somebody begins to use an address of the drill between the look and `ReleaseAddress`. EC2 refuses
//! that release outside a default VPC. Another process on the same run file: the lock of the file arbitrates.

use super::apply::{Answer, apply, begin, without_call};
use super::decide::{Step, decide};
use super::ports::{KeepRun, NotKept, Relinquish};
use super::run::Run;
use super::settings::Settings;
use holdfast::clock::Clock;
use holdfast::cloud::CloudError;
use holdfast::model::tags::Tags;
use time::{Duration, OffsetDateTime};

/// A rest is cut into pieces of this length, so that the clock of a laptop that slept is read again soon.
const LONGEST_SLEEP: Duration = Duration::minutes(1);

/// Somebody who watches a run.
pub trait Watch: Send {
    /// The run is so far, and rests until this time, if it rests.
    fn see(&mut self, run: &Run, rests_until: Option<OffsetDateTime>);
}

/// Goes on with a run until nothing is left to do, or nothing can be done any more.
///
/// Each change is kept before it is sent, so a process that is killed at any moment can be started again.
///
/// # Errors
/// The run could not be kept. Nothing is sent then.
pub async fn carry_out<P: Relinquish, K: Clock>(
    run: &mut Run,
    ports: &P,
    clock: &K,
    keeper: &mut impl KeepRun,
    watch: &mut impl Watch,
) -> Result<(), NotKept> {
    keeper.keep(run)?;
    loop {
        let now = clock.now();
        let step = decide(run, now);
        match &step {
            Step::Finished => return Ok(()),
            Step::Rest { until } => {
                watch.see(run, Some(*until));
                let length = (*until - now).min(LONGEST_SLEEP);
                clock.sleep(length.try_into().unwrap_or_default()).await;
                continue;
            }
            Step::GiveUp { .. } | Step::Stop { .. } => without_call(run, &step),
            Step::Look { .. } | Step::CountRoom { .. } => {
                let answer = call(run, &step, ports).await;
                apply(run, &step, answer, clock.now());
            }
            Step::Allocate { .. } | Step::Ask { .. } | Step::Release { .. } => {
                begin(run, &step, now);
                keeper.keep(run)?;
                let answer = call(run, &step, ports).await;
                apply(run, &step, answer, clock.now());
            }
        }
        keeper.keep(run)?;
        watch.see(run, None);
    }
}

async fn call<P: Relinquish>(run: &Run, step: &Step, ports: &P) -> Answer {
    let settings = &run.settings;
    let answer = match step {
        Step::Look { region } => {
            let found = ports.tagged(region, &settings.drill_key(), &run.id).await;
            found.map(Answer::Found)
        }
        Step::CountRoom { region } => room(region, settings, ports).await.map(Answer::Room),
        Step::Allocate { region, .. } => {
            let number = run
                .regions
                .get(region)
                .map_or(0, |region| region.trials.len().saturating_sub(1));
            let tags = tags(run, number);
            ports
                .allocate(region, None, &tags)
                .await
                .map(Answer::Allocated)
        }
        Step::Ask { region, trial, ip } => {
            let tags = tags(run, *trial);
            ports
                .allocate(region, Some(*ip), &tags)
                .await
                .map(Answer::Allocated)
        }
        Step::Release {
            region, allocation, ..
        } => ports
            .release(region, allocation)
            .await
            .map(|()| Answer::Released),
        Step::GiveUp { .. } | Step::Stop { .. } | Step::Rest { .. } | Step::Finished => {
            return Answer::Released;
        }
    };
    answer.unwrap_or_else(Answer::Failed)
}

/// The free places of the quota. The quota comes from whoever started the run, or from AWS.
async fn room<P: Relinquish>(
    region: &str,
    settings: &Settings,
    ports: &P,
) -> Result<Option<u64>, CloudError> {
    let quota = match settings.quota {
        Some(quota) => Some(quota),
        None => ports.quota(region).await?,
    };
    let Some(quota) = quota else { return Ok(None) };
    let held = ports.held(region).await?;
    Ok(Some(quota.saturating_sub(held)))
}

/// What an address of the drill carries from its first moment: whose it is, and that it is not to be protected.
fn tags(run: &Run, trial: usize) -> Tags {
    let settings = &run.settings;
    Tags::from([
        (settings.drill_key(), run.id.clone()),
        (settings.trial_key(), trial.to_string()),
        (settings.protect_key(), "none".to_owned()),
    ])
}
