//! What is read of a stack's groups. The first round comes as soon as the stack is known, while its functions' set-up is
//! read. The second one needs the members' ids. Reads alone.
//!
//! What a read tells that AWS refuses or does not answer is not known, even where the groups can be judged without it. It
//! is named as a part that could not be read, and no group is said to be ready without that word.

use crate::deployment::{Coming, Deployment, OfStack};
use crate::failure::Failure;
use crate::parts::Parts;
use crate::read_only::ReadOnly;
use holdfast::alarm_failover::{Glance, Overview, glance};
use holdfast::clock::WallClock;
use holdfast::cloud::CloudError;
use holdfast::ledger::UnreadableRow;
use holdfast::ports::Ports;
use holdfast::reconcile;
use holdfast_aws::{Aws, DynamoLedger};

/// AWS and the ledger of a stack, for reads alone.
pub type Look = Ports<ReadOnly<Aws>, ReadOnly<DynamoLedger>, WallClock>;

/// What can be read as soon as the stack is known.
#[derive(Debug)]
pub struct FirstRound {
    /// By what it was read.
    ports: Look,
    glance: Result<Glance, CloudError>,
}

/// The groups of a stack, as far as they could be read.
#[derive(Debug)]
pub struct GroupsRead {
    /// None where a read failed without which nothing can be said.
    pub overview: Option<Overview>,
    /// Whether all could be read that their readiness hangs on.
    pub is_whole: bool,
}

impl FirstRound {
    /// Reads it.
    async fn of(stack: &OfStack, clock: WallClock) -> Self {
        let OfStack {
            connection,
            settings,
            ..
        } = stack;
        let ports = Ports {
            cloud: ReadOnly::of(connection.cloud()),
            ledger: ReadOnly::of(connection.ledger(&settings.table)),
            clock,
        };
        let glance = Box::pin(glance(&ports, settings)).await;
        Self { ports, glance }
    }

    /// Reads it while the functions' set-up comes.
    ///
    /// # Errors
    /// The functions' set-up cannot be used.
    pub async fn beside(
        coming: Coming,
        stack: &OfStack,
        clock: WallClock,
    ) -> Result<(Deployment, Self), Failure> {
        let (deployment, first) = futures_util::join!(coming, Box::pin(Self::of(stack, clock)));
        let deployment = deployment?;
        if deployment.goes_by(&stack.settings) {
            return Ok((deployment, first));
        }
        // The functions go by another table or other tags than the stack says.
        let first = Box::pin(Self::of(&deployment.of_stack(), clock)).await;
        Ok((deployment, first))
    }

    /// The second round: the groups, or one of them, and what of them could not be read.
    pub async fn groups(
        self,
        deployment: &Deployment,
        only: Option<&str>,
        parts: &mut Parts,
    ) -> (Look, GroupsRead) {
        let Self { ports, glance } = self;
        let place = deployment.place();
        let read = match glance {
            Ok(glance) => {
                let settings = &deployment.settings;
                Box::pin(reconcile::overview(&ports, settings, glance, only)).await
            }
            Err(refusal) => Err(refusal),
        };
        let told = read.as_ref().err().map(|refusal| refusal.failure().action);
        let what = format!("the groups and their readiness of {place} could not be read");
        let overview = parts.take(read.map_err(Failure::aws(what)));
        let refusals = ports.cloud.refusals().into_iter();
        let refusals = refusals.chain(ports.ledger.refusals());
        let besides: Vec<CloudError> = refusals
            .filter(|refusal| told != Some(refusal.failure().action))
            .collect();
        let is_whole = overview.is_some() && besides.is_empty() && !deployment.functions.is_empty();
        for refusal in besides {
            let what = hangs_on(refusal.failure().action, &place);
            parts.lost(&Failure::aws(what)(refusal));
        }
        (ports, GroupsRead { overview, is_whole })
    }
}

/// What is not known without an answer, though the groups can be judged.
fn hangs_on(action: &str, place: &str) -> String {
    let what = match action {
        "ec2:DescribeSubnets" | "ec2:DescribeRouteTables" => {
            "whether addresses would be reached after a failover"
        }
        "ec2:DescribeAvailabilityZones" => "whether addresses can go to the zones of the standbys",
        "autoscaling:DescribeAutoScalingInstances" => {
            "whether members of an Auto Scaling group are in service"
        }
        "arc-zonal-shift:ListAutoshifts" | "arc-zonal-shift:ListZonalShifts" => {
            "whether traffic is shifted away from a zone"
        }
        "cloudwatch:DescribeAlarmContributors" => {
            "for which instances alarms on many time series fire"
        }
        "dynamodb:Query" => "which alarms name a member",
        other => return format!("what {other} tells of {place} could not be read"),
    };
    format!("{what}, in {place}, could not be read")
}

/// Whether a row of the ledger that cannot be read says something of a group: its pause, its last failover, or which
/// alarms name its members.
#[must_use]
pub fn tells_of_groups(row: &UnreadableRow) -> bool {
    let (kind, _) = row.kind_and_key();
    !["snapshot", "release"].contains(&kind)
}

/// Whether a row that cannot be read may have the pause and the last failover of a group.
#[must_use]
pub fn is_lease_of(row: &UnreadableRow, group: &str) -> bool {
    let (kind, of) = row.kind_and_key();
    kind.starts_with("lease") && of == group
}
