//! Values that other people put into a response do not make the rest of it unreadable.

use clerk_backend_api::{Error, Metadata, OrganizationMembership, Timestamp, User};
use serde_json::{Value, json};

use crate::{
    client,
    server::{Server, json as answer_json},
};

/// Metadata that `serde_json` cannot read into a [`Value`], or only as text.
fn hostile_values() -> Vec<String> {
    vec![
        format!("{}1{}", "[".repeat(130), "]".repeat(130)),
        format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000)),
        r#"{"n":1e400}"#.to_owned(),
        format!("{{\"n\":{}}}", "9".repeat(400)),
        format!("{{\"n\":-{}.5e-3}}", "9".repeat(400)),
        r#"{"s":"\ud83d"}"#.to_owned(),
        r#"{"s":"\ude00\ud83d"}"#.to_owned(),
        r#"{"\ud83d":1}"#.to_owned(),
        r#""\udfff""#.to_owned(),
        "[1,2]".to_owned(),
        "7".to_owned(),
    ]
}

const PLACES: [&str; 3] = ["unsafe_metadata", "public_metadata", "private_metadata"];

fn hostile_user(id: &str, place: &str, value: &str) -> String {
    format!(r#"{{"id":"{id}","first_name":"Ada","{place}":{value},"last_name":"L"}}"#)
}

#[tokio::test]
async fn metadata_of_any_content_does_not_break_users_lists_or_streams() {
    for value in hostile_values() {
        for place in PLACES {
            let user = hostile_user("user_1", place, &value);
            let list = format!(r#"[{{"id":"user_0"}},{user}]"#);
            let rest = r#"[{"id":"user_2"}]"#;
            let answers = [user.as_str(), &list, &list, rest];
            let server = Server::start(answers.map(|body| answer_json(200, body))).await;
            let client = client(&server);
            let user = client.users().get("user_1").send().await.unwrap();
            assert_eq!(
                (user.first_name.as_deref(), user.last_name.as_deref()),
                (Some("Ada"), Some("L"))
            );
            let page = client.users().list().send().await.unwrap();
            assert_eq!((page.len(), page.failures().len()), (2, 0), "{value:.60}");
            let all = client
                .users()
                .list()
                .limit(2)
                .stream()
                .try_collect()
                .await
                .unwrap();
            assert_eq!(all.len(), 3);
        }
    }
}

#[test]
fn objects_from_other_sources_are_read_as_leniently() {
    for value in hostile_values() {
        for place in PLACES {
            let text = hostile_user("user_1", place, &value);
            let user: User = clerk_backend_api::from_json(text.as_bytes()).unwrap();
            assert_eq!(user.id, "user_1");
        }
        let text = format!(r#"{{"id":"orgmem_1","public_metadata":{value},"role":"org:admin"}}"#);
        let membership: OrganizationMembership =
            clerk_backend_api::from_json(text.as_bytes()).unwrap();
        assert_eq!(membership.role, "org:admin");
    }
}

fn metadata(text: &str) -> Metadata {
    serde_json::from_str(text).unwrap()
}

#[test]
fn each_key_of_metadata_is_read_by_itself() {
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let metadata = metadata(&format!(
        r#"{{"plan":"pro","deep":{nested},"huge":1e400,"half":"a\ud83db","none":null,"é":2}}"#
    ));
    assert_eq!(
        metadata.get::<String>("plan").unwrap().as_deref(),
        Some("pro")
    );
    assert_eq!(
        metadata.get::<String>("half").unwrap().as_deref(),
        Some("a\u{fffd}b")
    );
    assert_eq!(metadata.get::<i64>("é").unwrap(), Some(2));
    assert_eq!(metadata.get::<Value>("none").unwrap(), None);
    assert_eq!(metadata.get::<Value>("missing").unwrap(), None);
    assert!(metadata.get::<Value>("deep").is_err());
    assert!(metadata.get::<Value>("huge").is_err());
    assert!(metadata.get::<i64>("plan").is_err());
    assert!(metadata.to_map().is_err());
    assert!(!metadata.is_empty());
    #[derive(serde::Deserialize)]
    struct Plan {
        plan: String,
    }
    assert!(metadata.as_str().contains("1e400"));
    assert_eq!(
        self::metadata(r#"{"plan":"a"}"#)
            .parse::<Plan>()
            .unwrap()
            .plan,
        "a"
    );
}

#[test]
fn keys_that_are_not_unicode_do_not_hide_the_others() {
    let metadata = metadata(r#"{"\ud83d":1,"plan":"pro"}"#);
    assert_eq!(
        metadata.get::<String>("plan").unwrap().as_deref(),
        Some("pro")
    );
    assert_eq!(metadata.get::<i64>("\u{fffd}").unwrap(), Some(1));
}

#[test]
fn nothing_is_empty_metadata_and_equality_ignores_layout() {
    for text in ["null", "[]", "\"\"", "{}", "{ }"] {
        let metadata = metadata(text);
        assert!(metadata.is_empty(), "{text}");
        assert_eq!(metadata, Metadata::default());
        assert_eq!(metadata.get::<i64>("a").unwrap(), None);
        assert!(metadata.to_map().unwrap().is_empty());
    }
    assert_eq!(
        metadata(r#"{ "a": 1, "b": 2 }"#),
        metadata(r#"{"b":2,"a":1}"#)
    );
    assert_ne!(metadata(r#"{"a":1}"#), metadata(r#"{"a":2}"#));
    let map = json!({ "a": [1] }).as_object().unwrap().clone();
    assert_eq!(Metadata::from(map.clone()).to_map().unwrap(), map);
    assert_eq!(
        serde_json::to_string(&metadata(r#"{"n":1e400}"#)).unwrap(),
        r#"{"n":1e400}"#
    );
}

#[tokio::test]
async fn halves_of_surrogate_pairs_in_names_are_replacement_characters() {
    let body =
        r#"{"id":"user_1","first_name":"\ud83d","last_name":"x\udc00y","username":"\ud83d\ude00"}"#;
    let server = Server::start([
        answer_json(200, body),
        answer_json(200, &format!("[{body}]")),
    ])
    .await;
    let user = client(&server).users().get("user_1").send().await.unwrap();
    assert_eq!(user.first_name.as_deref(), Some("\u{fffd}"));
    assert_eq!(user.last_name.as_deref(), Some("x\u{fffd}y"));
    assert_eq!(user.username.as_deref(), Some("\u{1f600}"));
    let page = client(&server).users().list().send().await.unwrap();
    assert_eq!(
        page.first().unwrap().first_name.as_deref(),
        Some("\u{fffd}")
    );

    let refusal = r#"{"errors":[{"code":"form_identifier_exists","message":"\ud83d"}]}"#;
    let server = Server::start([answer_json(422, refusal)]).await;
    let error = client(&server)
        .users()
        .get("user_1")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code().unwrap().as_str(), "form_identifier_exists");
}

async fn user(member: &str) -> Result<User, Error> {
    let body = format!(r#"{{"id":"user_1",{member}}}"#);
    let server = Server::start([answer_json(200, &body)]).await;
    client(&server).users().get("user_1").send().await
}

#[tokio::test]
async fn values_of_another_type_with_one_meaning_are_read() {
    let then = Timestamp::from_millis(1_700_690_400_000);
    for time in [
        "1700690400000",
        "1700690400000.0",
        "1700690400000.75",
        "1.7006904e12",
        r#""1700690400000""#,
        r#"" 1700690400000.5 ""#,
        r#""2023-11-22T22:00:00Z""#,
        r#""2023-11-22T22:00:00.000Z""#,
        r#""2023-11-23T00:00:00+02:00""#,
        r#""2023-11-22 22:00:00""#,
    ] {
        let user = user(&format!(r#""created_at":{time},"last_sign_in_at":{time}"#))
            .await
            .unwrap();
        assert_eq!(
            (user.created_at, user.last_sign_in_at),
            (then, Some(then)),
            "{time}"
        );
    }
    for (time, end) in [
        ("99999999999999999999", i64::MAX),
        ("1e300", i64::MAX),
        ("-1e300", i64::MIN),
        ("18446744073709551615", i64::MAX),
    ] {
        let user = user(&format!(r#""created_at":{time}"#)).await.unwrap();
        assert_eq!(user.created_at.as_millis(), end, "{time}");
    }
    for nothing in ["null", r#""""#] {
        let user = user(&format!(
            r#""last_sign_in_at":{nothing},"created_at":{nothing}"#
        ))
        .await
        .unwrap();
        assert_eq!(
            (user.last_sign_in_at, user.created_at),
            (None, Timestamp::default())
        );
    }
    for (value, expected) in [
        ("0", false),
        ("1", true),
        ("0.0", false),
        (r#""0""#, false),
        (r#""1""#, true),
        (r#""true""#, true),
        (r#""False""#, false),
        (r#""""#, false),
        ("null", false),
    ] {
        let user = user(&format!(r#""banned":{value}"#)).await.unwrap();
        assert_eq!(user.banned, expected, "{value}");
    }
    for (value, expected) in [("7", "7"), ("-7", "-7"), ("1.5", "1.5"), ("true", "true")] {
        let user = user(&format!(r#""first_name":{value}"#)).await.unwrap();
        assert_eq!(user.first_name.as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn empty_containers_of_another_kind_are_empty() {
    for nothing in ["[]", r#""""#, "null"] {
        let emails = format!(r#""email_addresses":[{{"id":"idn_1","verification":{nothing}}}]"#);
        let user = user(&emails).await.unwrap();
        assert!(user.email_addresses[0].verification.is_none(), "{nothing}");
    }
    for (list, ids) in [
        ("{}", 0),
        (r#""""#, 0),
        ("null", 0),
        ("[null]", 0),
        (r#"{"id":"idn_1"}"#, 1),
    ] {
        let user = user(&format!(r#""email_addresses":{list}"#)).await.unwrap();
        assert_eq!(user.email_addresses.len(), ids, "{list}");
    }
}

#[tokio::test]
async fn values_without_a_clear_meaning_are_refused_by_their_name() {
    for (member, field) in [
        (r#""created_at":"soon""#, "created_at"),
        (r#""created_at":true"#, "created_at"),
        (r#""banned":2"#, "banned"),
        (r#""banned":"maybe""#, "banned"),
        (r#""first_name":{"a":1}"#, "first_name"),
        (r#""email_addresses":7"#, "email_addresses"),
        (
            r#""email_addresses":[{},{"created_at":[1]}]"#,
            "email_addresses[1].created_at",
        ),
    ] {
        match user(member).await {
            Err(Error::Decode(error)) => assert_eq!(error.field().as_deref(), Some(field)),
            other => panic!("{member}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_reported_and_the_others_given() {
    let rows = r#"[
        { "id": "user_0" },
        { "id": "user_1", "created_at": "soon" },
        null,
        { "first_name": "nobody" },
        7,
        { "id": "user_5", "email_addresses": [{ "created_at": {} }] }
    ]"#;
    let page_of = r#"{ "data": ROWS, "total_count": 6 }"#.replace("ROWS", rows);
    for body in [rows, &page_of] {
        let server = Server::start([answer_json(200, body)]).await;
        let page = client(&server).users().list().send().await.unwrap();
        assert_eq!(
            page.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(),
            ["user_0"]
        );
        let failures: Vec<_> = page
            .failures()
            .iter()
            .map(|row| (row.index(), row.id(), row.field()))
            .collect();
        assert_eq!(
            failures,
            [
                (1, Some("user_1"), Some("created_at")),
                (3, None, Some("id")),
                (4, None, None),
                (5, Some("user_5"), Some("email_addresses[0].created_at")),
            ]
        );
        assert!(page.failures()[0].to_string().contains("user_1"));
        assert!(page.failures()[1].json().contains("nobody"));
        assert!(!format!("{:?}", page.failures()).contains("nobody"));
    }
}

#[tokio::test]
async fn security_relevant_values_must_have_their_type() {
    for (member, good) in [
        (r#""revoked":false,"expired":false"#, true),
        (r#""revoked":"false","expired":false"#, false),
        (r#""revoked":0,"expired":false"#, false),
        (r#""revoked":"","expired":false"#, false),
        (r#""revoked":[],"expired":false"#, false),
        (r#""revoked":false"#, false),
    ] {
        let body = format!(r#"{{"id":"ak_1","subject":"user_1",{member}}}"#);
        let server = Server::start([answer_json(200, &body)]).await;
        let verified = client(&server).api_keys().verify("ak_secret").send().await;
        assert_eq!(verified.is_ok(), good, "{member}: {verified:?}");
    }
    for subject in ["7", "true", "\"\"", "[]", "{}"] {
        let body =
            format!(r#"{{"id":"ak_1","subject":{subject},"revoked":false,"expired":false}}"#);
        let server = Server::start([answer_json(200, &body)]).await;
        assert!(
            client(&server)
                .api_keys()
                .verify("ak_secret")
                .send()
                .await
                .is_err(),
            "{subject}"
        );
    }
}
