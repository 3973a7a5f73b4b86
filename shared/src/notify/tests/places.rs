//! What is told where, and in which form.

use super::*;

#[test]
fn every_outcome_can_be_told_or_not_and_has_a_standing() {
    let mut words: Vec<String> = Outcome::GRAVEST_FIRST.map(Outcome::word).into();
    words.sort();
    let mut settings = OUTCOMES.map(str::to_owned).to_vec();
    settings.sort();
    assert_eq!(words, settings);
    assert_eq!(standing("failed"), Standing::Lasting);
    assert_eq!(standing("refreshed"), Standing::Well);
    assert_eq!(standing("failed-over"), Standing::Act);
}

#[tokio::test]
async fn each_place_tells_what_it_is_set_to_tell() {
    let bed = Bed::with(&[("HOLDFAST_CHAT_OUTCOMES", "lost")]);
    bed.tell(
        "a",
        &reported("r1", &[matter("release eipalloc-1", "pending")]),
    )
    .await
    .unwrap();
    bed.tell(
        "b",
        &reported("r2", &[matter("release eipalloc-2", "lost")]),
    )
    .await
    .unwrap();
    bed.tell(
        "c",
        &reported("r3", &[matter("instance i-1", "associated")]),
    )
    .await
    .unwrap();
    assert_eq!((bed.mails().len(), bed.bodies("chat").len()), (2, 1));
}

/// M6: anything else than this form is dropped in silence.
/// Source: Amazon Q Developer in chat applications administrator guide, "Custom notifications", event schema.
#[tokio::test]
async fn m6_a_chat_gets_the_form_that_it_accepts_whatever_the_tags_hold() {
    let bed = Bed::new();
    let mut report = report_of("release-guard", &[matter("release <!channel> `x`", "lost")]);
    report["text"] = json!("<!channel> ```\n".repeat(3_000));
    let event = result("Success", "r1", &json!({}), &report);
    bed.tell("a", &event).await.unwrap();
    let body = bed.bodies("chat").remove(0);
    let told: Value = serde_json::from_str(&body).unwrap();
    let keys =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(&told), ["content", "metadata", "source", "version"]);
    assert_eq!(
        (&told["version"], &told["source"]),
        (&json!("1.0"), &json!("custom"))
    );
    let content = &told["content"];
    assert_eq!(
        keys(content),
        ["description", "nextSteps", "textType", "title"]
    );
    assert_eq!(content["textType"], "client-markdown");
    let description = content["description"].as_str().unwrap();
    assert!(description.chars().count() <= 3_000);
    assert!(description.starts_with("```\n") && description.ends_with("\n```"));
    let inside = &description[4..description.len() - 4];
    assert!(!inside.contains(['<', '>', '`']), "{inside}");
    assert!(content["title"].as_str().unwrap().chars().count() < 100);
    for step in content["nextSteps"].as_array().unwrap() {
        assert!(step.as_str().unwrap().chars().count() <= 250);
    }
    let metadata = &told["metadata"];
    assert_eq!(
        keys(metadata),
        ["additionalContext", "eventType", "summary", "threadId"]
    );
    for key in ["eventType", "summary", "threadId"] {
        assert!(metadata[key].is_string(), "{key}");
    }
    assert!(metadata["additionalContext"]["function"].is_string());
}

#[tokio::test]
async fn a_test_message_goes_to_each_place_on_demand_as_often_as_it_is_asked_for() {
    let bed = Bed::new();
    for _ in 0..2 {
        let told = bed
            .tell("a", &json!({ "holdfast": "test-notification" }))
            .await
            .unwrap();
        assert_eq!(told.told.len(), 2);
    }
    assert_eq!(
        bed.mails(),
        ["Holdfast: this is a test message (eu-west-1)"; 2]
    );
    let wrong = bed
        .tell("a", &json!({ "holdfast": "test" }))
        .await
        .unwrap_err();
    assert_eq!(wrong.name(), "Holdfast.EventUnreadable");
}

#[tokio::test]
async fn a_place_that_does_not_take_a_test_message_keeps_it_from_no_other_one() {
    let bed = Bed::new();
    bed.topics.refused.lock().unwrap().push("mail");
    let asked = json!({ "holdfast": "test-notification" });
    let error = bed.tell("a", &asked).await.unwrap_err();
    assert_eq!(error.name(), "Holdfast.NotTold");
    let told = error.to_string();
    assert!(told.contains("not sent to mail; it went to chat"), "{told}");
    assert_eq!((bed.bodies("mail").len(), bed.bodies("chat").len()), (0, 1));
}

#[tokio::test]
async fn a_command_of_another_function_is_named_with_that_function() {
    let asked = json!({ "holdfast": "plan", "group": "web" });
    let error = Bed::new().tell("a", &asked).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("a command of alarm-failover"), "{told}");
}

#[tokio::test]
async fn a_sweep_tells_what_is_new_and_not_what_it_told_before() {
    let bed = Bed::new();
    let pending = matter("release eipalloc-1", "pending");
    bed.tell("a", &reported("r1", std::slice::from_ref(&pending)))
        .await
        .unwrap();
    let both = [pending, matter("release eipalloc-2", "reclaimed")];
    bed.tell("b", &reported("r2", &both)).await.unwrap();
    assert_eq!(
        bed.mails()[1],
        "Holdfast: release eipalloc-2 is reclaimed (eu-west-1)"
    );
}
