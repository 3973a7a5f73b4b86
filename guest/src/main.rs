//! `make guest`: from what EC2 answers to the files of a kit. tools/guest/make asks EC2 and calls this.

use holdfast::settings::TagKeys;
use holdfast_guest::{Error, For, Group, wrap};
use std::error::Error as StdError;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: guest-kit GROUP FOR FOLDER [PREFIX] <answers.json\n\
                     FOR is networkd, networkmanager, cloud-init or ssm; PREFIX is that of the tags, holdfast by default";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let made = match words[..] {
        [group, what, folder] => make(group, what, folder, "holdfast"),
        [group, what, folder, prefix] => make(group, what, folder, prefix),
        _ => {
            let _ = writeln!(io::stderr(), "{USAGE}");
            return ExitCode::from(2);
        }
    };
    match made {
        Ok(said) => {
            let _ = write!(io::stdout(), "{said}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            let _ = writeln!(io::stderr(), "make guest: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn make(group: &str, what: &str, folder: &str, prefix: &str) -> Result<String, Box<dyn StdError>> {
    let what: For = what.parse()?;
    let mut answers = String::new();
    io::stdin().read_to_string(&mut answers)?;
    let answers = serde_json::from_str(&answers).map_err(Error::from)?;
    let group = Group::read(&answers, group, &TagKeys::under(prefix))?;
    let outputs = wrap::outputs(&group, what);
    let mut said = String::new();
    for output in &outputs {
        let path = Path::new(folder).join(&output.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, &output.text)?;
        let _ = writeln!(said, "{}", path.display());
    }
    for note in &group.notes {
        let _ = writeln!(said, "note: {note}");
    }
    Ok(said)
}
