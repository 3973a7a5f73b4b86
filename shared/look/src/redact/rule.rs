//! The names in the rule of a composite alarm.

use super::Redaction;

impl Redaction<'_> {
    /// The names in the rule of a composite alarm; the words around them stay.
    pub(super) fn rule(&mut self, rule: &str) -> String {
        const WORDS: [&str; 9] = [
            "ALARM",
            "OK",
            "INSUFFICIENT_DATA",
            "AND",
            "OR",
            "NOT",
            "AT_LEAST",
            "TRUE",
            "FALSE",
        ];
        let mut pieces = Vec::new();
        for (number, piece) in rule.split('"').enumerate() {
            if number % 2 == 1 {
                pieces.push(self.named(piece.trim()));
                continue;
            }
            let mut told = String::new();
            let mut word = String::new();
            for letter in piece.chars().chain([' ']) {
                if letter.is_whitespace() || matches!(letter, '(' | ')' | ',') {
                    let stays = word.is_empty()
                        || WORDS.contains(&word.as_str())
                        || word
                            .bytes()
                            .all(|byte| byte.is_ascii_digit() || byte == b'%');
                    let ended = std::mem::take(&mut word);
                    told.push_str(&if stays { ended } else { self.named(&ended) });
                    told.push(letter);
                } else {
                    word.push(letter);
                }
            }
            told.pop();
            pieces.push(told);
        }
        pieces.join("\"")
    }
}
