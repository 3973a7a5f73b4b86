//! What a text in a look is by its form: an id, a time, a place, or a name.

use std::net::{Ipv4Addr, Ipv6Addr};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Words that stand where a name could, and are none.
const WORDS: [&str; 35] = [
    "ALARM",
    "AWS",
    "Detached",
    "Detaching",
    "EnteringStandby",
    "INSUFFICIENT_DATA",
    "InService",
    "OK",
    "Pending",
    "Pending:Proceed",
    "Pending:Wait",
    "ReplacingRootVolume",
    "ReplacingRootVolume:Proceed",
    "ReplacingRootVolume:Wait",
    "RootVolumeReplaced",
    "Standby",
    "Terminated",
    "Terminating",
    "Terminating:Proceed",
    "Terminating:Wait",
    "Warmed:Hibernated",
    "Warmed:Pending",
    "Warmed:Pending:Proceed",
    "Warmed:Pending:Wait",
    "Warmed:Running",
    "Warmed:Stopped",
    "Warmed:Terminated",
    "Warmed:Terminating",
    "Warmed:Terminating:Proceed",
    "Warmed:Terminating:Wait",
    "all",
    "done",
    "firing",
    "none",
    "stop",
];

/// What Holdfast's tags may say. Numbers, ids and times stay as well.
pub(super) fn is_setting(text: &str) -> bool {
    const SETTINGS: [&str; 15] = [
        "auto", "allow", "eip", "eni", "false", "ip", "move", "never", "none", "reclaim", "record",
        "stay", "stop", "true", "wanted",
    ];
    SETTINGS.contains(&text)
}

/// The first part of an ARN's resource, where it is AWS's word.
pub(super) fn is_kind(piece: &str) -> bool {
    const KINDS: [&str; 18] = [
        "alarm",
        "assumed-role",
        "autoScalingGroup",
        "aws-service-role",
        "elastic-ip",
        "federated-user",
        "function",
        "group",
        "instance",
        "loadbalancer",
        "network-interface",
        "policy",
        "role",
        "root",
        "stack",
        "table",
        "targetgroup",
        "user",
    ];
    KINDS.contains(&piece)
}

/// Something that names nobody: an id of EC2's, a time, a request's id, a region, a number, a service of AWS's.
pub(super) fn names_nobody(text: &str) -> bool {
    text.is_empty()
        || WORDS.contains(&text)
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
pub(crate) fn is_id(text: &str) -> bool {
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
    // `i-robot` is a name. EC2 makes ids of 17 hexadecimal digits, and made some of 8.
    let is_rest = |rest: &str| {
        matches!(rest.len(), 8 | 17) && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    KINDS
        .iter()
        .any(|kind| text.strip_prefix(kind).is_some_and(is_rest))
}

fn is_number(text: &str) -> bool {
    text.len() < 8 && text.parse::<f64>().is_ok()
}

/// `2026-11-27T13:29:26Z`, in each way in which AWS writes it.
fn is_time(text: &str) -> bool {
    // CloudWatch writes `+0000`.
    let written = match text.split_at_checked(text.len().saturating_sub(5)) {
        Some((time, "+0000")) => format!("{time}Z"),
        _ => text.to_owned(),
    };
    OffsetDateTime::parse(&written, &Rfc3339).is_ok()
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
        // `t3`, `x2iedn`, `u-6tb1`: a name of a few letters, and its generation.
        let rest = family.trim_start_matches(|it: char| it.is_ascii_lowercase());
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_family = (1..=3).contains(&(family.len() - rest.len()))
            && (rest.starts_with(|it: char| it.is_ascii_digit()) || family.starts_with("u-"))
            && rest.bytes().all(is_part);
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
            let is_number = |text: &str| {
                (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
            };
            // A local zone has the airport's three letters after its region.
            let is_middle = match middle {
                [direction] | ["gov" | "iso" | "isob" | "isof", direction] => {
                    DIRECTIONS.contains(direction)
                }
                [direction, number, city] => {
                    let is_city = |byte: u8| byte.is_ascii_lowercase();
                    DIRECTIONS.contains(direction)
                        && is_number(number)
                        && city.len() == 3
                        && city.bytes().all(is_city)
                }
                _ => false,
            };
            area.len() == 2 && is_middle && is_number(digits) && last.len() - digits.len() <= 1
        }
        _ => false,
    }
}

/// `ec2.amazonaws.com`. The name of a host ends in the same way: a bucket, or an address.
pub(super) fn is_service(text: &str) -> bool {
    const SERVICES: [&str; 14] = [
        "autoscaling",
        "backup",
        "cloudformation",
        "cloudtrail",
        "cloudwatch",
        "config",
        "ec2",
        "ecs",
        "eks",
        "elasticloadbalancing",
        "events",
        "lambda",
        "sns",
        "ssm",
    ];
    let name = text.strip_suffix(".amazonaws.com");
    name.is_some_and(|name| SERVICES.contains(&name))
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
            "sg-anna1985",
            "acme.micro",
            "acme.amazonaws.com",
            "eu-acmebank-west-1",
            "us-west-2-acme-1a",
            "ALARM: Acme Bank prod DB (Anna)",
            "none: ask kim@acme.com",
            "4479111234",
            "2026-01-31T12:00:00Z-kim",
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
