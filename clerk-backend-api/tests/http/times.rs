//! Points in time: in bodies and queries, and as the types of other crates.

use std::time::{Duration, SystemTime};

use clerk_backend_api::Timestamp;

use crate::{
    client,
    server::{Server, user},
};

const THEN: Timestamp = Timestamp::from_millis(1_700_690_400_123);

#[tokio::test]
async fn times_travel_as_each_operation_wants_them() {
    let server = Server::start([user(), user(), user()]).await;
    let users = client(&server);
    let system = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_690_400_123);
    users
        .users()
        .create()
        .created_at(system)
        .legal_accepted_at(THEN)
        .send()
        .await
        .unwrap();
    let body: serde_json::Value = serde_json::from_slice(&server.seen()[0].body).unwrap();
    assert_eq!(body["created_at"], "2023-11-22T22:00:00.123Z");
    assert_eq!(body["legal_accepted_at"], "2023-11-22T22:00:00.123Z");
    users
        .users()
        .update("user_1")
        .legal_accepted_at(None)
        .send()
        .await
        .unwrap();
    assert_eq!(server.seen()[1].body, br#"{"legal_accepted_at":null}"#);
    let _ = users.users().list().created_at_after(system).send().await;
    assert!(
        server.seen()[2]
            .target
            .contains("created_at_after=1700690400123")
    );
    // A year that RFC 3339 cannot represent.
    let far = users
        .users()
        .create()
        .created_at(Timestamp::from_millis(i64::MAX));
    assert!(far.send().await.is_err());
    assert_eq!(server.count(), 3);
}

#[test]
fn texts_and_times_agree() {
    assert_eq!(THEN.to_string(), "2023-11-22T22:00:00.123Z");
    assert_eq!(THEN.to_rfc3339().unwrap().parse(), Ok(THEN));
    assert_eq!(format!("{THEN:?}"), "Timestamp(2023-11-22T22:00:00.123Z)");
    assert!("yesterday".parse::<Timestamp>().is_err());
    let far = Timestamp::from_millis(i64::MAX);
    assert_eq!(
        (far.to_rfc3339(), far.to_string()),
        (None, format!("{} ms", i64::MAX))
    );
}

#[cfg(feature = "jiff")]
#[test]
fn jiff() {
    let time: jiff::Timestamp = "2023-11-22T22:00:00.123999Z".parse().unwrap();
    assert_eq!(Timestamp::from(time), THEN);
    assert_eq!(
        jiff::Timestamp::try_from(THEN).unwrap().as_millisecond(),
        THEN.as_millis()
    );
    let zoned = time.to_zoned(jiff::tz::TimeZone::UTC);
    assert_eq!(Timestamp::from(&zoned), THEN);
    assert!(jiff::Timestamp::try_from(Timestamp::from_millis(i64::MAX)).is_err());
}

#[cfg(feature = "time")]
#[test]
fn time() {
    let time = time::OffsetDateTime::from_unix_timestamp_nanos(1_700_690_400_123_999_999).unwrap();
    assert_eq!(Timestamp::from(time), THEN);
    assert_eq!(
        time::OffsetDateTime::try_from(THEN).unwrap(),
        time.replace_nanosecond(123_000_000).unwrap()
    );
    let before = time::OffsetDateTime::from_unix_timestamp_nanos(-1).unwrap();
    assert_eq!(Timestamp::from(before).as_millis(), -1);
    assert!(time::OffsetDateTime::try_from(Timestamp::from_millis(i64::MIN)).is_err());
}

#[cfg(feature = "chrono")]
#[test]
fn chrono() {
    let time = chrono::DateTime::from_timestamp_millis(1_700_690_400_123).unwrap();
    assert_eq!(Timestamp::from(time), THEN);
    assert_eq!(
        chrono::DateTime::<chrono::Utc>::try_from(THEN).unwrap(),
        time
    );
    let east = time.with_timezone(&chrono::FixedOffset::east_opt(7200).unwrap());
    assert_eq!(Timestamp::from(east), THEN);
    assert!(chrono::DateTime::<chrono::Utc>::try_from(Timestamp::from_millis(i64::MAX)).is_err());
}
