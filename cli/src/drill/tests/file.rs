//! The run file on a real disk.

use super::bed::{RUN, settings};
use crate::drill::file::{RunFile, UnusableFile};
use crate::drill::ports::KeepRun;
use crate::drill::run::Run;
use std::fs;
use std::path::PathBuf;
use time::OffsetDateTime;

fn a_place(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("holdfast-drill-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder.join("run.json")
}

fn a_run() -> Run {
    let regions = ["us-east-1".to_owned()];
    Run::new(
        RUN.to_owned(),
        "111122223333".to_owned(),
        &regions,
        settings(),
        OffsetDateTime::UNIX_EPOCH,
    )
}

#[test]
fn a_run_is_read_as_it_was_kept_and_nothing_else_lies_beside_it() {
    let path = a_place("kept");
    let (mut file, none) = RunFile::take(&path).unwrap();
    assert_eq!(none, None);
    file.keep(&a_run()).unwrap();
    drop(file);
    assert_eq!(RunFile::take(&path).unwrap().1, Some(a_run()));
    let beside: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(beside.len(), 2, "the file and its lock: {beside:?}");
}

#[test]
fn a_process_that_has_the_run_keeps_the_second_one_away() {
    let path = a_place("locked");
    let first = RunFile::take(&path).unwrap();
    assert!(matches!(RunFile::take(&path), Err(UnusableFile::InUse)));
    drop(first);
    assert!(RunFile::take(&path).is_ok());
}

#[test]
fn a_file_of_another_version_or_of_something_else_is_not_touched() {
    for (name, text) in [
        ("version", "{\"format\": 2}"),
        ("other", "hello"),
        ("torn", "{\"format\": 1"),
    ] {
        let path = a_place(name);
        fs::write(&path, text).unwrap();
        assert!(RunFile::take(&path).is_err(), "{name}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}
