//! What an operator sees of all this: the tool `holdfast` by its compiled binary, against the demo's own account.

use super::env::DemoEnv;
use ec2_sim::api::Caller;
use ec2_sim::world::ACCOUNT;
use holdfast_tests::runtime::find_binary;
use holdfast_tests::terminal;
use holdfast_tests::terminal::Problem;
use tokio::process::Command;

const KEY: &str = "AKIAOPERATOR";

/// Everything at a glance, and the history of one address.
pub(super) async fn chapter(env: &DemoEnv, ip: &str) -> Result<(), Problem> {
    terminal::heading("What an operator sees: the tool `holdfast`, with read rights alone")?;
    env.reconcile_on_schedule().await?;
    env.simulator.introduce(KEY, Caller::user(ACCOUNT, "ops"));
    let status = run(env, &["status"]).await?;
    let history = run(env, &["history", ip]).await?;
    // The group whose last standby has no slot left is not ready, and the failover is told.
    for (told, part) in [(&status, "not ready"), (&history, "failed-over: ")] {
        if !told.contains(part) {
            return Err(format!("the tool does not say `{part}`: {told}").into());
        }
    }
    Ok(())
}

/// Shows what a command prints. It may find something: that is no failure here.
async fn run(env: &DemoEnv, arguments: &[&str]) -> Result<String, Problem> {
    terminal::line(&format!(" $ holdfast {}", arguments.join(" ")))?;
    let region = env.simulator.world().region().to_owned();
    let ran = Command::new(find_binary("holdfast")?)
        .args(arguments)
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        .env("AWS_REGION", region)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ENDPOINT_URL", &env.simulator.url)
        .output()
        .await?;
    if !matches!(ran.status.code(), Some(0 | 1)) {
        let why = String::from_utf8_lossy(&ran.stderr).into_owned();
        return Err(format!("holdfast {}: {why}", arguments.join(" ")).into());
    }
    let shown = String::from_utf8(ran.stdout)?;
    shown
        .lines()
        .try_for_each(|line| terminal::line(&format!("   {line}")))?;
    Ok(shown)
}
