//! The events that only browsers cause.

use std::collections::BTreeSet;

use clerk_emulator::{Emulator, OrganizationSeed, SettingsSeed, UserSeed};
use clerk_tests::document::WebhookDocument;
use http::Method;
use serde_json::json;

use super::browser::{Browser, Judge};
use crate::caller::Caller;
use crate::report;
use crate::webhooks::{Receiver, SECRET};

/// Events of what people do in browsers, which the operations of the Backend API do not cause.
pub(crate) const BY_BROWSERS: &[&str] = &[
    "organizationInvitation.accepted",
    "session.ended",
    "session.pending",
    "sms.created",
];

#[tokio::test]
async fn what_people_do_in_browsers_causes_events_as_the_document_promises() {
    let receiver = Receiver::start().await;
    let emulator = Emulator::builder()
        .webhook(receiver.url(), SECRET)
        .settings(SettingsSeed::new().force_organization_selection(true))
        .user(UserSeed::new("ada@example.com").password("analytical-engine"))
        .user(
            UserSeed::new("grace@example.com")
                .password("nanoseconds-matter")
                .phone_number("+4915112345678"),
        )
        .organization(OrganizationSeed::new("Acme", "acme").member("ada@example.com", "org:admin"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let judge = Judge::default();

    let mut grace = Browser::new(&emulator, &judge).await;
    let form = [("identifier", "+4915112345678"), ("strategy", "phone_code")];
    grace
        .post("/v1/client/sign_ins", &[], &form)
        .await
        .response();
    let session = grace
        .sign_in("grace@example.com", "nanoseconds-matter")
        .await;
    let body = json!({ "email_address": "grace@example.com", "role": "org:member" });
    let path = "/organizations/acme/invitations";
    let invitation = caller.call(Method::POST, path, Some(&body)).await.body;
    let invitation = invitation["id"].as_str().unwrap();
    let accept = "/v1/me/organization_invitations/{invitation_id}/accept";
    grace.post(accept, &[invitation], &[]).await.response();
    let end = "/v1/client/sessions/{session_id}/end";
    grace.post(end, &[&session], &[]).await.response();
    emulator.settle().await;
    check(&receiver, BY_BROWSERS);
}

/// Checks that the receiver got these events, and that the document allows everything that it got.
pub(super) fn check(receiver: &Receiver, events: &[&str]) {
    let payloads = receiver.payloads();
    let seen: BTreeSet<_> = payloads
        .iter()
        .map(|payload| payload["type"].as_str().unwrap())
        .collect();
    for event in events {
        assert!(seen.contains(event), "{event}: {seen:?}");
    }
    let Some(document) = WebhookDocument::beside_workspace().unwrap() else {
        report(
            "!!! SKIPPED: webhooks of browsers against their document (not found next to the workspace)",
        );
        return;
    };
    for payload in &payloads {
        assert_eq!(
            document.complaints(payload),
            Vec::<String>::new(),
            "{payload}"
        );
    }
}
