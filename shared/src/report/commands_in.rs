//! The commands inside a sentence, each as a person pastes it. A command ends at a word that ends with a mark of the
//! sentence and is not quoted: [`super::Command`] quotes a word that ends with one.

/// What a command begins with: a program, and what it is asked to do. A sentence may begin with a program's name too.
const BEGINNINGS: [&str; 9] = [
    "aws autoscaling ",
    "aws cloudtrail ",
    "aws configservice ",
    "aws ec2 ",
    "aws lambda ",
    "aws logs ",
    "aws service-quotas ",
    "terraform import ",
    "terraform state ",
];

/// What ends a command inside a sentence.
const MARKS: [char; 5] = ['.', ',', ';', ':', ')'];

/// Every command in a text that can be pasted: one that lacks what only the person knows has a placeholder in it.
#[must_use]
pub fn commands_in(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut rest = text;
    while let Some(at) = next_program(rest) {
        let (command, after) = command(&rest[at..]);
        commands.push(command.to_owned());
        rest = after;
    }
    commands
}

/// Where the next command begins: at the begin of a word.
fn next_program(text: &str) -> Option<usize> {
    let each = BEGINNINGS.iter().flat_map(|name| text.match_indices(name));
    let begins = each.filter(|(at, _)| {
        let before = text[..*at].chars().next_back();
        before.is_none_or(|sign| sign == ' ' || sign == '(' || sign == '`')
    });
    begins.map(|(at, _)| at).min()
}

/// The command that a text begins with, and what follows it.
fn command(text: &str) -> (&str, &str) {
    let mut open: Option<char> = None;
    let mut last: Option<(char, bool)> = None;
    for (at, sign) in text.char_indices() {
        let mut ends_quoted = false;
        match (open, sign) {
            (Some(until), sign) if sign == until => (open, ends_quoted) = (None, true),
            (None, '<') => open = Some('>'),
            (None, '\'') => open = Some('\''),
            (None, ' ') => {
                if matches!(last, Some((sign, false)) if MARKS.contains(&sign)) {
                    return (text[..at].trim_end_matches(MARKS), &text[at..]);
                }
            }
            _ => {}
        }
        last = Some((sign, ends_quoted));
    }
    match last {
        Some((sign, false)) if MARKS.contains(&sign) => (text.trim_end_matches(MARKS), ""),
        _ => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::command::Command;

    #[test]
    fn each_command_of_a_sentence_is_one_line_to_be_pasted() {
        let text = "stop it: aws ec2 stop-instances --instance-ids i-1 --force. A network ACL, too; then (aws ec2 \
                    release-address --allocation-id <of the address>); or read what aws says of it";
        assert_eq!(
            commands_in(text),
            [
                "aws ec2 stop-instances --instance-ids i-1 --force",
                "aws ec2 release-address --allocation-id <of the address>",
            ]
        );
    }

    #[test]
    fn m13_a_value_that_is_quoted_stays_quoted_and_ends_no_command() {
        for value in ["two words.", "a; rm -rf /", "ends.", "$(id)", "it's"] {
            let command = Command::ec2("create-tags").with("resources", value);
            let text = format!("say so: {command}. Then look again");
            assert_eq!(commands_in(&text), [command.to_string()]);
        }
    }

    #[test]
    fn terraform_and_the_end_of_a_text() {
        assert_eq!(
            commands_in("first terraform state rm aws_eip.<name>, then aws ec2 describe-addresses"),
            [
                "terraform state rm aws_eip.<name>",
                "aws ec2 describe-addresses"
            ]
        );
        assert_eq!(commands_in("the aws console; aws."), Vec::<String>::new());
    }
}
