//! What a command works with: what was asked for, the terminal, time, and AWS in each region that is asked for.

use crate::arguments::Everywhere;
use crate::aws::{Connection, Keys};
use crate::deployment::{self, Coming, Deployment, Found, OfStack};
use crate::failure::{Exit, Failure};
use crate::output::{Document, Partial, Terminal};
use crate::unread::Unread;
use holdfast::clock::WallClock;
use std::collections::BTreeSet;

/// Which region is asked for all of them where none is named. Another partition has to name one of its own.
const FIRST_REGION: &str = "us-east-1";

/// What a command works with.
#[derive(Debug)]
pub struct Session {
    /// What every command takes.
    pub asked: Everywhere,
    /// Where it writes.
    pub terminal: Terminal,
    /// Time.
    pub clock: WallClock,
}

impl Session {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(terminal: Terminal, asked: Everywhere) -> Self {
        Self {
            asked,
            terminal,
            clock: WallClock,
        }
    }

    /// AWS in each region that is asked for.
    ///
    /// # Errors
    /// No region is known, or the list of all regions cannot be read.
    pub async fn connections(&self) -> Result<Vec<Connection>, Failure> {
        let keys = Keys::load(&self.asked).await;
        let regions = if self.asked.all_regions() {
            let named = keys.region().unwrap_or_else(|_| FIRST_REGION.to_owned());
            let first = keys.in_region(&named);
            let what = "the account's regions could not be read";
            first.regions().await.map_err(Failure::aws(what))?
        } else if self.asked.region.is_empty() {
            vec![keys.region()?]
        } else {
            let once: BTreeSet<&String> = self.asked.region.iter().collect();
            once.into_iter().cloned().collect()
        };
        let in_region = |region: &String| keys.in_region(region);
        Ok(regions.iter().map(in_region).collect())
    }

    /// Every stack in every region that is asked for, as far as it can be read.
    ///
    /// # Errors
    /// See [`deployment::find_all`].
    pub async fn found(&self) -> Result<Found, Failure> {
        let look = async |_, coming: Coming| Ok((coming.await?, ()));
        self.looked_at(look).await
    }

    /// The same with a look at each, which begins as soon as the stack is known, before its functions are.
    ///
    /// # Errors
    /// As [`Session::found`].
    pub async fn looked_at<T>(
        &self,
        look: impl AsyncFn(OfStack, Coming) -> Result<(Deployment, T), Failure>,
    ) -> Result<Found<T>, Failure> {
        let connections = self.connections().await?;
        let (stacks, is_everywhere) = (self.asked.stacks(), self.asked.all_regions());
        deployment::find_all(connections, &stacks, is_everywhere, look).await
    }

    /// The same, where all of it is needed.
    ///
    /// # Errors
    /// As [`Session::found`], or something of it cannot be read.
    pub async fn deployments(&self) -> Result<Vec<Deployment>, Failure> {
        self.found().await?.whole()
    }

    /// The one stack that is asked for: of a command that changes something.
    ///
    /// # Errors
    /// As [`Session::deployments`], or there are several.
    pub async fn deployment(&self) -> Result<Deployment, Failure> {
        let mut found = self.deployments().await?;
        let several: Vec<String> = found.iter().map(Deployment::place).collect();
        match found.pop() {
            Some(one) if several.len() == 1 => Ok(one),
            _ => Err(Failure::usage(
                format!(
                    "this command is for one stack, and there are {}",
                    several.join(", ")
                ),
                "Name one with --region and --stack.",
            )),
        }
    }

    /// Prints what a command found, with what it could not read, and says how it ends.
    ///
    /// # Errors
    /// Standard output is closed or full.
    pub fn finish_partial<D: Document>(
        &mut self,
        document: D,
        unread: Vec<Unread>,
    ) -> Result<Exit, Failure> {
        self.finish(&Partial::new(document, unread))
    }

    /// Prints what a command found, and says how it ends.
    ///
    /// # Errors
    /// Standard output is closed or full.
    pub fn finish<D: Document>(&mut self, document: &D) -> Result<Exit, Failure> {
        self.terminal.print(document, self.asked.output)?;
        Ok(document.exit())
    }
}
