//! Billing: the operations of the document, and how subscriptions change over time.

use std::time::{Duration, SystemTime};

use clerk_emulator::{DiscountSeed, Emulator, Error, OrganizationSeed, PlanSeed, Seed, UserSeed};
use http::Method;
use serde_json::{Value, json};

use crate::caller::{Answer, Caller};
use crate::walk::{Walk, id};
use crate::webhooks::{Receiver, SECRET};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The seed of the walk's emulator for [`story`].
pub(crate) fn plans() -> [PlanSeed; 3] {
    [
        PlanSeed::for_users("pro", "Pro")
            .monthly_amount(2_000)
            .annual_monthly_amount(1_600)
            .feature("exports"),
        PlanSeed::for_users("trial", "Trial")
            .monthly_amount(900)
            .free_trial_days(7),
        PlanSeed::for_organizations("team", "Team").monthly_amount(5_000),
    ]
}

/// Calls each operation of billing.
pub(crate) async fn story(walk: &mut Walk<'_>, user: &str, organization: &str) {
    walk.get("/billing/plans", &[]).await;
    walk.get("/billing/plans?payer_type=org&limit=1", &[]).await;
    let prices = walk.get("/billing/prices?limit=100", &[]).await;
    let plan = prices["data"][0]["plan_id"].as_str().unwrap().to_owned();
    walk.get(&format!("/billing/prices?plan_id={plan}"), &[])
        .await;
    walk.post(
        "/billing/prices",
        &[],
        json!({ "plan_id": plan, "amount": 1_000, "description": "For friends" }),
    )
    .await;
    walk.get("/users/{user_id}/billing/subscription", &[user])
        .await;
    walk.get(
        "/organizations/{organization_id}/billing/subscription",
        &[organization],
    )
    .await;
    let items = walk
        .get(
            "/billing/subscription_items?include_free=true&limit=500",
            &[],
        )
        .await;
    let of = |wanted: &str| {
        let items = items["data"].as_array().unwrap().iter();
        items
            .filter(|item| item["plan"]["slug"] == wanted)
            .map(id)
            .next()
            .unwrap()
    };
    let (pro, trial) = (of("pro"), of("trial"));
    let trial_item = items["data"].as_array().unwrap().iter();
    let mut trial_item = trial_item.filter(|item| item["id"] == json!(trial));
    let trial_item = trial_item.next().unwrap();
    walk.post(
        "/billing/subscription_items/{subscription_item_id}/discounts",
        &[&pro],
        json!({ "discount_id": "cdisc_launch" }),
    )
    .await;
    walk.get("/billing/subscription_items?query=payer", &[])
        .await;
    walk.delete(
        "/billing/subscription_items/{subscription_item_id}/discounts/{discount_id}",
        &[&pro, "cdisc_launch"],
    )
    .await;
    walk.post(
        "/billing/subscription_items/{subscription_item_id}/extend_free_trial",
        &[&trial],
        json!({ "extend_to": after(trial_item, 20) }),
    )
    .await;
    let price = |slug: &str| {
        let item = items["data"].as_array().unwrap().iter();
        let mut item = item.filter(|item| item["plan"]["slug"] == slug);
        item.next().unwrap()["price_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let dear = json!({ "plan_id": plan_of(&items, "pro"), "amount": 3_000 });
    let dear = id(&walk.post("/billing/prices", &[], dear).await);
    let transition = "/billing/subscription_items/{subscription_item_id}/price_transition";
    let up = json!({ "from_price_id": price("pro"), "to_price_id": dear });
    let up = walk.post(transition, &[&pro], up).await;
    let down = json!({ "from_price_id": dear, "to_price_id": price("trial") });
    walk.post(transition, &[&id(&up["subscription_item"])], down)
        .await;
    walk.delete(
        "/billing/subscription_items/{subscription_item_id}?end_now=true",
        &[&trial],
    )
    .await;
    let statements = walk.get("/billing/statements", &[]).await;
    let statement = id(&statements["data"][0]);
    walk.get("/billing/statements/{statementID}", &[&statement])
        .await;
    walk.get(
        "/billing/statements/{statementID}/payment_attempts",
        &[&statement],
    )
    .await;
}

fn plan_of<'a>(items: &'a Value, slug: &str) -> &'a str {
    let mut items = items["data"].as_array().unwrap().iter();
    let item = items.find(|item| item["plan"]["slug"] == slug).unwrap();
    item["plan_id"].as_str().unwrap()
}

/// Returns a time this many days after the end of an item's period.
fn after(item: &Value, days: i64) -> String {
    rfc3339(item["period_end"].as_i64().unwrap() / 1_000 + days * 86_400)
}

/// Formats seconds since the epoch, by the algorithm for civil days of Howard Hinnant.
fn rfc3339(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let date = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{date:02}T00:00:00Z")
}

/// An emulator with a stopped clock, with one user on each of these plans.
async fn emulator(users: &[(&str, &str)]) -> (Emulator, Caller) {
    let mut builder = Emulator::builder().discount(
        DiscountSeed::percent("Launch", 50.0)
            .cycles(1)
            .id("cdisc_launch"),
    );
    for plan in plans() {
        builder = builder.plan(plan);
    }
    for (name, plan) in users {
        builder = builder.user(UserSeed::new(format!("{name}@example.com")).plan(*plan));
    }
    let emulator = builder.start().await.unwrap();
    let caller = Caller::new(&emulator);
    (emulator, caller)
}

async fn get(caller: &Caller, path: &str) -> Value {
    let answer = caller.call(Method::GET, path, None).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

async fn post(caller: &Caller, path: &str, body: Value) -> Answer {
    caller.call(Method::POST, path, Some(&body)).await
}

async fn items_of(emulator: &Emulator, caller: &Caller, user: &str) -> Vec<Value> {
    let user = emulator.user_id(&format!("{user}@example.com")).unwrap();
    let subscription = get(caller, &format!("/users/{user}/billing/subscription")).await;
    subscription["subscription_items"]
        .as_array()
        .unwrap()
        .clone()
}

fn claims(emulator: &Emulator, user: &str) -> Value {
    use base64::Engine as _;

    let token = emulator
        .session_token(format!("{user}@example.com"))
        .mint()
        .unwrap();
    let payload = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_subscription_is_paid_renewed_and_ended() {
    let (emulator, caller) = emulator(&[("ada", "pro")]).await;
    assert_eq!(claims(&emulator, "ada")["pla"], "u:pro");
    assert_eq!(claims(&emulator, "ada")["fea"], "u:exports");
    let item = items_of(&emulator, &caller, "ada").await.remove(0);
    assert_eq!(item["lifetime_paid"]["amount"], 2_000);

    // The next period is paid with credits first, and with a discount that applies once.
    let user = emulator.user_id("ada@example.com").unwrap();
    let credit = json!({ "amount": 300, "action": "increase", "idempotency_key": "gift" });
    post(&caller, &format!("/users/{user}/billing/credits"), credit).await;
    let discounts = format!("/billing/subscription_items/{}/discounts", id(&item));
    let applied = post(
        &caller,
        &discounts,
        json!({ "discount_id": "cdisc_launch" }),
    )
    .await;
    assert_eq!(applied.body["amount"]["amount"], 1_000);
    let again = post(
        &caller,
        &discounts,
        json!({ "discount_id": "cdisc_launch" }),
    )
    .await;
    assert_eq!(
        (again.status.as_u16(), again.code()),
        (409, "discount_already_applied")
    );
    emulator.advance_clock(DAY * 31);
    let item = items_of(&emulator, &caller, "ada").await.remove(0);
    assert_eq!(item["lifetime_paid"]["amount"], 2_000 + 700);
    emulator.advance_clock(DAY * 31);
    let item = items_of(&emulator, &caller, "ada").await.remove(0);
    assert_eq!(item["lifetime_paid"]["amount"], 2_000 + 700 + 2_000);
    assert_eq!(get(&caller, "/billing/statements").await["total_count"], 3);

    // A canceled item stays active until its period ends.
    let path = format!("/billing/subscription_items/{}", id(&item));
    let canceled = caller.call(Method::DELETE, &path, None).await.body;
    assert_eq!(canceled["status"], "canceled");
    assert_eq!(claims(&emulator, "ada")["pla"], "u:pro");
    let items = items_of(&emulator, &caller, "ada").await;
    let free = id(&items[1]);
    assert_eq!(items[1]["plan"]["slug"], "free_user");
    assert_eq!(items[1]["status"], "upcoming");
    assert_eq!(items[1]["period_start"], item["period_end"]);
    assert_eq!(items[1]["next_payment"], Value::Null);
    emulator.advance_clock(DAY * 31);
    let items = items_of(&emulator, &caller, "ada").await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["plan"]["slug"], "free_user");
    assert_eq!(claims(&emulator, "ada")["pla"], "u:free_user");
    assert_eq!(
        id(&items[0]),
        free,
        "the item of the default plan is always the same"
    );
    let ended = get(&caller, "/billing/subscription_items?status=ended").await;
    assert_eq!(ended["data"][0]["id"], item["id"]);
    let refused = caller.call(Method::DELETE, &path, None).await;
    assert_eq!(
        refused.code(),
        "commerce_subscription_item_already_canceled"
    );
    let default = format!("/billing/subscription_items/{}", id(&items[0]));
    let refused = caller.call(Method::DELETE, &default, None).await;
    assert_eq!(
        refused.code(),
        "commerce_subscription_item_cannot_be_canceled"
    );
}

#[tokio::test]
async fn a_free_trial_is_extended_and_then_paid() {
    let (emulator, caller) = emulator(&[("ada", "trial"), ("bob", "pro")]).await;
    let item = items_of(&emulator, &caller, "ada").await.remove(0);
    assert_eq!(item["is_free_trial"], true);
    assert_eq!(item["lifetime_paid"]["amount"], 0);
    let path = format!(
        "/billing/subscription_items/{}/extend_free_trial",
        id(&item)
    );
    for refused in [
        json!(null),
        json!("tomorrow"),
        json!("2020-01-01T00:00:00Z"),
        json!("2120-01-01T00:00:00Z"),
    ] {
        let answer = post(&caller, &path, json!({ "extend_to": refused })).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert_eq!(answer.param(), "extend_to");
    }
    let extended = post(&caller, &path, json!({ "extend_to": after(&item, 14) })).await;
    assert_eq!(extended.status, 200, "{}", extended.body);
    assert!(extended.body["period_end"].as_i64() > item["period_end"].as_i64());
    let again = post(&caller, &path, json!({ "extend_to": after(&item, 14) })).await;
    assert_eq!(again.body["period_end"], extended.body["period_end"]);
    emulator.advance_clock(DAY * 15);
    assert_eq!(
        items_of(&emulator, &caller, "ada").await[0]["is_free_trial"],
        true
    );
    emulator.advance_clock(DAY * 10);
    let paid = items_of(&emulator, &caller, "ada").await.remove(0);
    assert_eq!(paid["is_free_trial"], false);
    assert_eq!(paid["lifetime_paid"]["amount"], 900);
    let bob = items_of(&emulator, &caller, "bob").await.remove(0);
    let path = format!("/billing/subscription_items/{}/extend_free_trial", id(&bob));
    let refused = post(&caller, &path, json!({ "extend_to": after(&bob, 1) })).await;
    assert_eq!(refused.code(), "subscription_item_not_in_free_trial");
}

#[tokio::test]
async fn prices_change_at_once_upwards_and_later_downwards() {
    let (emulator, caller) = emulator(&[("ada", "pro")]).await;
    let item = items_of(&emulator, &caller, "ada").await.remove(0);
    let plan = item["plan_id"].as_str().unwrap();
    let price = |amount: i64| json!({ "plan_id": plan, "amount": amount });
    let dear = id(&post(&caller, "/billing/prices", price(3_000)).await.body);
    let cheap = id(&post(&caller, "/billing/prices", price(500)).await.body);
    let current = item["price_id"].as_str().unwrap();
    let path = format!("/billing/subscription_items/{}/price_transition", id(&item));
    let conflict = post(
        &caller,
        &path,
        json!({ "from_price_id": dear, "to_price_id": cheap }),
    )
    .await;
    assert_eq!(conflict.status, 409);
    let up = post(
        &caller,
        &path,
        json!({ "from_price_id": current, "to_price_id": dear }),
    )
    .await
    .body;
    assert_eq!(up["transition"]["effective_mode"], "immediate");
    assert_eq!(up["transition"]["charged_immediately"], true);
    // The whole old period is left.
    let charged = up["transition"]["immediate_charge"]["amount"]
        .as_i64()
        .unwrap();
    assert!((1_000..1_010).contains(&charged), "{charged}");
    let next = id(&up["subscription_item"]);
    let path = format!("/billing/subscription_items/{next}/price_transition");
    let down = post(
        &caller,
        &path,
        json!({ "from_price_id": dear, "to_price_id": cheap }),
    )
    .await
    .body;
    assert_eq!(down["transition"]["effective_mode"], "end_of_period");
    assert_eq!(down["subscription_item"]["status"], "upcoming");
    emulator.advance_clock(DAY * 31);
    let items = items_of(&emulator, &caller, "ada").await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["price_id"], json!(cheap));
    assert_eq!(items[0]["status"], "active");
}

#[tokio::test]
async fn bad_prices_and_unknown_rows_are_refused() {
    let (_emulator, caller) = emulator(&[]).await;
    let plans = get(&caller, "/billing/plans").await;
    let plan = id(&plans["data"][0]);
    for (body, status, param) in [
        (json!({ "amount": 100 }), 422, "plan_id"),
        (json!({ "plan_id": plan }), 422, "amount"),
        (json!({ "plan_id": plan, "amount": 99 }), 422, "amount"),
        (json!({ "plan_id": plan, "amount": -1 }), 422, "amount"),
        (json!({ "plan_id": plan, "amount": null }), 422, "amount"),
        (json!({ "plan_id": plan, "amount": "free" }), 422, "amount"),
        (
            json!({ "plan_id": plan, "amount": 100, "currency": "EUR" }),
            422,
            "currency",
        ),
        (
            json!({ "plan_id": plan, "amount": 100, "supported_billing_periods": "both" }),
            422,
            "supported_billing_periods",
        ),
        (json!({ "plan_id": "cplan_nobody", "amount": 100 }), 404, ""),
        (
            json!({ "plan_id": plan, "amount": 100, "unheard_of": 1 }),
            422,
            "unheard_of",
        ),
    ] {
        let answer = post(&caller, "/billing/prices", body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.body);
        assert_eq!(answer.param(), param, "{body}");
    }
    const GET: Method = Method::GET;
    for (method, path) in [
        (GET, "/billing/prices?plan_id=cplan_nobody"),
        (GET, "/billing/statements/nobody"),
        (GET, "/billing/statements/nobody/payment_attempts"),
        (GET, "/users/nobody/billing/subscription"),
        (GET, "/organizations/nobody/billing/subscription"),
        (Method::DELETE, "/billing/subscription_items/nobody"),
        (
            Method::DELETE,
            "/billing/subscription_items/nobody/discounts/nobody",
        ),
    ] {
        let answer = caller.call(method, path, None).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (404, "resource_not_found"),
            "{path}"
        );
    }
    for path in [
        "/billing/plans?payer_type=cat",
        "/billing/subscription_items?status=cat",
        "/billing/plans?limit=501",
    ] {
        let answer = caller.call(Method::GET, path, None).await;
        assert_eq!(answer.status, 422, "{path}");
    }
}

#[tokio::test]
async fn a_free_trial_that_is_extended_is_announced_again() {
    let receiver = Receiver::start().await;
    let emulator = Emulator::builder()
        .plan(plans()[1].clone())
        .user(UserSeed::new("ada@example.com").plan("trial"))
        .webhook(receiver.url(), SECRET)
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let count = async || {
        emulator.settle().await;
        receiver.count("subscriptionItem.freeTrialEnding")
    };
    emulator.advance_clock(DAY * 5);
    assert_eq!(count().await, 1);
    let item = items_of(&emulator, &caller, "ada").await.remove(0);
    let path = format!(
        "/billing/subscription_items/{}/extend_free_trial",
        id(&item)
    );
    let extended = post(&caller, &path, json!({ "extend_to": after(&item, 10) })).await;
    assert_eq!(extended.status, 200, "{}", extended.body);
    assert_eq!(count().await, 1);
    emulator.advance_clock(DAY * 9);
    assert_eq!(count().await, 2);
}

#[tokio::test]
async fn every_way_to_move_the_clock_renews_subscriptions() {
    // In 2020, so that real time is later as well.
    const STARTED: Duration = Duration::from_secs(1_577_836_800);
    let seed = json!({ "clock_ms": STARTED.as_secs() * 1_000 }).to_string();
    for moved in [
        (|emulator: &Emulator| emulator.advance_clock(DAY * 40)) as fn(&Emulator),
        |emulator| emulator.set_clock(SystemTime::UNIX_EPOCH + STARTED + DAY * 40),
        Emulator::reset_clock,
    ] {
        let receiver = Receiver::start().await;
        let emulator = Emulator::builder()
            .plan(plans()[0].clone())
            .seed(Seed::from_json(&seed).unwrap())
            .user(UserSeed::new("ada@example.com").plan("pro"))
            .webhook(receiver.url(), SECRET)
            .start()
            .await
            .unwrap();
        moved(&emulator);
        emulator.settle().await;
        let events = receiver.payloads();
        let is_payment = |event: &Value| event["type"] == "paymentAttempt.updated";
        assert!(events.iter().any(is_payment), "{events:?}");
    }
}

#[tokio::test]
async fn a_seeded_card_that_is_declined_leaves_the_renewal_past_due() {
    let seeded = |card| {
        Emulator::builder()
            .plan(plans()[0].clone())
            .user(UserSeed::new("ada@example.com").plan("pro").card(card))
            .organization(OrganizationSeed::new("Acme", "acme").card("pm_card_mastercard"))
    };
    let emulator = seeded("pm_card_chargeCustomerFail").start().await.unwrap();
    let caller = Caller::new(&emulator);
    let item = items_of(&emulator, &caller, "ada").await.remove(0);
    assert_eq!(item["status"], "active");
    assert_eq!(item["payment_method"]["last4"], "0341");
    emulator.advance_clock(DAY * 31);
    let listed = get(&caller, "/billing/subscription_items?status=past_due").await;
    assert_eq!(listed["data"][0]["id"], item["id"]);
    assert_eq!(listed["data"][0]["past_due_at"], item["period_end"]);
    assert_eq!(listed["data"][0]["lifetime_paid"], item["lifetime_paid"]);
    let active = get(&caller, "/billing/subscription_items?status=active").await;
    assert_eq!(active["total_count"], 0);
    assert_eq!(claims(&emulator, "ada")["pla"], "u:pro");

    // What is owed is not credited to another price, and a past due plan ends as soon as it is canceled.
    let body = json!({ "from_price_id": item["price_id"], "to_price_id": item["price_id"] });
    let path = format!("/billing/subscription_items/{}", id(&item));
    let refused = post(&caller, &format!("{path}/price_transition"), body).await;
    assert_eq!(refused.code(), "subscription_item_no_longer_active");
    let canceled = caller.call(Method::DELETE, &path, None).await.body;
    assert_eq!(canceled["status"], "ended");
    assert_eq!(claims(&emulator, "ada")["pla"], "u:free_user");

    let error = seeded("4000000000000341").start().await.unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }), "{error}");
    assert!(error.to_string().contains("pm_card_visa"), "{error}");
}
