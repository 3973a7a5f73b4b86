//! The commands in a sentence, each in the words that a shell makes of it.

/// One word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// As it is handed to the program.
    Plain(String),
    /// `<what only the person knows>`, alone or inside a word.
    Placeholder,
}

/// The services whose commands are advised.
const SERVICES: [&str; 5] = [
    "ec2",
    "autoscaling",
    "cloudtrail",
    "configservice",
    "service-quotas",
];

/// What ends a command inside a sentence.
const MARKS: [char; 5] = ['.', ',', ';', ':', ')'];

/// Every command of the AWS command line interface in a text. It ends at a word that ends with a punctuation mark.
pub(super) fn commands_in(text: &str) -> Vec<Vec<Word>> {
    let mut commands = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("aws ") {
        let before = rest[..at].chars().next_back();
        let is_word = before.is_none_or(|sign| !sign.is_alphanumeric());
        rest = &rest[at + 4..];
        let mut services = SERVICES.iter();
        if is_word && services.any(|it| rest.starts_with(&format!("{it} "))) {
            let (command, after) = command(rest);
            commands.push(command);
            rest = after;
        }
    }
    commands
}

/// The words of a command, and what follows it.
fn command(text: &str) -> (Vec<Word>, &str) {
    let (mut words, mut rest) = (Vec::new(), text);
    loop {
        let (word, after, is_last) = word(rest);
        words.push(word);
        rest = after.trim_start();
        if is_last || rest.is_empty() {
            return (words, rest);
        }
    }
}

/// The next word, what follows it, and whether the command ends with it.
fn word(text: &str) -> (Word, &str, bool) {
    let (mut word, mut is_placeholder) = (String::new(), false);
    let mut open: Option<char> = None;
    let (mut ends_quoted, mut end) = (false, text.len());
    for (at, sign) in text.char_indices() {
        match (open, sign) {
            (None, '<') => (open, is_placeholder) = (Some('>'), true),
            (None, '\'') => open = Some('\''),
            (Some(until), sign) if sign == until => (open, ends_quoted) = (None, true),
            (None, ' ') => {
                end = at;
                break;
            }
            (_, sign) => {
                word.push(sign);
                ends_quoted = false;
            }
        }
    }
    assert!(open.is_none(), "a quotation mark is open: {text}");
    let is_last = !ends_quoted && word.ends_with(MARKS);
    if is_last {
        word.truncate(word.trim_end_matches(MARKS).len());
    }
    let word = if is_placeholder {
        Word::Placeholder
    } else {
        Word::Plain(word)
    };
    (word, &text[end..], is_last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast::report::Command;

    fn plain(command: &[Word]) -> Vec<&str> {
        let each = command.iter().map(|word| match word {
            Word::Plain(word) => word.as_str(),
            Word::Placeholder => "<>",
        });
        each.collect()
    }

    #[test]
    fn each_command_of_a_sentence_is_found_and_ends_where_the_sentence_goes_on() {
        let text = "stop it: aws ec2 stop-instances --instance-ids i-1 --force. A network ACL, too; then: aws ec2 \
                    release-address --allocation-id <of the address>; good";
        let found = commands_in(text);
        let found: Vec<Vec<&str>> = found.iter().map(|it| plain(it)).collect();
        let stop = vec!["ec2", "stop-instances", "--instance-ids", "i-1", "--force"];
        let release = vec!["ec2", "release-address", "--allocation-id", "<>"];
        assert_eq!(found, [stop, release]);
    }

    #[test]
    fn a_shell_reads_the_value_that_was_meant_or_a_placeholder() {
        for (value, read) in [
            ("plain", "plain"),
            ("two words", "two words"),
            ("$(id) `id` ; & |", "$(id) `id` ; & |"),
            ("ends.", "ends."),
            ("it's", "<>"),
            ("a \"b\"", "<>"),
        ] {
            let text = Command::ec2("create-tags")
                .with("resources", value)
                .to_string();
            let found = commands_in(&text);
            assert_eq!(
                plain(&found[0]),
                ["ec2", "create-tags", "--resources", read]
            );
        }
    }
}
