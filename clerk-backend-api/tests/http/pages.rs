//! Lists: their shapes, and the streams over all their pages.

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
        // Asked for as a page, so that the total comes.
        assert_eq!(targets(&server), ["/v1/sessions?paginated=true"]);
    }
    for body in [
        "[]",
        r#"{ "data": [], "total_count": 0 }"#,
        r#"{ "data": null }"#,
        "{}",
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
    assert_eq!(server.count(), 0, "nothing is asked before an entry is");
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
    // The page was short, so nothing more was asked.
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
    // A server that gives less than it was asked for, and whose total moves.
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
async fn a_total_that_is_wrong_does_not_end_a_stream_early_nor_keep_it_going() {
    // The total says 1, the page is full.
    let full = organizations(0..2, 1);
    let server = Server::start([full, organizations(2..3, 1)]).await;
    let mut stream = client(&server).organizations().list().limit(2).stream();
    let mut count = 0;
    while stream.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!((count, server.count()), (3, 2));
    // The total says 9, and nothing more comes.
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
