//! What a text in a look is by its form, and which fields have words of AWS's or of Holdfast's own.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Fields whose words are AWS's or Holdfast's: they stay, as long as they are words. Each is named without its marks.
const OWN_WORDS: [&str; 53] = [
    "action",
    "answer",
    "application",
    "attribute",
    "awsregion",
    "bordergroup",
    "call",
    "change",
    "checks",
    "code",
    "destination",
    "detailtype",
    "domain",
    "errorcode",
    "eventcategory",
    "eventcode",
    "eventname",
    "eventscopecode",
    "eventsource",
    "eventtype",
    "eventtypecategory",
    "eventtypecode",
    "eventversion",
    "function",
    "group",
    "holdfast",
    "instanceaction",
    "is",
    "kind",
    "lifecycletransition",
    "metricname",
    "mover",
    "namespace",
    "networkbordergroup",
    "origin",
    "performance",
    "publicipv4pool",
    "reason",
    "region",
    "resourcetype",
    "routes",
    "scope",
    "service",
    "servicemanaged",
    "source",
    "state",
    "status",
    "statuscode",
    "type",
    "version",
    "what",
    "writtenby",
    "zone",
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

/// Words that stand where a name could, and are none.
const WORDS: [&str; 20] = [
    "ALARM",
    "AWS",
    "Detached",
    "Detaching",
    "EnteringStandby",
    "INSUFFICIENT_DATA",
    "InService",
    "OK",
    "Pending",
    "ReplacingRootVolume",
    "RootVolumeReplaced",
    "Standby",
    "Terminated",
    "Terminating",
    "Warmed",
    "all",
    "done",
    "firing",
    "none",
    "stop",
];

/// A field's name without case and marks: AWS writes it in several ways.
pub(super) fn plain(field: &str) -> String {
    let letters = field.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|it| it.to_ascii_lowercase()).collect()
}

pub(super) fn has_own_words(field: &str) -> bool {
    OWN_WORDS.contains(&plain(field).as_str())
}

/// `Message` with a capital is SNS's, and has the event.
pub(super) fn is_for_people(field: &str) -> bool {
    field == "message" || FOR_PEOPLE.contains(&plain(field).as_str())
}

/// Something that names nobody: an id of EC2's, a time, a request's id, a region, a number, a service of AWS's.
pub(super) fn names_nobody(text: &str) -> bool {
    text.is_empty()
        || WORDS.contains(&text.split(':').next().unwrap_or_default())
        || is_id(text)
        || is_number(text)
        || matches!(text, "true" | "false" | "null")
        || is_time(text)
        || is_owner(text)
        || is_type(text)
        || is_uuid(text)
        || is_place(text)
        || is_service(text)
}

/// `eipalloc-0123`, `i-0123`.
fn is_id(text: &str) -> bool {
    const KINDS: [&str; 17] = [
        "i-",
        "eni-",
        "eipalloc-",
        "eipassoc-",
        "eni-attach-",
        "ela-attach-",
        "subnet-",
        "vpc-",
        "sg-",
        "igw-",
        "nat-",
        "rtb-",
        "ami-",
        "r-",
        "ipv4pool-coip-",
        "ipv4pool-ec2-",
        "ipam-pool-",
    ];
    let is_rest = |rest: &str| {
        // `i-robot` is a name.
        rest.bytes().any(|byte| byte.is_ascii_digit())
            && rest.len() <= 32
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    KINDS
        .iter()
        .any(|kind| text.strip_prefix(kind).is_some_and(is_rest))
}

fn is_number(text: &str) -> bool {
    text.len() < 12 && text.parse::<f64>().is_ok()
}

/// `2026-11-27T13:29:26Z`, in each way in which AWS writes it.
fn is_time(text: &str) -> bool {
    let is_of = |(byte, form): (u8, u8)| match form {
        b'9' => byte.is_ascii_digit(),
        form => byte == form,
    };
    let form = *b"9999-99-99T99:99:99";
    (form.len()..=36).contains(&text.len()) && text.bytes().zip(form).all(is_of)
}

/// Whoever holds a lease is named by the number of a run.
fn is_owner(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `t3.micro`
fn is_type(text: &str) -> bool {
    const SIZES: [&str; 7] = [
        "nano", "micro", "small", "medium", "large", "xlarge", "metal",
    ];
    text.split_once('.').is_some_and(|(family, size)| {
        let is_family = family
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let size = size.trim_start_matches(|it: char| it.is_ascii_digit());
        is_family && family.len() < 16 && SIZES.contains(&size)
    })
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    let is_hex = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(is_hex)
}

/// A region, a zone by its name or its id: `eu-west-1`, `us-west-2-lax-1a`, `use1-az4`. Every region's name has a
/// direction. Source: AWS Global Infrastructure, "Regions".
fn is_place(text: &str) -> bool {
    const DIRECTIONS: [&str; 9] = [
        "central",
        "east",
        "north",
        "northeast",
        "northwest",
        "south",
        "southeast",
        "southwest",
        "west",
    ];
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [area, zone] => {
            zone.strip_prefix("az").is_some_and(is_number)
                && area.len() <= 6
                && area.ends_with(|it: char| it.is_ascii_digit())
        }
        [area, middle @ .., last] => {
            let digits = last.trim_end_matches(|it: char| it.is_ascii_lowercase());
            area.len() == 2
                && middle.iter().any(|part| DIRECTIONS.contains(part))
                && is_number(digits)
                && last.len() <= 2
        }
        _ => false,
    }
}

/// `ec2.amazonaws.com`. The name of a host has more in front: a bucket, or an address.
fn is_service(text: &str) -> bool {
    let name = text.strip_suffix(".amazonaws.com");
    name.is_some_and(|name| !name.contains('.'))
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An IP address, alone or with the length of its prefix.
pub(super) enum Ip<'a> {
    V4(Ipv4Addr, &'a str),
    V6(Ipv6Addr, &'a str),
}

pub(super) fn ip_in(text: &str) -> Option<Ip<'_>> {
    let at = text.find('/').unwrap_or(text.len());
    let (ip, length) = text.split_at(at);
    let v4 = ip.parse().ok().map(|ip| Ip::V4(ip, length));
    v4.or_else(|| ip.parse().ok().map(|ip| Ip::V6(ip, length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_place_an_id_or_a_service_and_is_none_is_a_name() {
        for name in [
            "my-web-1",
            "db-main-2",
            "i-robot",
            "gate.example.com",
            "bucket.s3.amazonaws.com",
            "ec2-203-0-113-7.compute-1.amazonaws.com",
            "ip-10-0-0-5.ec2.internal",
            "anna",
            "111122223333",
        ] {
            assert!(!names_nobody(name), "{name}");
        }
    }

    #[test]
    fn places_ids_times_and_services_name_nobody() {
        for word in [
            "eu-west-1",
            "eu-west-1a",
            "us-gov-west-1",
            "us-west-2-lax-1a",
            "use1-az4",
            "i-0123456789abcdef0",
            "eipalloc-0123456789abcdef0",
            "ipv4pool-ec2-0123456789abcdef0",
            "2026-01-31T12:00:00.000+0000",
            "ec2.amazonaws.com",
            "t3.micro",
            "u-6tb1.56xlarge",
            "Warmed:Running",
        ] {
            assert!(names_nobody(word), "{word}");
        }
    }
}
