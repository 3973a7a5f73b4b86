//! Which mutant is on. `MUTANT` names it by number; `MUTANT_TRACE` names a file that takes the number of
//! each mutant that the process reaches. Only the copy that tools/mutants makes has this module.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static CHOSEN: OnceLock<(u32, Option<String>)> = OnceLock::new();
static REACHED: [AtomicBool; 16384] = [const { AtomicBool::new(false) }; 16384];

/// Whether mutant `number` is on.
#[inline]
pub fn on(number: u32) -> bool {
    let (chosen, trace) = CHOSEN.get_or_init(|| {
        let variable = |name| std::env::var(name).ok();
        let chosen = variable("MUTANT").and_then(|number| number.parse().ok());
        (chosen.unwrap_or(0), variable("MUTANT_TRACE"))
    });
    if let Some(path) = trace
        && !REACHED[number as usize].swap(true, Ordering::Relaxed)
        && let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(path)
    {
        let _ = writeln!(file, "{number}");
    }
    *chosen == number
}
