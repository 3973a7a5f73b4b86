//! Which fields of a look have words of AWS's or of Holdfast's own, and which have those of people.

use serde_json::Number;

/// Fields of our own types whose words stay, as long as they are words. Each is named without its marks.
const OWN_WORDS: [&str; 28] = [
    "action",
    "answer",
    "application",
    "attribute",
    "bordergroup",
    "call",
    "change",
    "checks",
    "code",
    "detailtype",
    "domain",
    "eventcode",
    "function",
    "is",
    "kind",
    "metric",
    "mover",
    "networkbordergroup",
    "performance",
    "reason",
    "routes",
    "servicemanaged",
    "state",
    "status",
    "type",
    "what",
    "writtenby",
    "zone",
];

/// Fields of events that have a word of AWS's or of Holdfast's, and nothing else.
const OF_EVENTS: [&str; 12] = [
    "errorcode",
    "eventcategory",
    "eventname",
    "eventtype",
    "eventversion",
    "holdfast",
    "lifecycletransition",
    "metricname",
    "mover",
    "networkbordergroup",
    "origin",
    "destination",
];

/// Words in fields that others may have in their events as well.
const WORDS_OF_EVENTS: [(&str, &[&str]); 6] = [
    ("eventsource", &["aws:sns"]),
    ("instanceaction", &["hibernate", "stop", "terminate"]),
    ("service", &["EC2"]),
    (
        "state",
        &[
            "pending",
            "running",
            "shutting-down",
            "stopped",
            "stopping",
            "terminated",
        ],
    ),
    ("statuscode", &["closed", "open", "upcoming"]),
    (
        "type",
        &[
            "AWSAccount",
            "AWSService",
            "AssumedRole",
            "FederatedUser",
            "IAMUser",
            "Notification",
            "Role",
            "Root",
        ],
    ),
];

/// Fields whose values people chose.
const FOREIGN: [&str; 7] = [
    "alarmcontributorattributes",
    "alarmtags",
    "attributes",
    "dimensions",
    "messageattributes",
    "tags",
    "tagset",
];

/// Fields that are for people alone. Nothing is decided on them.
const FOR_PEOPLE: [&str; 9] = [
    "alarmdescription",
    "description",
    "errormessage",
    "eventdescription",
    "newstatereason",
    "reasondata",
    "subject",
    "underneath",
    "why",
];

/// A field's name without case and marks: AWS writes it in several ways.
pub(super) fn plain(field: &str) -> String {
    let letters = field.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|it| it.to_ascii_lowercase()).collect()
}

pub(super) fn has_own_words(field: &str, text: &str) -> bool {
    let field = plain(field);
    let is_word = !text.contains(char::is_whitespace);
    is_word && (OWN_WORDS.contains(&field.as_str()) || is_of_metrics(&field, text))
}

/// Somebody else may mean something else by a field of an event: most stay for the sake of one of a few words.
pub(super) fn is_word_of_event(field: &str, text: &str) -> bool {
    let field = plain(field);
    let mut lists = WORDS_OF_EVENTS.iter();
    let is_listed = lists.any(|(of, words)| *of == field && words.contains(&text));
    let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let is_word = match field.as_str() {
        "eventscopecode" | "eventtypecategory" | "eventtypecode" => {
            const CATEGORIES: [&str; 4] = [
                "accountNotification",
                "investigation",
                "issue",
                "scheduledChange",
            ];
            text.bytes().all(is_code) || CATEGORIES.contains(&text)
        }
        "source" => text.starts_with("aws.") || text == "aws:sns",
        "publicipv4pool" => text == "amazon",
        field => OF_EVENTS.contains(&field) || is_of_metrics(field, text),
    };
    is_listed || (is_word && !text.contains(char::is_whitespace))
}

/// A namespace of AWS's. Those of others may name the firm.
fn is_of_metrics(field: &str, text: &str) -> bool {
    field == "namespace" && text.starts_with("AWS/")
}

pub(super) fn has_foreign_values(field: &str) -> bool {
    FOREIGN.contains(&plain(field).as_str())
}

/// A number that may be somebody's, as a telephone's is. Times stay.
pub(super) fn is_long_number(field: &str, number: &Number) -> bool {
    let field = plain(field);
    let is_time = ["time", "date", "timestamp"]
        .iter()
        .any(|end| field.ends_with(end));
    !is_time && number.as_f64().is_none_or(|it| it.abs() >= 1e7)
}

/// `Message` with a capital is SNS's, and has the event.
pub(super) fn is_for_people(field: &str) -> bool {
    field == "message" || FOR_PEOPLE.contains(&plain(field).as_str())
}
