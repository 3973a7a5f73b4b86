//! The simulator as a program: EC2 and what is around it on one local URL, until Ctrl-C.

use ec2_sim::http::{REGION, Simulator};
use std::io::{self, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: simulator [--port N]";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing can be done for somebody whose standard error is closed.
            let _ = writeln!(io::stderr(), "simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> io::Result<()> {
    let port = port(std::env::args().skip(1)).map_err(io::Error::other)?;
    let simulator = Simulator::start_on(port)
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("port {port}: {error}")))?;
    io::stdout().write_all(how_to(&simulator.url).as_bytes())?;
    tokio::select! {
        stopped = tokio::signal::ctrl_c() => stopped,
        () = simulator.wait() => Ok(()),
    }
}

fn port(mut arguments: impl Iterator<Item = String>) -> Result<u16, String> {
    match (
        arguments.next().as_deref(),
        arguments.next(),
        arguments.next(),
    ) {
        (None, ..) => Ok(0),
        (Some("--port"), Some(number), None) => number
            .parse()
            .map_err(|_| format!("`{number}` is no port number\n{USAGE}")),
        _ => Err(USAGE.to_owned()),
    }
}

fn how_to(url: &str) -> String {
    format!(
        "The simulator serves EC2, DynamoDB, CloudTrail and CloudWatch at {url} (Ctrl-C stops it)

  export AWS_ENDPOINT_URL={url} AWS_REGION={REGION}
  export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any

  aws ec2 allocate-address --domain vpc
  python3 -c 'import boto3; print(boto3.client(\"ec2\").allocate_address(Domain=\"vpc\"))'

  curl {url}/_sim/            what else can be asked and set
"
    )
}
