//! Where a command writes and what it asks: standard output for the document, standard error for everything else.
//! Colour is only where a terminal is, and nobody said no.

use super::form::Form;
use super::layout::in_columns;
use super::page::{Cell, Page};
use super::print::{self, Document, Shape};
use crate::failure::Failure;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use std::fmt;
use std::io::{self, BufRead, IsTerminal, Write};
use terminal_size::{Width, terminal_size_of};

/// What became of a line on standard error: whether anybody reads it changes nothing.
pub type Shown = io::Result<()>;

/// Where a command writes, and what it asks.
pub struct Terminal {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    input: Box<dyn BufRead>,
    /// How many columns a stream's terminal has, each time anew: a window changes.
    columns: fn(Stream) -> Option<usize>,
    /// Standard output as it is, past the filter that takes colours out: where on the screen something stands is no colour.
    screen: Box<dyn Write>,
    /// Whether standard output has colours.
    has_colours: bool,
    /// Whether a person sees standard output, on a terminal that can write over what stands there.
    pub is_watched: bool,
    /// Whether a person can answer a question: standard input and standard error are terminals.
    pub is_answered: bool,
}

/// One of the two that a command writes to.
#[derive(Debug, Clone, Copy)]
enum Stream {
    Out,
    Err,
}

/// How many columns the terminal of a stream has; none where no terminal is, or it does not say.
fn columns_of(stream: Stream) -> Option<usize> {
    let size = match stream {
        Stream::Out => terminal_size_of(io::stdout()),
        Stream::Err => terminal_size_of(io::stderr()),
    };
    let (Width(columns), _) = size?;
    (columns > 0).then(|| usize::from(columns))
}

/// The text over what stands on the screen: each line ends what stood there, and nothing of what rolled out of sight is
/// touched.
fn in_place(text: &str) -> String {
    const TOP: &str = "\u{1b}[H";
    const END_LINE: &str = "\u{1b}[K\n";
    const END_SCREEN: &str = "\u{1b}[J";
    format!("{TOP}{}{END_SCREEN}", text.replace('\n', END_LINE))
}

impl fmt::Debug for Terminal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Terminal")
            .field("is_watched", &self.is_watched)
            .field("is_answered", &self.is_answered)
            .finish_non_exhaustive()
    }
}

impl Terminal {
    /// The process's own.
    #[must_use]
    pub fn of_process(no_color: bool) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let choice = |choice| if no_color { ColorChoice::Never } else { choice };
        let is_watched =
            out.is_terminal() && std::env::var_os("TERM").is_none_or(|it| it != "dumb");
        let is_answered = io::stdin().is_terminal() && err.is_terminal();
        let (of_out, of_err) = (AutoStream::choice(&out), AutoStream::choice(&err));
        Self {
            screen: Box::new(io::stdout()),
            has_colours: choice(of_out) != ColorChoice::Never,
            out: Box::new(AutoStream::new(out, choice(of_out))),
            err: Box::new(AutoStream::new(err, choice(of_err))),
            input: Box::new(io::BufReader::new(io::stdin())),
            columns: columns_of,
            is_watched,
            is_answered,
        }
    }

    /// Prints a document.
    ///
    /// # Errors
    /// Standard output is closed or full.
    pub fn print<D: Document>(&mut self, document: &D, form: Form) -> Result<(), Failure> {
        let shape = self.shape(form, false);
        self.write(&print::text(document, shape)?)?;
        self.note_beside_rows(document, form);
        Ok(())
    }

    /// Says on standard error what has no place in the rows.
    fn note_beside_rows<D: Document>(&mut self, document: &D, form: Form) {
        if form == Form::Tsv {
            for what in document.beside_rows() {
                let _: Shown = self.note(Cell::from(what));
            }
        }
    }

    /// Prints a document that is one of several: in a terminal it takes the place of the one before, with or without
    /// colours, and JSON has one line for each.
    ///
    /// # Errors
    /// Standard output is closed or full.
    pub fn print_anew<D: Document>(&mut self, document: &D, form: Form) -> Result<(), Failure> {
        let text = print::text(document, self.shape(form, true))?;
        if self.is_watched && form == Form::Table {
            let text = if self.has_colours {
                text
            } else {
                anstream::adapter::strip_str(&text).to_string()
            };
            self.screen.write_all(in_place(&text).as_bytes())?;
            return Ok(self.screen.flush()?);
        }
        self.write(&text)?;
        self.note_beside_rows(document, form);
        Ok(())
    }

    fn shape(&self, form: Form, on_one_line: bool) -> Shape {
        Shape {
            form,
            on_one_line,
            columns: (self.columns)(Stream::Out),
        }
    }

    /// Says a page beside the document, on standard error.
    ///
    /// # Errors
    /// As the stream refuses.
    pub fn note_page(&mut self, page: &Page) -> Shown {
        match (self.columns)(Stream::Err) {
            Some(columns) => self.note(in_columns(page, columns)),
            None => self.note(page),
        }
    }

    /// Writes to standard output.
    ///
    /// # Errors
    /// It is closed or full.
    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes())?;
        Ok(self.out.flush()?)
    }

    /// Says something beside the document, on standard error.
    ///
    /// # Errors
    /// As the stream refuses.
    pub fn note(&mut self, what: impl fmt::Display) -> Shown {
        writeln!(self.err, "{what}")?;
        self.err.flush()
    }

    /// Says something on standard error and keeps the line open.
    ///
    /// # Errors
    /// As the stream refuses.
    pub fn note_part(&mut self, what: impl fmt::Display) -> Shown {
        write!(self.err, "{what}")?;
        self.err.flush()
    }

    /// Says what kept a command from ending well: what happened, why, and what to do.
    ///
    /// # Errors
    /// As the stream refuses.
    pub fn tell_failure(&mut self, failure: &Failure) -> Shown {
        let bad: Style = AnsiColor::Red.on_default().bold();
        let failed = Cell::from(failure.to_string());
        writeln!(self.err, "{bad}error:{bad:#} {failed}")?;
        if let Some(why) = failure.why() {
            writeln!(self.err, "  why: {}", Cell::from(why))?;
        }
        writeln!(self.err, "  do:  {}", Cell::from(failure.advice()))?;
        self.err.flush()
    }

    /// Whether somebody is there to be asked.
    ///
    /// # Errors
    /// Nobody can answer.
    pub fn can_be_asked(&self) -> Result<(), Failure> {
        if self.is_answered {
            return Ok(());
        }
        Err(Failure::usage(
            "nobody can answer the question, since this is no terminal",
            "Run it with --yes to do it without being asked.",
        ))
    }

    /// Asks a question that only `yes` answers with yes.
    ///
    /// # Errors
    /// Nobody can answer.
    pub fn confirms(&mut self, question: &str) -> Result<bool, Failure> {
        self.can_be_asked()?;
        self.note_part(format_args!("{question} [yes/no] "))?;
        let mut answer = String::new();
        self.input.read_line(&mut answer)?;
        Ok(answer.trim() == "yes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;
    use crate::output::Table;
    use serde::Serialize;
    use std::sync::{Arc, Mutex};

    /// What was written, for whoever asks later.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            if let Ok(mut kept) = self.0.lock() {
                kept.extend_from_slice(text);
            }
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Kept {
        fn text(&self) -> String {
            let kept = self.0.lock().map(|kept| kept.clone());
            String::from_utf8_lossy(&kept.unwrap_or_default()).into_owned()
        }
    }

    #[derive(Serialize)]
    struct WithNote;

    impl Document for WithNote {
        const COMMAND: &'static str = "none";

        fn page(&self) -> Page {
            Page::default()
        }

        fn rows(&self) -> Table {
            Table::of(&["region"])
        }

        fn beside_rows(&self) -> Vec<String> {
            vec!["the queue could not be read".to_owned()]
        }
    }

    #[test]
    fn rows_that_are_printed_anew_have_the_same_beside_them_as_rows_that_are_printed_once() {
        let told = |is_anew: bool, form: Form| {
            let kept = Kept::default();
            let mut terminal = answering("", false);
            terminal.err = Box::new(kept.clone());
            let printed = if is_anew {
                terminal.print_anew(&WithNote, form)
            } else {
                terminal.print(&WithNote, form)
            };
            assert!(printed.is_ok());
            kept.text()
        };
        assert_eq!(told(false, Form::Tsv), "the queue could not be read\n");
        assert_eq!(told(true, Form::Tsv), told(false, Form::Tsv));
        assert_eq!(told(true, Form::Table), "");
    }

    fn answering(answer: &'static str, is_answered: bool) -> Terminal {
        Terminal {
            screen: Box::new(io::sink()),
            has_colours: true,
            out: Box::new(io::sink()),
            err: Box::new(io::sink()),
            input: Box::new(answer.as_bytes()),
            columns: |_| None,
            is_watched: is_answered,
            is_answered,
        }
    }

    #[test]
    fn only_yes_is_a_yes() {
        for (answer, expected) in [
            ("yes\n", true),
            (" yes \n", true),
            ("y\n", false),
            ("YES\n", false),
            ("no\n", false),
            ("\n", false),
            ("", false),
        ] {
            let said = answering(answer, true).confirms("Move it?");
            assert!(said.is_ok_and(|said| said == expected), "{answer:?}");
        }
    }

    #[test]
    fn where_nobody_can_answer_nothing_is_taken_for_a_yes() {
        let said = answering("yes\n", false).confirms("Move it?");
        assert!(said.is_err_and(|failure| failure.exit() == Exit::Usage));
    }
}
