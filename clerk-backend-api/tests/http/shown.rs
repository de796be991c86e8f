//! Serialized and printed responses show everything except secrets and private metadata.

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
