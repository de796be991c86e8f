//! The formats of lists, and the streams over all their pages.

use clerk_backend_api::{Error, Retry};
use serde_json::json;

use crate::{
    client,
    server::{Answer, Server, answer, json as answer_json},
};

fn users(ids: impl IntoIterator<Item = usize>) -> Answer {
    let users: Vec<_> = ids
        .into_iter()
        .map(|id| json!({ "id": format!("user_{id}") }))
        .collect();
    answer_json(200, &json!(users).to_string())
}

fn organizations(ids: std::ops::Range<usize>, total: usize) -> Answer {
    let data: Vec<_> = ids.map(|id| json!({ "id": format!("org_{id}") })).collect();
    answer_json(
        200,
        &json!({ "data": data, "total_count": total }).to_string(),
    )
}

/// The value of a parameter in each request.
fn asked(server: &Server, name: &str) -> Vec<Option<String>> {
    let value = |target: String| {
        let query = target.split_once('?')?.1.to_owned();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let mut values = pairs.filter(|(key, _)| *key == name);
        Some(values.next()?.1.to_owned())
    };
    targets(server).into_iter().map(value).collect()
}

fn targets(server: &Server) -> Vec<String> {
    let decoded = |target: String| target.replace("%2B", "+");
    server
        .seen()
        .into_iter()
        .map(|seen| decoded(seen.target))
        .collect()
}

#[tokio::test]
async fn a_list_is_read_in_every_shape() {
    let session = json!({ "id": "sess_1" });
    for (body, total) in [
        (json!([session]), None),
        (json!({ "data": [session], "total_count": 12 }), Some(12)),
        (json!({ "data": [session], "total_count": 12.0 }), Some(12)),
        (
            json!({ "data": [session, null], "total_count": null }),
            None,
        ),
        (json!({ "data": [session] }), None),
    ] {
        let server = Server::start([answer_json(200, &body.to_string())]).await;
        let page = client(&server).sessions().list().send().await.unwrap();
        assert_eq!(page.data.len(), 1, "{body}");
        assert_eq!(page.data[0].id, "sess_1");
        assert_eq!(page.total_count, total, "{body}");
        // Requested as a page, so that the total count is included.
        assert_eq!(targets(&server), ["/v1/sessions?paginated=true"]);
    }
    for body in [
        "[]",
        r#"{ "data": [], "total_count": 0 }"#,
        r#"{ "data": null }"#,
    ] {
        let server = Server::start([answer_json(200, body)]).await;
        let page = client(&server).sessions().list().send().await.unwrap();
        assert!(page.data.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn users_are_streamed_by_cursor() {
    let server = Server::start([users(0..500), users(500..1000), users(1000..1003)]).await;
    let mut stream = client(&server).users().list().query("a+b").stream();
    assert_eq!(
        server.count(),
        0,
        "nothing is requested before the first entry"
    );
    let mut count = 0;
    while let Some(user) = stream.try_next().await.unwrap() {
        assert_eq!(user.id, format!("user_{count}"));
        count += 1;
    }
    assert_eq!(count, 1003);
    assert!(stream.try_next().await.unwrap().is_none());
    let first = &targets(&server)[0];
    assert!(
        first.contains("limit=500") && first.contains("query=a+b") && !first.contains("offset"),
        "{first}"
    );
    assert!(!first.contains("starting_after"), "{first}");
    assert!(targets(&server)[1].contains("starting_after=user_499"));
    assert!(targets(&server)[2].contains("starting_after=user_999"));
    // The page was short, so nothing more was requested.
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn another_order_of_users_is_streamed_by_offset() {
    let server = Server::start([users(0..2), users(2..3)]).await;
    let mut stream = client(&server)
        .users()
        .list()
        .order_by("-last_name")
        .limit(2)
        .stream();
    let mut count = 0;
    while stream.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 3);
    let targets = targets(&server);
    assert!(
        targets[0].contains("offset=0") && targets[0].contains("limit=2"),
        "{targets:?}"
    );
    assert!(
        targets[1].contains("offset=2") && !targets[1].contains("starting_after"),
        "{targets:?}"
    );
}

#[tokio::test]
async fn other_lists_are_streamed_by_offset() {
    // A server that returns less than requested, and whose total count changes.
    let server = Server::start([
        organizations(0..100, 250),
        organizations(100..200, 251),
        organizations(200..251, 251),
    ])
    .await;
    let mut stream = client(&server).organizations().list().stream();
    let mut count = 0;
    while let Some(organization) = stream.try_next().await.unwrap() {
        assert_eq!(organization.id, format!("org_{count}"));
        count += 1;
    }
    assert_eq!(count, 251);
    let offsets: Vec<_> = targets(&server)
        .iter()
        .map(|target| {
            target
                .split_once("offset=")
                .unwrap()
                .1
                .split('&')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(offsets, ["0", "100", "200"]);
}

#[tokio::test]
async fn a_wrong_total_neither_ends_a_stream_early_nor_keeps_it_going() {
    // The total count is 1, but the page is full.
    let full = organizations(0..2, 1);
    let server = Server::start([full, organizations(2..3, 1)]).await;
    let mut stream = client(&server).organizations().list().limit(2).stream();
    let mut count = 0;
    while stream.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!((count, server.count()), (3, 2));
    // The total count is 9, but nothing more follows.
    let server = Server::start([organizations(0..2, 9), organizations(2..2, 9)]).await;
    let mut stream = client(&server).organizations().list().limit(2).stream();
    while stream.try_next().await.unwrap().is_some() {}
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn an_error_ends_a_stream_after_what_was_fetched() {
    let server = Server::start([users(0..2), answer(422)]).await;
    let mut stream = client(&server).users().list().limit(2).stream();
    assert!(stream.try_next().await.unwrap().is_some());
    assert!(stream.try_next().await.unwrap().is_some());
    assert!(matches!(stream.try_next().await, Err(Error::Api(_))));
    assert!(stream.try_next().await.unwrap().is_none());
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn pages_of_a_stream_are_retried_and_keep_the_options_of_the_request() {
    let server = Server::start([users(0..2), answer(503), users(2..3)]).await;
    let mut stream = client(&server)
        .users()
        .list()
        .limit(2)
        .retry(crate::at_once())
        .stream();
    let mut count = 0;
    while stream.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!((count, server.count()), (3, 3));

    let server = Server::start([answer(503), users(0..1)]).await;
    let mut stream = client(&server).users().list().retry(Retry::none()).stream();
    assert!(stream.try_next().await.is_err());
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn users_are_counted_by_a_call_of_its_own() {
    let server = Server::start([answer_json(
        200,
        r#"{ "object": "total_count", "total_count": 7 }"#,
    )])
    .await;
    let count = client(&server)
        .users()
        .count()
        .banned(false)
        .send()
        .await
        .unwrap();
    assert_eq!(count, 7);
    assert_eq!(targets(&server), ["/v1/users/count?banned=false"]);
}

#[tokio::test]
async fn a_response_that_is_not_a_list_is_an_error() {
    for body in [
        "null",
        "{}",
        r#"{ "error": "maintenance" }"#,
        r#"{ "users": [{ "id": "user_1" }] }"#,
        r#"{ "m2m_tokens": [] }"#,
        r#"{ "total_count": 3 }"#,
        r#""ok""#,
        "true",
        "7",
    ] {
        let server = Server::start([answer_json(200, body), answer_json(200, body)]).await;
        let page = client(&server).users().list().send().await;
        assert!(matches!(page, Err(Error::Decode(_))), "{body}");
        let mut stream = client(&server).users().list().stream();
        assert!(stream.try_next().await.is_err(), "{body}");
    }
    for body in [
        "{}",
        "null",
        "[]",
        "7",
        r#"{ "total_count": null }"#,
        r#"{ "total_count": -1 }"#,
    ] {
        let server = Server::start([answer_json(200, body)]).await;
        let count = client(&server).users().count().send().await;
        assert!(matches!(count, Err(Error::Decode(_))), "{body}");
    }
}

#[tokio::test]
async fn a_response_of_another_server_is_not_an_object_full_of_defaults() {
    for body in ["{}", "null", "[]", r#"{ "error": "maintenance" }"#] {
        let server = Server::start(vec![answer_json(200, body); 3]).await;
        let client = client(&server);
        assert!(client.jwks().get().send().await.is_err(), "{body}");
        assert!(
            client.users().delete("user_1").send().await.is_err(),
            "{body}"
        );
        assert!(
            client
                .users()
                .verify_password("user_1", "p")
                .send()
                .await
                .is_err(),
            "{body}"
        );
    }
}

#[tokio::test]
async fn the_size_of_a_page_is_kept_within_what_the_api_takes() {
    for (asked_for, sent) in [
        (0, "1"),
        (1, "1"),
        (500, "500"),
        (501, "500"),
        (u64::MAX, "500"),
    ] {
        let server = Server::start([users(0..1), users(0..1)]).await;
        client(&server)
            .users()
            .list()
            .limit(asked_for)
            .send()
            .await
            .unwrap();
        let mut stream = client(&server).users().list().limit(asked_for).stream();
        stream.try_next().await.unwrap();
        assert_eq!(
            asked(&server, "limit"),
            [Some(sent.to_owned()), Some(sent.to_owned())]
        );
    }
    let server = Server::start([answer_json(200, r#"{ "data": [], "total_count": 0 }"#)]).await;
    client(&server)
        .api_keys()
        .list("user_1")
        .limit(101)
        .send()
        .await
        .unwrap();
    assert_eq!(asked(&server, "limit"), [Some("100".to_owned())]);
}

#[tokio::test]
async fn a_server_that_ignores_the_cursor_or_the_offset_is_not_asked_for_ever() {
    // Cursors: the same page, and the same page with a newer user at the top.
    for second in [users(0..2), users([7, 0])] {
        let server = Server::start([users(0..2), second]).await;
        let mut stream = client(&server).users().list().limit(2).stream();
        let mut ids = Vec::new();
        let error = loop {
            match stream.try_next().await {
                Ok(Some(user)) => ids.push(user.id),
                Ok(None) => panic!("the stream ended as if it were complete"),
                Err(error) => break error,
            }
        };
        assert_eq!(ids, ["user_0", "user_1"]);
        assert!(error.to_string().contains("same page again"), "{error}");
        assert!(stream.try_next().await.unwrap().is_none());
        assert_eq!(server.count(), 2);
    }
    // Offsets.
    let page = || organizations(0..2, 9);
    let server = Server::start([page(), page()]).await;
    let mut stream = client(&server).organizations().list().limit(2).stream();
    for _ in 0..2 {
        stream.try_next().await.unwrap().unwrap();
    }
    assert!(stream.try_next().await.is_err());
    assert_eq!(server.count(), 2);
    // A new organization at the top pushes the same one onto the next page.
    let server = Server::start([
        organizations(0..1, 2),
        organizations(0..1, 3),
        organizations(1..2, 3),
        organizations(2..2, 3),
    ])
    .await;
    let stream = client(&server).organizations().list().limit(1).stream();
    let all = stream.try_collect().await.unwrap();
    assert_eq!(all.len(), 3);
    // Lists whose entries have no IDs.
    let tokens = || answer_json(200, r#"{ "data": [{ "token": "t" }], "total_count": 9 }"#);
    let server = Server::start([tokens(), tokens()]).await;
    let list = client(&server)
        .users()
        .list_oauth_access_tokens("user_1", "google");
    assert!(list.limit(1).stream().try_collect().await.is_err());
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn null_rows_and_unreadable_rows_do_not_end_a_stream() {
    let pages = [
        r#"[{ "id": "user_0" }, null]"#,
        r#"[null, { "id": "user_1", "created_at": {} }]"#,
        r#"[{ "id": "user_2" }, { "id": "user_3", "email_addresses": [{}, { "verification": 5 }] }]"#,
        r#"[{ "id": "user_4" }]"#,
    ];
    let server = Server::start(pages.map(|page| answer_json(200, page))).await;
    let mut stream = client(&server).users().list().limit(2).stream();
    let mut ids = Vec::new();
    while let Some(user) = stream.try_next().await.unwrap() {
        ids.push(user.id);
    }
    assert_eq!(ids, ["user_0", "user_2", "user_4"]);
    let failures: Vec<_> = stream
        .failures()
        .iter()
        .map(|row| (row.index(), row.id(), row.field()))
        .collect();
    assert_eq!(
        failures,
        [
            (1, Some("user_1"), Some("created_at")),
            (1, Some("user_3"), Some("email_addresses[1].verification")),
        ]
    );
    let cursors = asked(&server, "starting_after");
    let after = |id: &str| Some(id.to_owned());
    assert_eq!(
        cursors,
        [None, after("user_0"), after("user_1"), after("user_3")]
    );

    // The same by offset.
    let pages = [
        r#"{ "data": [{ "id": "org_0" }, null], "total_count": 3 }"#,
        r#"{ "data": [{ "id": "org_1" }], "total_count": 3 }"#,
    ];
    let server = Server::start(pages.map(|page| answer_json(200, page))).await;
    let all = client(&server)
        .organizations()
        .list()
        .limit(2)
        .stream()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(asked(&server, "offset"), [after("0"), after("2")]);
}

#[tokio::test]
async fn the_first_entry_is_one_call_for_one_entry() {
    let server = Server::start([users(0..1), users(0..0)]).await;
    let first = client(&server)
        .users()
        .list()
        .query("a")
        .first()
        .await
        .unwrap();
    assert_eq!(first.unwrap().id, "user_0");
    assert!(
        client(&server)
            .users()
            .list()
            .first()
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        asked(&server, "limit"),
        [Some("1".to_owned()), Some("1".to_owned())]
    );
    assert_eq!(server.count(), 2);
}
