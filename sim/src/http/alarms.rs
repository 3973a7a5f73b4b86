//! `/_sim/alarms`: what a test in another process can do with the alarms of the world.

use super::control::{DONE, Told, read};
use super::front::Front;
use crate::World;
use crate::alarms::{Alarm, AlarmAction, AlarmState, Metric, Query, Watched};
use crate::api::Tag;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const HELP: &str = r#"POST   /_sim/alarms        {"name": "sick", "metric": {"namespace": "AWS/EC2",
                            "name": "StatusCheckFailed", "dimensions": {"InstanceId": "i-..."}}}
                           or "queries": [{"metric": {...}}, {"expression": "m1 + m2"}], or
                           "rule": "ALARM(sick) OR ALARM(silent)", or "logs": "fields @message",
                           instead of "metric"
                           and any of: "tags": {"holdfast:group": "web"}, "actions": ["lambda", "sns"]
POST   /_sim/alarms/set    {"name": "sick", "state": "ALARM"}; for one time series of a Metrics Insights
                           or log alarm: "contributor": {"InstanceId": "i-..."}
                           or "suppressed_by": "WaitPeriod", or "unsuppressed": true
POST   /_sim/alarms/take   what the actions of alarms were called with since the last time
"#;

pub(super) fn routes() -> Router<Arc<Front>> {
    Router::new()
        .route("/_sim/alarms", post(put))
        .route("/_sim/alarms/set", post(set))
        .route("/_sim/alarms/take", post(take))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    name: String,
    metric: Option<Measured>,
    queries: Option<Vec<Asked>>,
    rule: Option<String>,
    logs: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    actions: Vec<Action>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    namespace: String,
    name: String,
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asked {
    Metric(Measured),
    Expression(String),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Lambda,
    Sns,
}

impl From<Measured> for Metric {
    fn from(measured: Measured) -> Self {
        Self {
            namespace: measured.namespace,
            name: measured.name,
            dimensions: measured.dimensions,
        }
    }
}

impl Put {
    fn alarm(self) -> Result<Alarm, String> {
        let watched = match (self.metric, self.queries, self.rule, self.logs) {
            (Some(metric), None, None, None) => Watched::Metric(metric.into()),
            (None, Some(queries), None, None) => Watched::Queries(
                queries
                    .into_iter()
                    .map(|query| match query {
                        Asked::Metric(metric) => Query::Metric(metric.into()),
                        Asked::Expression(expression) => Query::Expression(expression),
                    })
                    .collect(),
            ),
            (None, None, Some(rule), None) => Watched::Rule(rule),
            (None, None, None, Some(query)) => Watched::Logs(query),
            _ => return Err("an alarm has one of metric, queries, rule and logs\n".to_owned()),
        };
        let mut alarm = Alarm::new(&self.name, watched);
        alarm.tags_propagate = !self.tags.is_empty();
        alarm.tags = self
            .tags
            .iter()
            .map(|(key, it)| Tag::new(key, it))
            .collect();
        alarm.actions = self
            .actions
            .iter()
            .map(|action| match action {
                Action::Lambda => AlarmAction::Lambda,
                Action::Sns => AlarmAction::Sns,
            })
            .collect();
        Ok(alarm)
    }
}

async fn put(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    let alarm = read::<Put>(&body)?.alarm();
    let alarm = alarm.map_err(|why| (StatusCode::BAD_REQUEST, why))?;
    let refused = |error| (StatusCode::BAD_REQUEST, format!("{error}\n"));
    front.world().put_alarm(alarm).map_err(refused)?;
    DONE
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    name: String,
    state: Option<String>,
    #[serde(default)]
    contributor: BTreeMap<String, String>,
    suppressed_by: Option<String>,
    #[serde(default)]
    unsuppressed: bool,
}

impl Set {
    fn carry_out(self, world: &mut World) -> Result<(), String> {
        if self.unsuppressed || self.suppressed_by.is_some() {
            world.suppress_alarm(&self.name, self.suppressed_by.as_deref());
        }
        let Some(state) = self.state else {
            return Ok(());
        };
        let state =
            AlarmState::named(&state).ok_or("a state is OK, ALARM or INSUFFICIENT_DATA\n")?;
        let attributes: Vec<(&str, &str)> = self
            .contributor
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        if attributes.is_empty() {
            world.set_alarm(&self.name, state);
        } else {
            world.set_contributor(&self.name, &attributes, state);
        }
        Ok(())
    }
}

async fn set(State(front): State<Arc<Front>>, body: Bytes) -> Told {
    let carried_out = read::<Set>(&body)?.carry_out(&mut front.world());
    carried_out.map_err(|why| (StatusCode::BAD_REQUEST, why))?;
    DONE
}

async fn take(State(front): State<Arc<Front>>) -> Response {
    Json(front.world().take_alarm_actions()).into_response()
}
