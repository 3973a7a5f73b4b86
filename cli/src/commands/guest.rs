//! `holdfast guest`: the files with which the guests of a group answer on an address that moved. They are made from what
//! EC2 says of the group, and written to a folder. Nothing is changed in EC2, or on a guest.

use crate::failure::{Exit, Failure};
use crate::output::{Cell, Document, Page, Table};
use crate::session::Session;
use clap::{Args, ValueEnum};
use holdfast_guest::{Error, For, Group, Output, wrap};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

const AFTER_HELP: &str = "\
Examples:
  holdfast guest web --for networkd --out kit
  holdfast guest web --for ssm --out kit

docs/GUEST.md says what the files do, and how they come to the guests.";

/// Make the files by which a group's guests answer on a moved address
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The group, by the value of the tag holdfast:group
    group: String,
    /// What configures the guests, or brings them the files
    #[arg(long = "for", value_enum)]
    what: What,
    /// The folder that they are written to
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// What configures the guests, or brings them the files.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// systemd-networkd, netplan's included
    Networkd,
    /// `NetworkManager`
    #[value(name = "networkmanager")]
    NetworkManager,
    /// User data of new instances
    CloudInit,
    /// A document of Systems Manager
    Ssm,
}

impl From<What> for For {
    fn from(what: What) -> Self {
        match what {
            What::Networkd => Self::Networkd,
            What::NetworkManager => Self::NetworkManager,
            What::CloudInit => Self::CloudInit,
            What::Ssm => Self::Ssm,
        }
    }
}

/// The files that were written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GuestFiles {
    group: String,
    /// The first is the one to use; the others are what it installs.
    files: Vec<String>,
    notes: Vec<String>,
}

impl Document for GuestFiles {
    const COMMAND: &'static str = "guest";

    fn page(&self) -> Page {
        let mut page = Page::default();
        for (number, file) in self.files.iter().enumerate() {
            let cell = if number == 0 {
                Cell::strong(file)
            } else {
                Cell::from(file)
            };
            page.line([cell]);
        }
        for note in &self.notes {
            page.line([Cell::attention("note"), Cell::from(": "), Cell::from(note)]);
        }
        page
    }

    fn rows(&self) -> Table {
        let mut table = Table::of(&["file"]);
        for file in &self.files {
            table.push([Cell::from(file)]);
        }
        table
    }
}

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let deployment = session.deployment().await?;
    let keys = &deployment.settings.tags;
    let answers = deployment.connection.guest_answers(&keys.group).await;
    let answers = answers.map_err(Failure::aws("the group could not be read"))?;
    let group =
        Group::read(&answers, &asked.group, keys).map_err(|why| none(&asked.group, &why))?;
    let mut files = Vec::new();
    for output in wrap::outputs(&group, asked.what.into()) {
        files.push(written(&asked.out, &output)?);
    }
    session.finish(&GuestFiles {
        group: group.name,
        files,
        notes: group.notes,
    })
}

/// The error says what to do itself.
fn none(group: &str, why: &Error) -> Failure {
    Failure::usage(
        format!("no files were made for {group}: {why}"),
        "docs/GUEST.md says which groups need files.",
    )
}

fn written(folder: &Path, output: &Output) -> Result<String, Failure> {
    let path = folder.join(&output.path);
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    let made = made.and_then(|()| fs::write(&path, &output.text));
    made.map_err(|error| {
        Failure::usage(
            format!("{} cannot be written: {error}", path.display()),
            "Name another folder with --out.",
        )
    })?;
    Ok(path.display().to_string())
}
