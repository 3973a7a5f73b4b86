//! What AWS Health tells of EC2 instances: a retirement, a stop, a host that fails. It is a sign to look, and nothing
//! is decided on it: what is planned for an instance, EC2 itself tells.
//!
//! Source: AWS Health user guide, "Reference: AWS Health events Amazon EventBridge schema". AWS publishes no complete
//! list of event types, so a code is a word to be shown, and none of them is left out.

use super::envelope::{self, Unread};
use super::error::EventError;
use super::serialisation::read;
use super::trigger::{HealthEvent, Ignored, Trigger};
use crate::model::ids::InstanceId;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use serde::Deserialize;
use serde_json::Value;

/// The service as AWS Health calls it.
const EC2: &str = "EC2";

/// The status of an event that is over.
const CLOSED: &str = "closed";

/// The category of what changes no instance: a bill, a quota, a new feature.
const NOTIFICATION: &str = "accountNotification";

/// One event, or one page of it. Each page is an event of its own, with its own instances. AWS Health sends an event
/// to a second region as well, so the region that it is about is in its detail.
pub(super) fn parse(event: &Value) -> Result<Trigger, EventError> {
    let envelope: EventBridgeEvent<Unread> = envelope::read(event, &["region"])?;
    let detail: Detail = read(event.get("detail"), "detail")?;
    let code = detail.event_type_code.unwrap_or_else(|| "an event".into());
    let ignore = |why: String| {
        let what = format!("{code} of AWS Health");
        Ok(Trigger::Ignored(Ignored { what, why }))
    };
    if let Some(service) = detail.service.filter(|service| service != EC2) {
        return ignore(format!("it is about {service}, not about instances"));
    }
    if detail.status_code.as_deref() == Some(CLOSED) {
        return ignore("it is closed".to_owned());
    }
    if detail.event_type_category.as_deref() == Some(NOTIFICATION) {
        return ignore("it is a notification, and changes no instance".to_owned());
    }
    let entities = detail.affected_entities.unwrap_or_default().into_iter();
    let entities = entities.filter_map(|entity| entity?.entity_value);
    let resources = event.get("resources").and_then(Value::as_array);
    let resources = resources.into_iter().flatten().filter_map(Value::as_str);
    let named = entities.chain(resources.map(str::to_owned));
    let instances = named.filter_map(|entity| instance(&entity)).collect();
    let told = HealthEvent {
        instances,
        region: detail.event_region.or(envelope.region),
        code: code.clone(),
    };
    if told.instances.is_empty() {
        return ignore("it names no instance".to_owned());
    }
    Ok(Trigger::HealthEvent(told))
}

/// The instance that an entity is: its id, or its ARN. Whatever else is affected is not of interest.
fn instance(entity: &str) -> Option<InstanceId> {
    let id = entity.rsplit_once(":instance/").map_or(entity, |it| it.1);
    id.parse().ok()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    service: Option<String>,
    event_type_code: Option<String>,
    event_type_category: Option<String>,
    status_code: Option<String>,
    event_region: Option<String>,
    affected_entities: Option<Vec<Option<Entity>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entity {
    entity_value: Option<String>,
}
