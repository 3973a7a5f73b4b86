//! EC2: whether whoever asks could release an address. Nothing is released: the call is a dry run, and this file makes no
//! other. A test reads the bytes that it sends.
//!
//! Races: none that matters. A dry run changes nothing, whatever happens beside it.

use crate::aws::{CloudError, Connection};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::ProvideErrorMetadata;
use holdfast_aws::failure;
use std::fmt;

/// It is no action that the tool needs: `policies/operator.json` does not have it.
const RELEASE_ADDRESS: &str = "ec2:ReleaseAddress";
/// EC2's way to say yes to a dry run. Source: EC2 API reference, "Error codes", `DryRunOperation`.
const ALLOWED: &str = "DryRunOperation";
/// Its way to say no. Source: as above.
const DENIED: &str = "UnauthorizedOperation";
/// The address is locked, or has a name that keeps it (`ModifyAddressAttribute`). Source: as above; cloud-custodian,
/// `NetworkAddress.Release`.
const LOCKED: [&str; 2] = ["InvalidAddress.Locked", "InvalidAddress.PtrSet"];

/// Asks whether an address could be released. It cannot release one: `DryRun` is set in the one call that it makes, and
/// the client inside is nobody else's.
pub struct ReleaseTrial {
    client: Client,
}

impl fmt::Debug for ReleaseTrial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ReleaseTrial")
            .finish_non_exhaustive()
    }
}

/// Whether whoever asks could release an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// It would be released.
    Allowed,
    /// No permission, or a policy that denies it.
    Denied,
    /// Its name keeps it: EC2 releases it to nobody.
    Locked,
}

impl Connection {
    /// Asks whether addresses could be released.
    #[must_use]
    pub fn release_trial(&self) -> ReleaseTrial {
        ReleaseTrial {
            client: Client::new(self.config()),
        }
    }
}

impl ReleaseTrial {
    /// Whether whoever asks could release this address.
    ///
    /// # Errors
    /// Any other answer of AWS to `ec2:ReleaseAddress`, which was not carried out.
    pub async fn of(&self, allocation: &str) -> Result<Release, CloudError> {
        let asked = self.client.release_address().dry_run(true);
        match asked.allocation_id(allocation).send().await {
            // A dry run is never carried out, so this is no answer of EC2's own.
            Ok(_) => Ok(Release::Allowed),
            Err(error) => match error.code() {
                Some(ALLOWED) => Ok(Release::Allowed),
                Some(DENIED) => Ok(Release::Denied),
                Some(code) if LOCKED.contains(&code) => Ok(Release::Locked),
                _ => Err(failure::of(RELEASE_ADDRESS, error)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region};
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    /// Everything that a trial sends, as bytes on a socket.
    async fn sent() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut seen = Vec::new();
            while !String::from_utf8_lossy(&seen).contains("AllocationId=") {
                let mut part = [0; 4096];
                let read = socket.read(&mut part).unwrap();
                seen.extend_from_slice(&part[..read]);
            }
            let answer = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
            socket.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(seen).unwrap()
        });
        let config = aws_sdk_ec2::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(url)
            .credentials_provider(Credentials::new("ANY", "not-a-secret", None, None, "test"))
            .build();
        let trial = ReleaseTrial {
            client: Client::from_conf(config),
        };
        let answer = trial.of("eipalloc-0123").await;
        assert!(answer.is_err(), "what nobody understands is no pass");
        server.join().unwrap()
    }

    #[tokio::test]
    async fn the_bytes_of_a_trial_say_that_it_is_a_dry_run() {
        let sent = sent().await;
        let body = sent.split("\r\n\r\n").nth(1).unwrap_or_default();
        let mut pairs: Vec<&str> = body.split('&').collect();
        pairs.sort_unstable();
        assert_eq!(
            pairs,
            [
                "Action=ReleaseAddress",
                "AllocationId=eipalloc-0123",
                "DryRun=true",
                "Version=2016-11-15",
            ]
        );
    }
}
