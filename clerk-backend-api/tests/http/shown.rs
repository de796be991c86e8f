//! Serialized and printed responses show everything except secrets and private metadata.

use clerk_backend_api::resources::{
    billing::{BillingPlan, BillingStatement, BillingSubscription},
    clients::Client,
    directories::Directory,
    email_addresses::EmailAddress,
    enterprise_connections::EnterpriseConnection,
    organization_roles::Role,
    phone_numbers::PhoneNumber,
    role_sets::RoleSet,
    saml_connections::SamlConnection,
    sign_ups::SignUp,
    testing_tokens::TestingToken,
};
use clerk_backend_api::{Organization, OrganizationMembership, Session, User, from_json};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    client,
    server::{Server, json as answer},
};

const PLANTED: &str = "planted";

async fn server(body: &Value) -> Server {
    Server::start([answer(200, &body.to_string())]).await
}

#[tokio::test]
async fn a_user_is_serialized_as_on_the_wire_without_private_metadata() {
    let body = json!({
        "id": "user_1",
        "first_name": "Ada",
        "created_at": 1_654_012_591_514_i64,
        "public_metadata": { "plan": "pro" },
        "private_metadata": { "customer": PLANTED },
        "organization_memberships": [{
            "id": "orgmem_1",
            "private_metadata": { "note": PLANTED },
            "organization": { "id": "org_1", "private_metadata": { "note": PLANTED } },
        }],
        "email_addresses": [{
            "id": "idn_1",
            "email_address": "ada@example.com",
            "verification": { "status": "verified", "strategy": "of_tomorrow" },
        }],
    });
    let server = server(&body).await;
    let user = client(&server).users().get("user_1").send().await.unwrap();
    // A handler may read it.
    assert_eq!(
        user.private_metadata
            .get::<String>("customer")
            .unwrap()
            .as_deref(),
        Some(PLANTED)
    );

    let shown = serde_json::to_value(&user).unwrap();
    assert!(!shown.to_string().contains(PLANTED), "{shown:#}");
    assert_eq!(shown["id"], "user_1");
    assert_eq!(shown["created_at"], 1_654_012_591_514_i64);
    assert_eq!(shown["public_metadata"], json!({ "plan": "pro" }));
    assert_eq!(shown["username"], Value::Null);
    assert_eq!(
        shown["email_addresses"][0]["verification"]["strategy"],
        "of_tomorrow"
    );
    assert_eq!(
        shown["organization_memberships"][0]["organization"]["id"],
        "org_1"
    );
}

#[tokio::test]
async fn secrets_are_neither_serialized_nor_printed() {
    let key = json!({ "id": "ak_1", "subject": "user_1", "revoked": false, "expired": false, "secret": PLANTED });
    let server = server(&key).await;
    let key = client(&server)
        .api_keys()
        .create("ci", "user_1")
        .send()
        .await
        .unwrap();
    assert_eq!(key.secret.as_ref().unwrap().expose_secret(), PLANTED);
    let shown = serde_json::to_string(&key).unwrap();
    assert!(
        !shown.contains(PLANTED) && shown.contains("ak_1"),
        "{shown}"
    );
    assert!(!format!("{key:?}").contains(PLANTED));

    let answers = [
        json!({ "jwt": PLANTED }),
        json!({ "id": "sit_1", "token": PLANTED, "url": format!("https://example.com/?ticket={PLANTED}") }),
        json!({ "id": "oa_1", "client_secret": PLANTED }),
        json!({ "id": "mch_1", "secret_key": PLANTED }),
        json!({ "token": PLANTED, "expires_at": 1_716_883_200 }),
        json!({ "svix_url": format!("https://example.com/#{PLANTED}") }),
    ];
    let server = Server::start(answers.map(|body| answer(200, &body.to_string()))).await;
    let client = client(&server);
    let printed = [
        format!(
            "{:?}",
            client
                .sessions()
                .create_token("sess_1")
                .send()
                .await
                .unwrap()
        ),
        format!(
            "{:?}",
            client
                .sign_in_tokens()
                .create("user_1")
                .send()
                .await
                .unwrap()
        ),
        format!(
            "{:?}",
            client
                .oauth_applications()
                .rotate_secret("oa_1")
                .send()
                .await
                .unwrap()
        ),
        format!("{:?}", client.machines().create("m").send().await.unwrap()),
        format!(
            "{:?}",
            client.testing_tokens().create().send().await.unwrap()
        ),
        format!(
            "{:?}",
            client.webhooks().create_svix_url().send().await.unwrap()
        ),
    ];
    for text in printed {
        assert!(!text.contains(PLANTED), "{text}");
    }
}

/// The API sends the expiration of testing tokens in seconds, and all other times in milliseconds. (The document has no
/// unit here, and an example in seconds.)
#[test]
fn times_are_written_in_the_unit_that_they_are_read_in() {
    let token = json!({ "token": PLANTED, "expires_at": 1_713_880_800 });
    let token: TestingToken = from_json(token.to_string().as_bytes()).unwrap();
    assert_eq!(token.expires_at.to_string(), "2024-04-23T14:00:00.000Z");
    let written = serde_json::to_value(&token).unwrap();
    assert_eq!(written, json!({ "expires_at": 1_713_880_800 }));

    let session = json!({ "id": "sess_1", "user_id": "user_1", "status": "active", "expire_at": 1_713_880_800_123_i64 });
    let session: Session = from_json(session.to_string().as_bytes()).unwrap();
    assert_eq!(session.expire_at.to_string(), "2024-04-23T14:00:00.123Z");
    let written = serde_json::to_value(&session).unwrap();
    assert_eq!(written["expire_at"], 1_713_880_800_123_i64);
}

/// Applications keep objects in caches of their own.
#[test]
fn what_was_read_can_be_written_and_read_again() {
    macro_rules! check {
        ($($model:ty),+) => { $(read_again::<$model>();)+ };
    }
    check!(
        BillingPlan,
        BillingStatement,
        BillingSubscription,
        Client,
        Directory,
        EmailAddress,
        EnterpriseConnection,
        Organization,
        OrganizationMembership,
        PhoneNumber,
        Role,
        RoleSet,
        SamlConnection,
        Session,
        SignUp,
        User
    );
}

/// Reads an object with nothing but the keys that it must have, and with lists of objects that have no keys of theirs.
fn read_again<T: DeserializeOwned + Serialize>() {
    let name = std::any::type_name::<T>();
    let mut object = json!({ "object": "x" });
    let read = |object: &Value| from_json::<T>(object.to_string().as_bytes());
    let least = loop {
        match read(&object) {
            Ok(least) => break least,
            Err(error) => {
                let text = error.to_string();
                let key = text.split('`').nth(1);
                let key = key.unwrap_or_else(|| panic!("{name}: {text}"));
                assert_ne!(object.get(key), Some(&json!(true)), "{name}: {text}");
                let is_text = object.get(key).is_none();
                object[key] = if is_text { json!("x") } else { json!(true) };
            }
        }
    };
    let written = serde_json::to_value(&least).unwrap();
    for (key, _) in written
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, value)| **value == json!([]))
    {
        let mut with_entry = object.clone();
        with_entry[key] = json!([{ "object": "x" }]);
        if read(&with_entry).is_ok() {
            object = with_entry;
        }
    }
    let first = read(&object).unwrap();
    let written = serde_json::to_value(&first).unwrap();
    let again = read(&written).unwrap_or_else(|error| panic!("{name}: {error} in {written}"));
    assert_eq!(serde_json::to_value(&again).unwrap(), written, "{name}");
}
