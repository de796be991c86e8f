//! Tests of the judge itself: it accepts what the document describes and rejects everything else.

use clerk_backend_api::{ClerkClient, Error, RawRequest, Retry};
use clerk_tests::document::{DocumentServer, Operation, Sample, Success};
use http::{HeaderName, HeaderValue, header};
use serde_json::{Value, json};

use crate::{document, report};

fn client(url: &str) -> ClerkClient {
    ClerkClient::builder()
        .secret_key("sk_test_example")
        .api_url(url)
        .retry(Retry::none())
        .build()
        .unwrap()
}

fn request(client: &ClerkClient, operation: &Operation, sample: &Sample) -> RawRequest {
    let mut request = client.request(operation.method().clone(), &sample.segments);
    for (name, value) in &sample.query {
        request = request.query(name, value);
    }
    if let Some(body) = &sample.body {
        request = request.json(body);
    }
    if operation.path() == "/public/interstitial" {
        request = request.unauthenticated();
    }
    request
}

async fn refusal(request: RawRequest) -> String {
    match request.send().await {
        Ok(answer) => panic!("accepted with {}", answer.status()),
        Err(Error::Api(error)) => error.errors[0].long_message.clone().unwrap(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn requests_made_from_the_document_are_accepted_and_spoilt_ones_are_not() {
    let Some(document) = document() else { return };
    let server = DocumentServer::start(document.clone()).await.unwrap();
    let client = client(&server.url());
    let (mut accepted, mut refused) = (0, 0);
    for operation in document.operations() {
        let sample = operation.sample().unwrap();
        if sample.multipart {
            // Forms are sent only by the typed operations.
            continue;
        }
        let answer = request(&client, operation, &sample).send().await;
        let answer = answer.unwrap_or_else(|error| panic!("{operation}: {error}"));
        assert_eq!(answer.status(), operation.success().status(), "{operation}");
        match operation.success() {
            Success::Json(_) => drop(answer.json::<Value>().unwrap()),
            Success::Html(_) => assert!(answer.body().starts_with(b"<!doctype html>")),
            Success::Empty(_) => assert!(answer.body().is_empty()),
        }
        accepted += 1;

        let mut spoiled = vec![(
            request(&client, operation, &sample).query("unheard_of", 1),
            "query unheard_of: is not a parameter",
        )];
        let version = HeaderName::from_static("clerk-api-version");
        spoiled.push((
            request(&client, operation, &sample)
                .header(version, HeaderValue::from_static("2021-02-05")),
            "header clerk-api-version: ",
        ));
        if operation.path() != "/public/interstitial" {
            spoiled.push((
                request(&client, operation, &sample).unauthenticated(),
                "header authorization: ",
            ));
        }
        match &sample.body {
            None => {
                let body = json!({ "unheard_of": 1 });
                spoiled.push((
                    request(&client, operation, &sample).json(&body),
                    "body: is sent although none is expected",
                ));
            }
            Some(Value::Object(body)) => {
                for key in operation.required_body_keys() {
                    let mut body = body.clone();
                    body.remove(key);
                    spoiled.push((
                        request(&client, operation, &sample).json(&body),
                        "is a required property",
                    ));
                }
                if operation.body_is_closed() {
                    let mut body = body.clone();
                    body.insert("unheard_of".to_owned(), json!(1));
                    spoiled.push((
                        request(&client, operation, &sample).json(&body),
                        "unheard_of",
                    ));
                }
                spoiled.push((
                    request(&client, operation, &sample).json("text"),
                    "is not of type",
                ));
            }
            Some(body) => {
                assert!(body.is_array(), "{operation}");
                spoiled.push((
                    request(&client, operation, &sample).json(&json!({})),
                    "is not of type",
                ));
            }
        }
        for (request, expected) in spoiled {
            let complaint = refusal(request).await;
            assert!(complaint.contains(expected), "{operation}: {complaint}");
            refused += 1;
        }
    }
    report(&format!(
        "document server: {accepted} valid requests accepted, {refused} invalid ones rejected"
    ));
}

#[test]
fn generated_responses_match_the_document() {
    let Some(document) = document() else { return };
    let mut made = 0;
    for operation in document.operations() {
        for variant in 0..operation.variants() {
            let answer = operation.answer(variant).unwrap().unwrap().value;
            let complaints = operation.complaints_about_answer(&answer);
            assert!(
                complaints.is_empty(),
                "{operation}: {complaints:?}\n{answer:#}"
            );
            made += 1;
        }
    }
    report(&format!("document: {made} responses generated"));
}

#[tokio::test]
async fn paths_and_methods_that_the_document_lacks_are_refused() {
    let Some(document) = document() else { return };
    let server = DocumentServer::start(document).await.unwrap();
    let client = client(&server.url());
    for (request, status) in [
        (client.request(http::Method::GET, ["nothing"]), 404),
        (
            client.request(http::Method::GET, ["users", "user_1", "nothing"]),
            404,
        ),
        (client.request(http::Method::PUT, ["users"]), 405),
        (
            client.request(http::Method::GET, ["users"]).unversioned(),
            404,
        ),
    ] {
        let error = request.send().await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), status, "{error}");
    }
    // Numbers, flags and lists are sent as the document describes.
    for (name, value) in [
        ("limit", "10.0"),
        ("limit", "0"),
        ("limit", "501"),
        ("banned", "yes"),
    ] {
        let request = client
            .request(http::Method::GET, ["users"])
            .query(name, value);
        let complaint = refusal(request).await;
        assert!(
            complaint.starts_with(&format!("query {name}: ")),
            "{complaint}"
        );
    }
    let twice = client
        .request(http::Method::GET, ["users"])
        .query("limit", 1)
        .query("limit", 2);
    assert_eq!(refusal(twice).await, "query limit: is given twice");
    let list = client
        .request(http::Method::GET, ["users"])
        .query("user_id", "a")
        .query("user_id", "b");
    list.send().await.unwrap();
    let extra = client
        .request(http::Method::GET, ["users"])
        .header(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    assert_eq!(
        refusal(extra).await,
        "body: has a content type although none is expected"
    );
}
