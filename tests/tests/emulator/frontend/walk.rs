//! Every emulated operation of the Frontend API, called in a story whose responses are validated against the document.

use std::collections::BTreeSet;

use clerk_emulator::{Emulator, OrganizationSeed, SettingsSeed, UserSeed};
use http::Method;

use super::browser::{Browser, Judge, Walked};
use super::{
    billing, devices, enterprise, oauth, organizations, profile, sign_in, sign_up, wallets,
};
use crate::report;

/// An instance with a few users, one of whom administers an organization.
pub(super) async fn emulator() -> Emulator {
    started(SettingsSeed::new()).await
}

/// The same instance with other settings.
pub(super) async fn started(settings: SettingsSeed) -> Emulator {
    Emulator::builder()
        .user(
            UserSeed::new("ada@example.com")
                .first_name("Ada")
                .last_name("Lovelace")
                .phone_number("+15555550100")
                .username("countess")
                .password("analytical-engine"),
        )
        .user(UserSeed::new("grace@example.com").password("nanoseconds-matter"))
        .organization(OrganizationSeed::new("Acme", "acme").member("ada@example.com", "org:admin"))
        .settings(settings)
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn every_emulated_operation_answers_as_the_document_promises() {
    let judge = Judge::beside_workspace();
    sign_in::boot(&judge).await;
    sign_in::passwords(&judge).await;
    sign_in::codes(&judge).await;
    sign_in::links(&judge).await;
    sign_in::second_factors(&judge).await;
    sign_in::new_password(&judge).await;
    sign_in::tickets(&judge).await;
    sign_in::providers(&judge).await;
    sign_in::reverification(&judge).await;
    sign_up::codes(&judge).await;
    sign_up::invitation(&judge).await;
    sign_up::provider(&judge).await;
    profile::account(&judge).await;
    profile::identifiers(&judge).await;
    profile::factors(&judge).await;
    profile::passkeys(&judge).await;
    profile::devices(&judge).await;
    profile::connections(&judge).await;
    organizations::members(&judge).await;
    organizations::domains(&judge).await;
    organizations::suggestions(&judge).await;
    profile::api_keys(&judge).await;
    wallets::signatures(&judge).await;
    billing::payers(&judge).await;
    enterprise::sign_in(&judge).await;
    enterprise::sign_up(&judge).await;
    enterprise::custom_attributes(&judge).await;
    enterprise::added_addresses(&judge).await;
    enterprise::initiated_by_the_company(&judge).await;
    enterprise::management(&judge).await;
    devices::trusted(&judge).await;
    oauth::code_and_tokens(&judge).await;
    oauth::registration(&judge).await;
    oauth::agents_and_satellites(&judge).await;
    judge.verdict();

    let Some(Walked {
        operations,
        walked,
        answers,
    }) = judge.walked()
    else {
        return;
    };
    let emulated = probe(&operations).await;
    report(&format!(
        "emulator: {} of {} operations of the Frontend API are emulated, {answers} responses validated",
        emulated.len(),
        operations.len(),
    ));
    let not_walked: Vec<_> = emulated.difference(&walked).collect();
    let not_emulated: Vec<_> = walked.difference(&emulated).collect();
    assert!(
        not_walked.is_empty(),
        "emulated but not called: {not_walked:?}"
    );
    assert!(
        not_emulated.is_empty(),
        "called but not emulated: {not_emulated:?}"
    );
}

/// Returns the operations with any response other than `not_emulated`.
async fn probe(operations: &[(Method, String)]) -> BTreeSet<String> {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    let mut emulated = BTreeSet::new();
    for (method, template) in operations {
        let arguments = vec!["nobody"; template.matches('{').count()];
        let form = super::browser::Body::Form(&[("unheard_of", "1")]);
        let answer = browser
            .send(method.clone(), template, &arguments, form)
            .await;
        if answer.code() == "not_emulated" {
            assert_eq!(answer.status, 405, "{method} {template}");
        } else {
            emulated.insert(format!("{method} {template}"));
        }
    }
    emulated
}
