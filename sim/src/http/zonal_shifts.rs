//! The Application Recovery Controller's lists of shifts, by REST and JSON. Source: ARC zonal shift API reference.

use super::json;
use super::server::Reply;
use crate::World;
use crate::api::Caller;
use crate::zonal_shifts::ZonalShift;
use serde_json::{Value, json};

/// The action behind a path.
pub(super) fn action(path: &str) -> Option<&'static str> {
    match path {
        "/autoshifts" => Some("ListAutoshifts"),
        "/zonalshifts" => Some("ListZonalShifts"),
        _ => None,
    }
}

/// One call. Both lists have one page.
pub(super) fn call(world: &World, caller: &Caller, action: &str) -> Reply {
    match world.list_shifts(caller, action) {
        Ok(shifts) => {
            let at = world.now().unix_timestamp();
            let items: Vec<Value> = shifts.iter().map(|shift| told(shift, at)).collect();
            json::reply(200, &json!({ "items": items }), None)
        }
        Err(refusal) => {
            let code = "AccessDeniedException";
            let said = json!({ "__type": code, "message": refusal.message });
            let mut refused = json::reply(403, &said, Some(code.to_owned()));
            // By REST the code stands in a header. Source: Smithy, `restJson1`, "Operation error serialization".
            refused.headers.push(("x-amzn-errortype", code.to_owned()));
            refused
        }
    }
}

fn told(shift: &ZonalShift, at: i64) -> Value {
    let ZonalShift {
        away_from,
        resource,
        shift_type,
    } = shift;
    match resource {
        None => json!({ "awayFrom": away_from, "startTime": at, "status": "ACTIVE" }),
        Some(resource) => json!({
            "zonalShiftId": "00000000-0000-4000-8000-000000000001",
            "resourceIdentifier": resource,
            "awayFrom": away_from,
            "expiryTime": at + 3600,
            "startTime": at,
            "status": "ACTIVE",
            "comment": "as ordered",
            "shiftType": shift_type,
        }),
    }
}
