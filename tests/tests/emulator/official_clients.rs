//! What official clients call or read, and the document does not say.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_emulator::{Emulator, OrganizationSeed, UserSeed};
use http::Method;
use serde_json::{Value, json};

use crate::caller::{Answer, Caller};

async fn emulator() -> (Emulator, Caller) {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com").first_name("Ada"))
        .organization(OrganizationSeed::new("Acme", "acme").member("ada@example.com", "org:admin"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    (emulator, caller)
}

impl Caller {
    async fn make(&self, path: &str, body: Value) -> Value {
        let answer = self.call(Method::POST, path, Some(&body)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        answer.body
    }

    async fn status(&self, method: Method, path: &str, body: Value) -> (u16, String) {
        let answer: Answer = self.call(method, path, Some(&body)).await;
        (answer.status.as_u16(), answer.code().to_owned())
    }
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn emails_are_sent_once_and_each_for_itself() {
    let (emulator, caller) = emulator().await;
    let ada = emulator.user_id("ada@example.com").unwrap();
    let message = |to: Value, subject: &str, key: &str| {
        json!({
            "from": { "address": "hello@acme.example" },
            "to": to,
            "subject": subject,
            "text": "Hello",
            "idempotency_key": key,
        })
    };
    let to_ada = json!({ "user_id": ada });
    let first = caller
        .make("/email", message(to_ada.clone(), "Hi", "a"))
        .await;
    assert_eq!(
        (&first["to_email_address"], &first["from_email_name"]),
        (&json!("ada@example.com"), &json!("hello"))
    );
    let again = caller
        .make("/email", message(to_ada.clone(), "Hi", "a"))
        .await;
    assert_eq!(again["id"], first["id"]);
    let path = format!("/email/{}", first["id"].as_str().unwrap());
    assert_eq!(caller.call(Method::GET, &path, None).await.body, first);
    assert_eq!(emulator.inbox("ada@example.com").len(), 1);
    for (body, refusal) in [
        (
            message(to_ada.clone(), "Other", "a"),
            (409, "idempotency_key_reused"),
        ),
        (
            message(to_ada.clone(), "Hi", "a b"),
            (422, "form_param_format_invalid"),
        ),
        (
            message(json!({ "user_id": "user_0" }), "Hi", "b"),
            (404, "resource_not_found"),
        ),
        (
            message(json!({ "address": "nobody" }), "Hi", "c"),
            (422, "form_param_format_invalid"),
        ),
        (json!({ "subject": "Hi" }), (422, "form_param_missing")),
    ] {
        let (status, code) = caller.status(Method::POST, "/email", body.clone()).await;
        assert_eq!((status, code.as_str()), refusal, "{body}");
    }
    let messages = json!({ "messages": [
        message(json!({ "user_id": "user_0" }), "Hi", "d"),
        message(json!({ "address": "bob@example.com" }), "Hi", "e"),
    ] });
    let results = caller.make("/email/batch", messages).await;
    assert_eq!(results[0]["errors"][0]["code"], "resource_not_found");
    assert_eq!(
        (&results[0]["status_code"], &results[1]["status_code"]),
        (&json!(404), &json!(200))
    );
    assert_eq!(results[1]["email"]["user_id"], Value::Null);
    assert_eq!(emulator.inbox("bob@example.com").len(), 1);
    let (status, _) = caller
        .status(Method::POST, "/email/batch", json!({ "messages": [] }))
        .await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn sessions_and_clients_are_found_by_a_living_token() {
    let (emulator, caller) = emulator().await;
    let token = emulator.session_token("ada@example.com").mint().unwrap();
    let session = claims(&token)["sid"].as_str().unwrap().to_owned();
    let verify = format!("/sessions/{session}/verify");
    let body = json!({ "token": token });
    assert_eq!(
        caller.make(&verify, body.clone()).await["id"],
        session.as_str()
    );
    let client = caller.make("/clients/verify", body.clone()).await;
    assert_eq!(client["sessions"][0]["id"], session.as_str());
    let other = emulator.session_token("ada@example.com").mint().unwrap();
    for token in [other.as_str(), "nonsense", ""] {
        let (status, _) = caller
            .status(Method::POST, &verify, json!({ "token": token }))
            .await;
        assert!([401, 422].contains(&status), "{token}");
    }
    emulator.advance_clock(Duration::from_secs(61));
    assert_eq!(
        caller.status(Method::POST, &verify, body.clone()).await.0,
        401
    );
    assert_eq!(
        caller.status(Method::POST, "/clients/verify", body).await.0,
        400
    );
}

#[tokio::test]
async fn invitations_are_deleted_and_the_home_moves() {
    let (_emulator, caller) = emulator().await;
    let made = caller
        .make(
            "/invitations",
            json!({ "email_address": "bob@example.com" }),
        )
        .await;
    let path = format!("/invitations/{}", made["id"].as_str().unwrap());
    let deleted = caller.call(Method::DELETE, &path, None).await;
    assert_eq!(
        (deleted.status.as_u16(), &deleted.body["deleted"]),
        (200, &json!(true))
    );
    assert_eq!(caller.call(Method::DELETE, &path, None).await.status, 404);
    let body = json!({ "home_url": "https://new.example" });
    assert_eq!(
        caller
            .status(Method::POST, "/beta_features/change_domain", body)
            .await
            .0,
        202
    );
}

#[tokio::test]
async fn without_a_key_the_emulated_application_is_to_be_had_but_not_by_other_sites() {
    let (emulator, caller) = emulator().await;
    let caller = caller.with_key("none");
    let made = caller.make("/accountless_applications", Value::Null).await;
    assert_eq!(
        (&made["publishable_key"], &made["secret_key"]),
        (
            &json!(emulator.publishable_key()),
            &json!(emulator.secret_key())
        )
    );
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/v1/accountless_applications", emulator.url());
    let foreign = client.post(url).header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn wallets_are_identifiers() {
    let (_emulator, caller) = emulator().await;
    let wallet = "0x1234567890abcdef1234567890ABCDEF12345678";
    let body =
        |wallets: Value| json!({ "web3_wallet": wallets, "skip_password_requirement": true });
    let user = caller.make("/users", body(json!([wallet]))).await;
    assert_eq!(user["web3_wallets"][0]["web3_wallet"], wallet);
    assert_eq!(
        user["primary_web3_wallet_id"],
        user["web3_wallets"][0]["id"]
    );
    let found = caller
        .call(Method::GET, &format!("/users?web3_wallet={wallet}"), None)
        .await;
    assert_eq!(found.body[0]["id"], user["id"]);
    for (wallets, code) in [
        (json!([wallet.to_lowercase()]), "form_identifier_exists"),
        (json!(["0x12"]), "form_param_format_invalid"),
        (json!([]), "form_data_missing"),
    ] {
        let (status, seen) = caller
            .status(Method::POST, "/users", body(wallets.clone()))
            .await;
        assert_eq!((status, seen.as_str()), (422, code), "{wallets}");
    }
    let nobody = json!({ "skip_user_requirement": true, "skip_password_requirement": true });
    assert_eq!(
        caller.make("/users", nobody).await["web3_wallets"],
        json!([])
    );
    let path = format!("/users/{}", user["id"].as_str().unwrap());
    let primary = json!({ "primary_web3_wallet_id": "idn_0" });
    assert_eq!(caller.status(Method::PATCH, &path, primary).await.0, 404);
}

#[tokio::test]
async fn templates_sign_with_their_own_keys_and_name_what_clerk_names() {
    let (emulator, caller) = emulator().await;
    let token = emulator
        .session_token("ada@example.com")
        .organization("acme")
        .mint()
        .unwrap();
    let session = claims(&token)["sid"].as_str().unwrap().to_owned();
    let template = json!({
        "name": "own",
        "claims": {
            "whole": "{{user.email_verified}}",
            "text": "{{ user.full_name }} of {{org.name}} as {{org.role}}",
            "or": "{{user.public_metadata.color || 'blue'}}",
            "number": "{{user.public_metadata.age || 18}}",
            "first": "{{user.first_name || user.last_name}}",
            "none": "{{user.last_name}}",
            "session": "{{session.id}}",
        },
        "custom_signing_key": true,
        "signing_algorithm": "HS256",
        "signing_key": "a secret for two",
    });
    caller.make("/jwt_templates", template).await;
    let made = caller
        .make(&format!("/sessions/{session}/tokens/own"), Value::Null)
        .await;
    let jwt = made["jwt"].as_str().unwrap();
    let key = jsonwebtoken::DecodingKey::from_secret(b"a secret for two");
    let validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    let seen = jsonwebtoken::decode::<Value>(jwt, &key, &validation)
        .unwrap()
        .claims;
    assert_eq!(
        (
            &seen["whole"],
            &seen["text"],
            &seen["or"],
            &seen["number"],
            &seen["first"],
            &seen["none"]
        ),
        (
            &json!(true),
            &json!("Ada of Acme as org:admin"),
            &json!("blue"),
            &json!(18),
            &json!("Ada"),
            &Value::Null
        )
    );
    assert_eq!(seen["session"], session.as_str());
    for (changes, param) in [
        (
            json!({ "signing_algorithm": "RS256", "signing_key": "no pem" }),
            "signing_key",
        ),
        (json!({ "signing_algorithm": "HS256" }), "signing_key"),
        (json!({ "signing_key": "a secret" }), "signing_algorithm"),
        (
            json!({ "signing_algorithm": "none", "signing_key": "x" }),
            "signing_algorithm",
        ),
    ] {
        let mut body = json!({ "name": "other", "claims": {}, "custom_signing_key": true });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = caller
            .call(Method::POST, "/jwt_templates", Some(&body))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.param()),
            (422, param),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_rotated_machine_key_goes_on_for_the_time_it_is_given() {
    let (emulator, caller) = emulator().await;
    let machine = caller.make("/machines", json!({ "name": "worker" })).await;
    let path = format!(
        "/machines/{}/secret_key/rotate",
        machine["id"].as_str().unwrap()
    );
    let old = caller.with_key(machine["secret_key"].as_str().unwrap());
    let create =
        async |caller: &Caller| caller.status(Method::POST, "/m2m_tokens", json!({})).await;
    let new = caller
        .make(&path, json!({ "previous_token_ttl": 60 }))
        .await;
    let new = caller.with_key(new["secret"].as_str().unwrap());
    assert_eq!((create(&old).await.0, create(&new).await.0), (201, 201));
    emulator.advance_clock(Duration::from_secs(60));
    let refusal = (401, "machine_secret_key_invalid".to_owned());
    assert_eq!(
        (create(&old).await, create(&new).await.0),
        (refusal.clone(), 201)
    );
    caller.make(&path, json!({ "previous_token_ttl": 0 })).await;
    assert_eq!(create(&new).await, refusal);
    let (status, code) = caller
        .status(Method::POST, &path, json!({ "previous_token_ttl": 28_801 }))
        .await;
    assert_eq!((status, code.as_str()), (422, "form_param_value_invalid"));
    let stranger = caller.with_key("sk_test_stranger");
    assert_eq!(
        create(&stranger).await,
        (401, "clerk_key_invalid".to_owned())
    );
}

#[tokio::test]
async fn lists_of_credentials_take_numbers_as_json_writes_them() {
    let (emulator, caller) = emulator().await;
    let ada = emulator.user_id("ada@example.com").unwrap();
    let key = json!({ "name": "one", "subject": ada });
    assert_eq!(caller.status(Method::POST, "/api_keys", key).await.0, 201);
    for (page, status) in [
        ("limit=10.0&offset=0.0", 200),
        ("limit=10&offset=0", 200),
        ("limit=1.", 200),
        ("limit=1.5", 400),
        ("limit=0.0", 400),
        ("limit=.0", 400),
        ("limit=1e1", 400),
    ] {
        let path = format!("/api_keys?subject={ada}&{page}");
        assert_eq!(
            caller.call(Method::GET, &path, None).await.status,
            status,
            "{page}"
        );
    }
}

#[tokio::test]
async fn members_and_users_are_filtered_alike() {
    let emulator = Emulator::builder()
        .user(
            UserSeed::new("ada@example.com")
                .first_name("Ada")
                .username("countess"),
        )
        .user(
            UserSeed::new("bob@example.com")
                .first_name("Bob")
                .phone_number("+15555550100"),
        )
        .organization(
            OrganizationSeed::new("Acme", "acme")
                .member("ada@example.com", "org:admin")
                .member("bob@example.com", "org:member"),
        )
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    for (filter, expected) in [
        ("name_query=ada", &["ada"][..]),
        ("username_query=count", &["ada"]),
        ("email_address_query=bob@", &["bob"]),
        ("phone_number_query=5555550100", &["bob"]),
        (
            "email_address=ada@example.com&email_address=bob@example.com",
            &["ada", "bob"],
        ),
        ("web3_wallet=0x12", &[]),
        ("created_at_after=1", &["ada", "bob"]),
        ("created_at_before=1", &[]),
        ("last_active_at_after=1", &[]),
        ("query=nobody", &[]),
    ] {
        let order = "order_by=email_address";
        let users = caller
            .call(Method::GET, &format!("/users?{order}&{filter}"), None)
            .await;
        let path = format!("/organizations/acme/memberships?{order}&{filter}");
        let members = caller.call(Method::GET, &path, None).await;
        let names = |rows: &Value, pointer: &str| -> Vec<String> {
            let rows = rows.as_array().unwrap().iter();
            let name = |row: &Value| {
                row.pointer(pointer)
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .to_lowercase()
            };
            rows.map(name).collect()
        };
        assert_eq!(names(&users.body, "/first_name"), expected, "{filter}");
        assert_eq!(
            names(&members.body["data"], "/public_user_data/first_name"),
            expected,
            "{filter}"
        );
    }
    for (filter, status) in [
        ("provider=oauth_google", 422),
        ("provider_user_id=1", 422),
        ("provider=oauth_google&provider_user_id=1", 200),
    ] {
        let answer = caller
            .call(Method::GET, &format!("/users?{filter}"), None)
            .await;
        assert_eq!(answer.status, status, "{filter}");
    }
}

/// Every shortcode of JWT templates, for a user who has everything and for one who has nothing.
#[tokio::test]
async fn shortcodes_of_templates_have_the_documented_values() {
    let emulator = Emulator::builder()
        .user(
            UserSeed::new("ada@example.com")
                .first_name("Ada")
                .last_name("Lovelace")
                .username("countess")
                .phone_number("+15555550100")
                .public_metadata(json!({ "color": "red", "empty": "", "deep": { "er": [1] } })),
        )
        .user(UserSeed::new("bob@example.com"))
        .organization(
            OrganizationSeed::new("Acme", "acme")
                .member("ada@example.com", "org:admin")
                .member("bob@example.com", "org:member"),
        )
        .organization(OrganizationSeed::new("Beta", "beta").member("ada@example.com", "org:member"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let [ada, bob] =
        ["ada", "bob"].map(|name| emulator.user_id(&format!("{name}@example.com")).unwrap());
    let [acme, beta] = ["acme", "beta"].map(|slug| emulator.organization_id(slug).unwrap());
    let of_ada = caller
        .call(Method::GET, &format!("/users/{ada}"), None)
        .await
        .body;
    let metadata = &of_ada["public_metadata"];
    let cases = [
        ("{{user.id}}", json!(ada), json!(bob)),
        ("{{user.first_name}}", json!("Ada"), Value::Null),
        ("{{user.last_name}}", json!("Lovelace"), Value::Null),
        ("{{user.full_name}}", json!("Ada Lovelace"), Value::Null),
        ("{{user.username}}", json!("countess"), Value::Null),
        ("{{user.external_id}}", Value::Null, Value::Null),
        (
            "{{user.primary_email_address}}",
            json!("ada@example.com"),
            json!("bob@example.com"),
        ),
        ("{{user.email_verified}}", json!(true), json!(true)),
        (
            "{{user.primary_phone_number}}",
            json!("+15555550100"),
            Value::Null,
        ),
        ("{{user.phone_number_verified}}", json!(true), json!(false)),
        ("{{user.primary_web3_wallet}}", Value::Null, Value::Null),
        ("{{user.has_image}}", json!(false), json!(false)),
        ("{{user.two_factor_enabled}}", json!(false), json!(false)),
        (
            "{{user.organizations}}",
            json!({ &acme: "org:admin", &beta: "org:member" }),
            json!({ &acme: "org:member" }),
        ),
        ("{{user.public_metadata}}", metadata.clone(), json!({})),
        ("{{user.public_metadata.deep.er}}", json!([1]), Value::Null),
        ("{{user.unsafe_metadata}}", json!({}), json!({})),
        (
            "{{user.created_at}}",
            of_ada["created_at"].clone(),
            of_ada["created_at"].clone(),
        ),
        ("{{org.id}}", json!(acme), json!(acme)),
        ("{{org.name}}", json!("Acme"), json!("Acme")),
        ("{{org.slug}}", json!("acme"), json!("acme")),
        ("{{org.role}}", json!("org:admin"), json!("org:member")),
        ("{{org.has_image}}", json!(false), json!(false)),
        ("{{org.public_metadata}}", json!({}), json!({})),
        ("{{org_membership.public_metadata}}", json!({}), json!({})),
        (
            "{{org_membership.permissions}}",
            json!(["org:docs:write"]),
            json!([]),
        ),
        ("{{session.actor}}", Value::Null, Value::Null),
        ("{{user.i_dont_exist}}", Value::Null, Value::Null),
        (
            "{{user.last_name}} {{user.first_name}}",
            json!("Lovelace Ada"),
            json!("null null"),
        ),
        (
            "{{user.full_name || 'Awesome User'}}",
            json!("Ada Lovelace"),
            json!("Awesome User"),
        ),
        (
            "{{user.public_metadata.color || 30}}",
            json!("red"),
            json!(30),
        ),
        (
            "{{user.public_metadata.empty || 'none'}}",
            json!(""),
            json!("none"),
        ),
        (
            "{{user.phone_number_verified || false}}",
            json!(true),
            json!(false),
        ),
    ];
    let permission = json!({ "name": "Write", "key": "org:docs:write" });
    let permission = caller.make("/organization_permissions", permission).await;
    let roles = caller.call(Method::GET, "/organization_roles", None).await;
    let roles = roles.body["data"].as_array().unwrap().clone();
    let admin = roles
        .iter()
        .find(|role| role["key"] == "org:admin")
        .unwrap();
    let [role, permission] = [admin, &permission].map(|one| one["id"].as_str().unwrap());
    let path = format!("/organization_roles/{role}/permissions/{permission}");
    caller.make(&path, Value::Null).await;
    let claims_of_cases: serde_json::Map<_, _> = cases
        .iter()
        .enumerate()
        .map(|(index, (shortcode, ..))| (format!("c{index}"), json!(shortcode)))
        .collect();
    let template = json!({ "name": "all", "claims": claims_of_cases });
    caller.make("/jwt_templates", template).await;
    for (user, is_ada) in [(&ada, true), (&bob, false)] {
        let session = json!({ "user_id": user, "active_organization_id": acme });
        let session = caller.make("/sessions", session).await;
        let path = format!("/sessions/{}/tokens/all", session["id"].as_str().unwrap());
        let token = caller.make(&path, Value::Null).await;
        let seen = claims(token["jwt"].as_str().unwrap());
        for (index, (shortcode, of_ada, of_bob)) in cases.iter().enumerate() {
            let expected = if is_ada { of_ada } else { of_bob };
            let value = &seen[format!("c{index}")];
            // Both users were created within the same start, a moment apart.
            let is_time = *shortcode == "{{user.created_at}}";
            let fits = if is_time {
                value.is_i64()
            } else {
                value == expected
            };
            assert!(fits, "{shortcode}: {value}, not {expected}");
        }
    }
}
