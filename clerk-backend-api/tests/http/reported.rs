//! Responses that made other clients of this API fail, according to public bug reports. Each must be readable.
//!
//! The reports are named as `repository#number`. The responses are written from their descriptions.

use std::future::Future;

use clerk_backend_api::{
    ClerkClient, Error, ErrorCode, User, VerificationStatus, VerificationStrategy,
    resources::sessions::SessionStatus,
};
use serde_json::{Value, json};

use crate::{
    client,
    server::{Server, json as answer},
};

/// The result that a call makes of this response.
async fn read<T, F>(body: Value, call: impl FnOnce(ClerkClient) -> F) -> T
where
    F: Future<Output = Result<T, Error>>,
{
    let server = Server::start([answer(200, &body.to_string())]).await;
    match call(client(&server)).await {
        Ok(value) => value,
        Err(error) => panic!("{error}: {error:?}\n{body:#}"),
    }
}

async fn read_user(body: Value) -> User {
    read(body, async |client| {
        client.users().get("user_1").send().await
    })
    .await
}

fn user_with_email_verification(verification: &Value) -> Value {
    json!({
        "id": "user_1",
        "object": "user",
        "email_addresses": [{
            "id": "idn_1",
            "object": "email_address",
            "email_address": "ada@example.com",
            "verification": verification,
            "linked_to": [],
        }],
    })
}

// clerk/clerk-sdk-python#36, #52, #83, #175, #185, #241; clerk/clerk-sdk-csharp#51, #57; clerk/clerk-sdk-java#47;
// DarrenBaldwin07/clerk-rs#13, #22
#[tokio::test]
async fn an_address_may_be_verified_by_any_strategy() {
    for (strategy, known) in [
        ("email_code", VerificationStrategy::EmailCode),
        ("email_link", VerificationStrategy::EmailLink),
        ("admin", VerificationStrategy::Admin),
        ("ticket", VerificationStrategy::Ticket),
        ("saml", VerificationStrategy::Saml),
        ("scim", VerificationStrategy::Scim),
        (
            "from_oauth_linkedin_oidc",
            VerificationStrategy::from("from_oauth_linkedin_oidc"),
        ),
        (
            "of_tomorrow",
            VerificationStrategy::Other("of_tomorrow".to_owned()),
        ),
    ] {
        let user = read_user(user_with_email_verification(&json!({
            "object": format!("verification_{strategy}"),
            "status": "verified",
            "strategy": strategy,
            "attempts": null,
            "expire_at": null,
        })))
        .await;
        let verification = user.email_addresses[0].verification.as_ref().unwrap();
        assert_eq!(verification.strategy, Some(known));
        assert_eq!(verification.strategy.as_ref().unwrap().as_str(), strategy);
        assert!(verification.is_verified());
        assert_eq!(
            (verification.attempts, verification.expire_at),
            (None, None)
        );
    }
}

#[tokio::test]
async fn a_verification_may_lack_anything() {
    // Without `object`, the discriminator that generated clients depend on.
    let user = read_user(user_with_email_verification(
        &json!({ "status": "unverified", "strategy": "email_code" }),
    ))
    .await;
    let verification = user.email_addresses[0].verification.as_ref().unwrap();
    assert_eq!(verification.status, Some(VerificationStatus::Unverified));

    let user = read_user(user_with_email_verification(&json!({}))).await;
    assert!(
        !user.email_addresses[0]
            .verification
            .as_ref()
            .unwrap()
            .is_verified()
    );

    let user = read_user(user_with_email_verification(&Value::Null)).await;
    assert!(user.email_addresses[0].verification.is_none());

    let user = read_user(user_with_email_verification(
        &json!({ "status": "transferable", "strategy": "oauth_github" }),
    ))
    .await;
    let verification = user.email_addresses[0].verification.as_ref().unwrap();
    assert_eq!(verification.status, Some(VerificationStatus::Transferable));
}

// clerk/clerk-sdk-csharp#51, #57, clerk/clerk-sdk-java#47
#[tokio::test]
async fn a_saml_account_may_be_verified_without_a_redirect() {
    let user = read_user(json!({
        "id": "user_1",
        "saml_accounts": [{
            "id": "samlacc_1",
            "object": "saml_account",
            "provider": "saml_okta",
            "active": true,
            "email_address": "ada@example.com",
            "verification": { "object": "verification_saml", "status": "verified", "strategy": "saml",
                              "error": null, "attempts": null },
            "saml_connection": null,
        }],
        "enterprise_accounts": [{
            "id": "entacc_1",
            "object": "enterprise_account",
            "protocol": "scim",
            "provider": "custom",
            "active": true,
            "verification": { "object": "verification_ticket", "status": "verified", "strategy": "ticket" },
            "enterprise_connection": { "id": "entconn_1", "domains": null },
        }],
        "external_accounts": [{
            "object": "facebook_account",
            "id": "eac_1",
            "provider": "oauth_facebook",
            "public_metadata": null,
            "first_name": null,
            "verification": { "status": "failed", "strategy": "oauth_facebook",
                              "error": { "code": "oauth_access_denied", "message": "denied", "long_message": null } },
        }],
    }))
    .await;
    let verification = user.saml_accounts[0].verification.as_ref().unwrap();
    assert_eq!(verification.external_verification_redirect_url, None);
    assert!(verification.is_verified());
    assert!(
        user.enterprise_accounts[0]
            .enterprise_connection
            .as_ref()
            .unwrap()
            .domains
            .is_empty()
    );
    let account = &user.external_accounts[0];
    assert!(account.public_metadata.is_empty());
    let error = account
        .verification
        .as_ref()
        .unwrap()
        .error
        .as_ref()
        .unwrap();
    assert_eq!(error.code, ErrorCode::new("oauth_access_denied"));
}

// clerk/clerk-sdk-python#108, clerk/clerk-sdk-go#420, Meridiona/meridian#868: webhook payloads of the same resources
// have fewer fields than responses.
#[tokio::test]
async fn a_user_as_webhooks_send_it() {
    let user = read_user(json!({
        "id": "user_1",
        "object": "user",
        "birthday": "",
        "gender": "",
        "email_addresses": [{ "id": "idn_1", "email_address": "ada@example.com", "linked_to": [], "object": "email_address",
                              "verification": { "status": "verified", "strategy": "ticket" } }],
        "external_accounts": [],
        "first_name": "Ada",
        "last_name": null,
        "last_sign_in_at": 1_654_012_591_514_i64,
        "phone_numbers": [],
        "primary_email_address_id": "idn_1",
        "private_metadata": {},
        "public_metadata": {},
        "unsafe_metadata": {},
        "username": null,
        "created_at": 1_654_012_591_514_i64,
        "updated_at": 1_654_012_591_835_i64,
    }))
    .await;
    assert_eq!(user.first_name.as_deref(), Some("Ada"));
    assert_eq!(user.created_at.as_millis(), 1_654_012_591_514);
    assert!(user.web3_wallets.is_empty() && user.external_id.is_none());
}

// clerk/clerk-sdk-python#138; clerk/javascript#6016
#[tokio::test]
async fn a_membership_without_permissions_and_public_user_data() {
    let page = read(
        json!({
            "data": [
                { "id": "orgmem_1", "object": "organization_membership", "role": "org:guest", "permissions": null,
                  "public_metadata": null, "organization": { "id": "org_1", "name": "Engines" } },
                { "id": "orgmem_2", "object": "organization_membership", "role": "org:member",
                  "organization": { "id": "org_1", "public_metadata": null }, "public_user_data": null },
            ],
            "total_count": 2,
        }),
        async |client| client.organization_memberships().list("org_1").send().await,
    )
    .await;
    assert_eq!(page.total_count, Some(2));
    let membership = &page.data[0];
    assert!(membership.permissions.is_empty() && membership.public_user_data.is_none());
    assert!(membership.public_metadata.is_empty());
    assert_eq!(membership.organization.name, "Engines");
}

// clerk/clerk-sdk-python#195: the whole plan was lost.
#[tokio::test]
async fn a_plan_with_a_feature_without_avatar() {
    let page = read(
        json!({
            "data": [{
                "object": "commerce_plan", "id": "cplan_1", "name": "Pro", "slug": "pro", "avatar_url": null,
                "fee": null, "annual_fee": null, "description": null,
                "features": [{ "object": "feature", "id": "feat_1", "name": "Exports", "slug": "exports", "avatar_url": null,
                               "description": null }],
            }],
            "total_count": 1,
        }),
        async |client| client.billing().list_plans().send().await,
    )
    .await;
    assert_eq!(page.data[0].features[0].slug, "exports");
    assert_eq!(page.data[0].features[0].avatar_url, None);
}

#[tokio::test]
async fn a_subscription_item_in_both_shapes() {
    let money = json!({ "amount": 1000, "amount_formatted": "10.00", "currency": "USD", "currency_symbol": "$" });
    let new = read(
        json!({ "data": [{
            "object": "commerce_subscription_item", "id": "csub_item_1", "status": "active", "plan_period": "month",
            "plan": { "object": "commerce_plan", "id": "cplan_1", "fee": money },
            "payment_method": { "object": "commerce_payment_method", "id": "cpm_1", "payment_type": "payer-credits" },
            "next_payment": { "amount": money, "date": 1_754_012_591_514_i64 },
            "payer_id": "cpayer_1",
        }] }),
        async |client| client.billing().list_subscription_items().send().await,
    )
    .await;
    let item = &new.data[0];
    assert_eq!(
        item.plan.as_ref().unwrap().fee.as_ref().unwrap().amount,
        1000
    );
    let method = item.payment_method.as_ref().unwrap();
    assert_eq!(method.payment_type.as_str(), "payer-credits");

    let legacy = read(
        json!({
            "object": "commerce_subscription_item", "id": "csub_item_1", "status": "active", "plan_period": "annual",
            "plan": { "object": "commerce_plan", "id": "cplan_1", "amount": 1000, "amount_formatted": "10.00",
                      "annual_amount": 0, "currency": "USD", "currency_symbol": "$", "payer_type": ["user"],
                      "features": [{ "id": "feat_1", "avatar_url": "" }] },
            "payment_source": { "object": "commerce_source", "id": "cps_1", "payment_method": "card", "last4": "4242",
                                "wallet_type": "" },
            "payment_source_id": "cps_1",
            "amount": money,
            "next_invoice": { "amount": money, "date": "" },
        }),
        async |client| client.billing().extend_free_trial("csub_item_1", "2026-12-01T00:00:00Z".parse::<clerk_backend_api::Timestamp>().unwrap()).send().await,
    )
    .await;
    assert_eq!(legacy.plan.as_ref().unwrap().amount, Some(1000));
    assert_eq!(legacy.payment_source.as_ref().unwrap().last4, "4242");
    assert_eq!(legacy.amount.as_ref().unwrap().amount, 1000);
}

// clerk/clerk-sdk-python#148
#[tokio::test]
async fn a_pending_session_with_tasks() {
    for (status, known) in [
        ("pending", SessionStatus::Pending),
        ("active", SessionStatus::Active),
        (
            "of_tomorrow",
            SessionStatus::Other("of_tomorrow".to_owned()),
        ),
    ] {
        let session = read(
            json!({
                "object": "session", "id": "sess_1", "user_id": "user_1", "client_id": "client_1", "actor": null,
                "status": status, "last_active_organization_id": null, "last_active_at": 1_700_690_400_000_i64,
                "latest_activity": null, "tasks": [{ "key": "choose-organization" }, null],
            }),
            async |client| client.sessions().get("sess_1").send().await,
        )
        .await;
        assert_eq!(session.status, known);
        assert_eq!(session.tasks[0].key, "choose-organization");
        assert!(session.actor.is_empty());
    }
}

#[tokio::test]
async fn a_sign_up_whose_verifications_are_null() {
    let sign_up = read(
        json!({
            "object": "sign_up_attempt", "id": "sua_1", "status": "missing_requirements",
            "required_fields": null, "missing_fields": ["email_address"],
            "verifications": { "email_address": null, "phone_number": { "next_action": "", "supported_strategies": null },
                               "web3_wallet": null, "external_account": null },
            "abandon_at": null,
        }),
        async |client| client.sign_ups().get("sua_1").send().await,
    )
    .await;
    assert!(sign_up.verifications.email_address.is_none());
    let phone = sign_up.verifications.phone_number.unwrap();
    assert!(phone.supported_strategies.is_empty());
    assert_eq!(phone.next_action.unwrap().as_str(), "");

    let bare = json!({ "id": "sua_1", "verifications": null });
    let sign_up = read(bare, async |client| {
        client.sign_ups().get("sua_1").send().await
    })
    .await;
    assert!(sign_up.verifications.email_address.is_none());
}

#[tokio::test]
async fn an_api_key_is_read_with_and_without_its_secret() {
    let mut key = json!({
        "object": "api_key", "id": "ak_1", "type": "api_key", "name": "ci", "subject": "user_1", "scopes": null,
        "claims": null, "revoked": false, "revocation_reason": null, "expired": false, "expiration": null,
        "created_by": null, "last_used_at": null, "created_at": 1_716_883_200_000.0, "updated_at": "1716883200000",
    });
    let without = read(key.clone(), async |client| {
        client.api_keys().get("ak_1").send().await
    })
    .await;
    assert!(without.secret.is_none());
    assert_eq!(without.created_at.as_millis(), 1_716_883_200_000);
    assert_eq!(without.updated_at, without.created_at);

    key["secret"] = "ak_secret".into();
    let with = read(key, async |client| {
        client.api_keys().create("ci", "user_1").send().await
    })
    .await;
    assert_eq!(with.secret.as_ref().unwrap().expose_secret(), "ak_secret");
    assert!(!format!("{with:?}").contains("ak_secret"));
}

// A missing `revoked` is not "not revoked": vm0-ai/vm0#23357.
#[tokio::test]
async fn a_verification_that_does_not_decide_is_refused() {
    let key = json!({ "object": "api_key", "id": "ak_1", "subject": "user_1", "revoked": false, "expired": false });
    for strict in ["id", "subject", "revoked", "expired"] {
        for missing in [false, true] {
            let mut key = key.clone();
            key[strict] = Value::Null;
            if missing {
                key.as_object_mut().unwrap().remove(strict);
            }
            let answer = || answer(200, &key.to_string());
            let server = Server::start([answer(), answer(), answer()]).await;
            let client = client(&server);
            let outcomes = [
                client.api_keys().verify("ak_secret").send().await.err(),
                client.m2m_tokens().verify("mt_secret").send().await.err(),
                client.oauth_applications().list().send().await.err(),
            ];
            assert!(
                matches!(outcomes[0], Some(Error::Decode(_))),
                "{key}: {outcomes:?}"
            );
            assert!(
                matches!(outcomes[1], Some(Error::Decode(_))),
                "{key}: {outcomes:?}"
            );
        }
    }
}

#[tokio::test]
async fn m2m_tokens_are_listed_under_a_name_of_their_own() {
    let token = json!({ "object": "machine_to_machine_token", "id": "mt_1", "subject": "mch_1", "scopes": ["mch_2"],
                        "claims": null, "revoked": false, "expired": false });
    let page = read(
        json!({ "m2m_tokens": [token], "total_count": 1 }),
        async |client| client.m2m_tokens().list("mch_1").send().await,
    )
    .await;
    assert_eq!(
        (page.data[0].id.as_str(), page.total_count),
        ("mt_1", Some(1))
    );
}

#[tokio::test]
async fn keys_of_every_type_are_read() {
    let jwks = read(
        json!({ "keys": [
            { "use": "sig", "kty": "RSA", "kid": "ins_1", "alg": "RS256", "n": "AQAB", "e": "AQAB" },
            { "use": "sig", "kty": "EC", "kid": "ins_2", "alg": "ES256", "crv": "P-256", "x": "eA", "y": "eQ", "x5c": null },
            { "use": "sig", "kty": "OKP", "kid": "ins_3", "alg": "EdDSA", "crv": "Ed25519", "x": "eA", "x5t#S256": "aGFzaA" },
            { "kty": "of_tomorrow", "kid": "ins_4", "parameters": {} },
        ] }),
        async |client| client.jwks().get().send().await,
    )
    .await;
    let kinds: Vec<_> = jwks.keys.iter().map(|key| key.kty.as_str()).collect();
    assert_eq!(kinds, ["RSA", "EC", "OKP", "of_tomorrow"]);
    assert_eq!(jwks.keys[1].y.as_deref(), Some("eQ"));
    assert_eq!(jwks.keys[2].x5t_s256.as_deref(), Some("aGFzaA"));
}
