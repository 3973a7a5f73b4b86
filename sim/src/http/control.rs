//! `/_sim/`: what a test in another process, the demo, or a person with curl can ask of the simulation
//! and set in it. The same abilities as the methods of [`super::Simulator`].

use super::faults::Fault;
use super::front::Front;
use super::knobs::Controls;
use super::{addresses, alarms};
use crate::Crowd;
use crate::api::{Caller, OtherAddresses};
use crate::lifecycle_hooks::Destination;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

pub(super) const HELP: &str = r#"GET    /_sim/addresses     the addresses as they truly are
GET    /_sim/calls         every call so far, in order; DELETE forgets them
POST   /_sim/events/take   the events that EventBridge would have delivered since the last time
POST   /_sim/advance       {"seconds": 90}
POST   /_sim/faults        {"action": "ec2:AllocateAddress", "fault": "reply-lost", "times": 1}
                           faults: "lost", "reply-lost", "throttled", "silent", {"slow": 500},
                           {"refused": "ExpiredToken"}; DELETE heals
POST   /_sim/callers       {"access_key": "ALICE", "user": "alice"}
                           or "role" and "session" instead of "user"; "account" for a stranger
POST   /_sim/account       {"stacks": [...], "functions": [...], "log_groups": [...], "event_buses": [...], "rules": [...],
                            "queues": [...], "trails": [...]}: what the account has beside EC2; the members are those
                           of the crate's `services::Declared`
POST   /_sim/tables        {"name": "holdfast"}
POST   /_sim/crowd         {"instances": 10000, "interfaces": 20000, "addresses": 5000, "alarms": 10000, "firing": 2500}
                           what others have in the account; answers with the ids of the instances
POST   /_sim/auto-scaling  {"instance_id": "i-...", "group": "web", "lifecycle_state": "Warmed:Running"}
POST   /_sim/lifecycle-hooks {"group": "web", "name": "drain", "timeout_seconds": 300}
POST   /_sim/scale-in      {"instance_id": "i-...", "to_warm_pool": false}
POST   /_sim/health-events {"instance_ids": ["i-..."], "code": "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED", "status": "open"}
POST   /_sim/zonal-shifts  {"zone_id": "us-east-1-az1"}, with "resource" and "shift_type" for one of the account;
                           DELETE ends all
POST   /_sim/other-ips     {"interface": "eni-...", "ipv6": ["2001:db8::100"], "ipv4_prefixes": [],
                            "ipv6_prefixes": []}
POST   /_sim/settings      any of: {"address_quota": 5, "read_lag_seconds": 2, "throttling": true,
                            "allocation_usable_after_seconds": 1, "released_unavailable_for_seconds": 5,
                            "released_taken_after_seconds": 9, "taken_answer": "auth-failure",
                            "released_taken_share": {"per_million": 2500, "seed": 1},
                            "looked_up_after_seconds": 60, "reverse_dns_published_after_seconds": 60,
                            "reverse_dns_lock_lingers_seconds": 0, "instance_starts_after_seconds": 0,
                            "status_checks_pass_after_seconds": 0, "instance_stops_after_seconds": 0,
                            "attach_delay_milliseconds": 500, "detach_delay_milliseconds": 500,
                            "forced_detach_delay_milliseconds": 0, "status_alarm_delay_milliseconds": 0,
                            "ignore_detaches": ["i-..."], "answer_detaches": ["eni-..."],
                            "impair": [{"instance_id": "i-...", "instance": true, "system": false, "volumes": false,
                                        "application": "impaired", "performance": "ok"}],
                            "plan_events": [{"instance_id": "i-...", "code": "instance-retirement", "in_seconds": 3600}],
                            "call_off_events": ["i-..."],
                            "page_items": 2, "describe_alarms_per_second": 9, "unknown_alarm_types": ["LogAlarm"],
                            "images": ["ami-00000000000000001"],
                            "instance_stops_unasked_after_seconds": 0, "instance_terminates_after_seconds": 0,
                            "take_addresses": ["203.0.113.1"],
                            "signing_clock_ahead_seconds": 600,
                            "deny": [{"principal": "*", "action": "ec2:AllocateAddress"}],
                            "allow_all": true,
                            "answers": {"ended_association": "not-found" or "done",
                             "detaching_interface": "detaching" or "in-use",
                             "occupied_target": "bumps-off" or "refuses",
                             "taken_interface": "in-use" or "invalid-parameter-value",
                             "gives_another_address": false, "forced_detach_blocks_slot": false,
                             "refuses_to_detach": false, "forward_records": ["mail.example.com"],
                             "tag_policy": {"key": "team", "allowed_values": ["edge"]}},
                            "delivery": {"late_seconds": 5, "twice": true, "out_of_order": true}}
"#;

pub(super) fn routes() -> Router<Arc<Front>> {
    let help = format!("{HELP}{}", alarms::HELP);
    alarms::routes()
        .route("/_sim/", get(async move || help))
        .route("/_sim/addresses", get(addresses_now))
        .route("/_sim/calls", get(calls).delete(forget_calls))
        .route("/_sim/events/take", post(take_events))
        .route("/_sim/advance", post(advance))
        .route("/_sim/faults", post(inject).delete(heal))
        .route("/_sim/callers", post(introduce))
        .route("/_sim/account", post(declare))
        .route("/_sim/tables", post(create_table))
        .route("/_sim/crowd", post(add_crowd))
        .route("/_sim/auto-scaling", post(put_into_auto_scaling))
        .route("/_sim/lifecycle-hooks", post(put_lifecycle_hook))
        .route("/_sim/scale-in", post(scale_in))
        .route("/_sim/health-events", post(tell_of_health))
        .route("/_sim/zonal-shifts", post(shift_away).delete(end_shifts))
        .route("/_sim/other-ips", post(put_other_ips))
        .route("/_sim/settings", post(set))
}

pub(super) type Told = Result<StatusCode, (StatusCode, String)>;

pub(super) const DONE: Told = Ok(StatusCode::NO_CONTENT);

/// Reads a body whatever its content type says: curl calls everything a form.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(body).map_err(|error| {
        (
            StatusCode::BAD_REQUEST,
            format!("{error}; GET /_sim/ shows what can be sent\n"),
        )
    })
}

async fn addresses_now(State(front): State<Arc<Front>>) -> Response {
    Json(addresses::of(&front.world())).into_response()
}

async fn calls(State(front): State<Arc<Front>>) -> Response {
    Json(&front.state().calls).into_response()
}

async fn forget_calls(State(front): State<Arc<Front>>) -> StatusCode {
    front.state().calls.clear();
    StatusCode::NO_CONTENT
}

async fn take_events(State(front): State<Arc<Front>>) -> Response {
    Json(front.world().take_events()).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u64,
}

async fn advance(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    let Advance { seconds } = read(&body)?;
    front.advance(Duration::from_secs(seconds));
    DONE
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inject {
    action: String,
    fault: Fault,
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

async fn inject(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    let Inject {
        action,
        fault,
        times,
    } = read(&body)?;
    front.state().faults.order(&action, fault, times);
    DONE
}

async fn heal(State(front): State<Arc<Front>>) -> StatusCode {
    front.state().faults.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Introduce {
    User {
        access_key: String,
        user: String,
        account: Option<String>,
    },
    Role {
        access_key: String,
        role: String,
        session: String,
        account: Option<String>,
    },
}

async fn introduce(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    let own = front.world().account().to_owned();
    let (access_key, caller) = match read(&body)? {
        Introduce::User {
            access_key,
            user,
            account,
        } => (
            access_key,
            Caller::user(account.as_ref().unwrap_or(&own), &user),
        ),
        Introduce::Role {
            access_key,
            role,
            session,
            account,
        } => (
            access_key,
            Caller::role(account.as_ref().unwrap_or(&own), &role, &session),
        ),
    };
    front.state().callers.introduce(&access_key, caller);
    DONE
}

async fn declare(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    front.declare(read(&body)?);
    DONE
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateTable {
    name: String,
}

async fn create_table(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    let CreateTable { name } = read(&body)?;
    let created = front.dynamodb.create_table(&name).await;
    created
        .map(|()| StatusCode::NO_CONTENT)
        .map_err(|error| (StatusCode::CONFLICT, error.to_string()))
}

async fn add_crowd(
    State(front): State<Arc<Front>>,
    body: Bytes,
) -> Result<Response, (StatusCode, String)> {
    let crowd: Crowd = read(&body)?;
    let added = front.world().add_crowd(crowd);
    let instances = added.map_err(|refusal| (StatusCode::CONFLICT, refusal.message))?;
    Ok(Json(instances).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfAutoScaling {
    instance_id: String,
    group: String,
    lifecycle_state: String,
}

async fn put_into_auto_scaling(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    let it: OfAutoScaling = read(&body)?;
    let mut world = front.world();
    world.put_into_auto_scaling(&it.instance_id, &it.group, &it.lifecycle_state);
    DONE
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hook {
    group: String,
    name: String,
    timeout_seconds: u32,
}

async fn put_lifecycle_hook(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    let hook: Hook = read(&body)?;
    let timeout = time::Duration::seconds(hook.timeout_seconds.into());
    let mut world = front.world();
    world.put_lifecycle_hook(&hook.group, &hook.name, timeout);
    DONE
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScaleIn {
    instance_id: String,
    #[serde(default)]
    to_warm_pool: bool,
}

async fn scale_in(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    let it: ScaleIn = read(&body)?;
    let to = if it.to_warm_pool {
        Destination::WarmPool
    } else {
        Destination::Ec2
    };
    front.world().scale_in(&it.instance_id, to);
    DONE
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HealthEvent {
    instance_ids: Vec<String>,
    code: String,
    status: String,
}

async fn tell_of_health(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    let event: HealthEvent = read(&body)?;
    let ids: Vec<&str> = event.instance_ids.iter().map(String::as_str).collect();
    let mut world = front.world();
    world.tell_of_health(&ids, &event.code, &event.status);
    DONE
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shift {
    zone_id: String,
    resource: Option<String>,
    #[serde(default, rename = "shift_type")]
    kind: String,
}

async fn shift_away(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    let shift: Shift = read(&body)?;
    let mut world = front.world();
    world.shift_away(&shift.zone_id, shift.resource.as_deref(), &shift.kind);
    DONE
}

async fn end_shifts(State(front): State<Arc<Front>>) -> StatusCode {
    front.world().end_shifts();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherIps {
    interface: String,
    #[serde(default)]
    ipv6: Vec<String>,
    #[serde(default)]
    ipv4_prefixes: Vec<String>,
    #[serde(default)]
    ipv6_prefixes: Vec<String>,
}

async fn put_other_ips(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    let put: OtherIps = read(&body)?;
    let addresses = OtherAddresses {
        ipv6_addresses: put.ipv6,
        ipv4_prefixes: put.ipv4_prefixes,
        ipv6_prefixes: put.ipv6_prefixes,
    };
    let mut world = front.world();
    world.put_other_addresses(&put.interface, addresses);
    DONE
}

async fn set(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    read::<Controls>(&body)?.turn(&front);
    DONE
}
