//! Billing from the side of those who pay.

use std::time::Duration;

use clerk_emulator::{
    DiscountSeed, Emulator, EmulatorBuilder, OrganizationSeed, PlanSeed, UserSeed,
};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::browser::{Answer, Body, Browser, Judge, id};
use super::events;
use super::organizations::claims;
use crate::caller::Caller;
use crate::webhooks::{Receiver, SECRET};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Events of payers whose cards are declined, who change their minds, and whose free trials end.
pub(crate) const BY_PAYERS: &[&str] = &[
    "subscription.pastDue",
    "subscriptionItem.abandoned",
    "subscriptionItem.freeTrialEnding",
    "subscriptionItem.incomplete",
    "subscriptionItem.pastDue",
];

async fn emulator() -> Emulator {
    started(Emulator::builder()).await
}

async fn started(builder: EmulatorBuilder) -> Emulator {
    let pro = PlanSeed::for_users("pro", "Pro")
        .monthly_amount(2_000)
        .annual_monthly_amount(1_600)
        .feature("exports");
    builder
        .user(UserSeed::new("ada@example.com").password("analytical-engine"))
        .user(UserSeed::new("grace@example.com").password("nanoseconds-matter"))
        .organization(
            OrganizationSeed::new("Acme", "acme")
                .member("ada@example.com", "org:admin")
                .member("grace@example.com", "org:member"),
        )
        .plan(pro)
        .plan(PlanSeed::for_users("basic", "Basic").monthly_amount(500))
        .plan(
            PlanSeed::for_users("trial", "Trial")
                .monthly_amount(3_000)
                .free_trial_days(7),
        )
        .plan(
            PlanSeed::for_organizations("team", "Team")
                .monthly_amount(5_000)
                .feature("seats"),
        )
        .start()
        .await
        .unwrap()
}

/// Who pays: how the document spells the paths, and what is filled in.
#[derive(Clone, Copy)]
struct Payer<'a> {
    base: &'static str,
    organization: Option<&'a str>,
}

impl<'a> Payer<'a> {
    const USER: Self = Self {
        base: "/v1/me/billing",
        organization: None,
    };

    fn organization(id: &'a str) -> Self {
        Self {
            base: "/v1/organizations/{organizationID}/billing",
            organization: Some(id),
        }
    }

    async fn send(
        self,
        browser: &mut Browser,
        method: Method,
        path: &str,
        more: &[&str],
        form: &[(&str, &str)],
    ) -> super::browser::Answer {
        let arguments: Vec<&str> = self.organization.iter().chain(more).copied().collect();
        let template = format!("{}/{path}", self.base);
        let body = Body::Form(form);
        browser.send(method, &template, &arguments, body).await
    }

    async fn get(self, browser: &mut Browser, path: &str) -> Value {
        let answer = self.send(browser, Method::GET, path, &[], &[]).await;
        answer.response().clone()
    }
}

/// Finds a plan in the public list.
async fn plan(browser: &mut Browser, payer_type: &str, slug: &str) -> String {
    let list = format!("/v1/billing/plans?payer_type={payer_type}");
    let plans = browser.get(&list, &[]).await.body;
    let plans = plans["data"].as_array().unwrap().iter();
    let mut plans = plans.filter(|plan| plan["slug"] == slug);
    id(plans.next().unwrap())
}

/// Starts a checkout, and returns its ID.
async fn checkout(browser: &mut Browser, payer: Payer<'_>, plan: &str, period: &str) -> String {
    let form = [("plan_id", plan), ("plan_period", period)];
    let started = payer
        .send(browser, Method::POST, "checkouts", &[], &form)
        .await;
    id(started.response())
}

/// Buys a plan with the card that every payer has.
async fn buy(browser: &mut Browser, payer: Payer<'_>, plan: &str, period: &str) -> Value {
    let checkout = checkout(browser, payer, plan, period).await;
    let path = "checkouts/{checkoutID}/confirm";
    let form = [("use_test_card", "true"), ("gateway", "stripe")];
    let done = payer
        .send(browser, Method::PATCH, path, &[&checkout], &form)
        .await;
    assert_eq!(done.response()["status"], "completed", "{}", done.body);
    done.response().clone()
}

/// Calls each operation for a user and for an organization.
pub(super) async fn payers(judge: &Judge) {
    let emulator = emulator().await;
    let organization = emulator.organization_id("acme").unwrap();
    let mut ada = Browser::new(&emulator, judge).await;
    ada.sign_in("ada@example.com", "analytical-engine").await;
    for (payer, payer_type, slug) in [
        (Payer::USER, "user", "pro"),
        (Payer::organization(&organization), "org", "team"),
    ] {
        let plan = plan(&mut ada, payer_type, slug).await;
        let shown = ada.get("/v1/billing/plans/{planIdOrSlug}", &[slug]).await;
        assert_eq!(shown.body["id"], plan.as_str());

        let own = payer.get(&mut ada, "subscription").await;
        assert_eq!(own["subscription_items"][0]["plan"]["is_default"], true);
        let form = [("plan_id", plan.as_str()), ("plan_period", "month")];
        let started = payer
            .send(&mut ada, Method::POST, "checkouts", &[], &form)
            .await;
        let checkout = started.response().clone();
        assert_eq!(checkout["needs_payment_method"], true);
        let one = "checkouts/{checkoutID}";
        let (checkout_id, fee) = (id(&checkout), &checkout["totals"]["total_due_now"]);
        let again = payer
            .send(&mut ada, Method::GET, one, &[&checkout_id], &[])
            .await;
        assert_eq!(again.response()["totals"]["total_due_now"], *fee);
        let form = [("promo_code", "")];
        payer
            .send(&mut ada, Method::PATCH, one, &[&checkout_id], &form)
            .await
            .response();
        let form = [("promo_code", "FRIENDS")];
        let unknown = payer
            .send(&mut ada, Method::PATCH, one, &[&checkout_id], &form)
            .await;
        assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);

        // Another card is added, and becomes the one that pays.
        payer
            .send(
                &mut ada,
                Method::POST,
                "payment_methods/initialize",
                &[],
                &[],
            )
            .await
            .response();
        let form = [
            ("gateway", "stripe"),
            ("payment_token", "pm_card_mastercard"),
        ];
        let added = payer
            .send(&mut ada, Method::POST, "payment_methods", &[], &form)
            .await;
        let card = id(added.response());
        let form = [("payment_method_id", card.as_str())];
        payer
            .send(
                &mut ada,
                Method::PUT,
                "payers/default_payment_method",
                &[],
                &form,
            )
            .await
            .response();
        let cards = payer.get(&mut ada, "payment_methods").await;
        assert_eq!(cards["total_count"], 2);
        assert_eq!(cards["data"][0]["is_default"], false);
        assert_eq!(cards["data"][1]["last4"], "4444");

        let path = "checkouts/{checkoutID}/confirm";
        let done = payer
            .send(&mut ada, Method::PATCH, path, &[&checkout_id], &form)
            .await;
        assert_eq!(done.response()["status"], "completed");
        let twice = payer
            .send(&mut ada, Method::PATCH, path, &[&checkout_id], &form)
            .await;
        assert_eq!(twice.status, StatusCode::CONFLICT);

        let items = payer.get(&mut ada, "subscription_items").await;
        assert_eq!(items["data"][0]["plan"]["slug"], slug);
        let statements = payer.get(&mut ada, "statements").await;
        let statement = id(&statements["data"][0]);
        let one = "statements/{statementID}";
        let statement = payer
            .send(&mut ada, Method::GET, one, &[&statement], &[])
            .await;
        assert_eq!(
            statement.response()["groups"][0]["items"][0]["amount"],
            *fee
        );
        let payments = payer
            .send(&mut ada, Method::GET, "payment_attempts", &[], &[])
            .await;
        assert_eq!(payments.body["data"][0]["payment_method"]["last4"], "4444");
        let payment = id(&payments.body["data"][0]);
        let one = "payment_attempts/{paymentAttemptID}";
        let payment = payer
            .send(&mut ada, Method::GET, one, &[&payment], &[])
            .await;
        assert_eq!(payment.body["status"], "paid");
        assert_eq!(payer.get(&mut ada, "credits").await["balance"], Value::Null);
        assert_eq!(
            payer.get(&mut ada, "credits/history").await["total_count"],
            0
        );

        let one = "payment_methods/{paymentMethodID}";
        let used = payer
            .send(&mut ada, Method::DELETE, one, &[&card], &[])
            .await;
        assert_eq!(used.status, StatusCode::CONFLICT);
        assert_eq!(used.code(), "payment_source_in_use");
        let first = id(&cards["data"][0]);
        let form = [("payment_method_id", first.as_str())];
        let default = "payers/default_payment_method";
        payer
            .send(&mut ada, Method::PUT, default, &[], &form)
            .await
            .response();
        let gone = payer
            .send(&mut ada, Method::DELETE, one, &[&card], &[])
            .await;
        assert_eq!(gone.response()["status"], "disconnected");
        let cards = payer.get(&mut ada, "payment_methods").await;
        assert_eq!(cards["data"][0]["is_default"], true);
        let kept = payer
            .send(&mut ada, Method::DELETE, one, &[&first], &[])
            .await;
        assert_eq!(kept.status, StatusCode::CONFLICT);

        let one = "subscription_items/{subscriptionItemID}";
        let item = id(&items["data"][0]);
        let canceled = payer
            .send(&mut ada, Method::DELETE, one, &[&item], &[])
            .await;
        assert_eq!(canceled.response()["status"], "canceled");
    }
}

#[tokio::test]
async fn a_plan_that_was_bought_is_in_the_next_token() {
    let emulator = emulator().await;
    let judge = Judge::default();
    let mut ada = Browser::new(&emulator, &judge).await;
    let session = ada.sign_in("ada@example.com", "analytical-engine").await;
    let tokens = "/v1/client/sessions/{session_id}/tokens";
    let before = claims(&ada.post(tokens, &[&session], &[]).await.body["jwt"]);
    assert_eq!(before["pla"], "u:free_user");
    let pro = plan(&mut ada, "user", "pro").await;
    buy(&mut ada, Payer::USER, &pro, "month").await;
    let after = claims(&ada.post(tokens, &[&session], &[]).await.body["jwt"]);
    assert_eq!(
        (&after["pla"], &after["fea"]),
        (&json!("u:pro"), &json!("u:exports"))
    );

    // A subscription that was canceled stays until its period is over.
    let items = Payer::USER.get(&mut ada, "subscription_items").await;
    let item = id(&items["data"][0]);
    let one = "subscription_items/{subscriptionItemID}";
    Payer::USER
        .send(&mut ada, Method::DELETE, one, &[&item], &[])
        .await
        .response();
    let canceled = claims(&ada.post(tokens, &[&session], &[]).await.body["jwt"]);
    assert_eq!(canceled["pla"], "u:pro");
    emulator.advance_clock(31 * DAY);
    let session = ada.sign_in("ada@example.com", "analytical-engine").await;
    let items = Payer::USER.get(&mut ada, "subscription_items").await;
    assert_eq!(items["data"][0]["plan"]["slug"], "free_user");
    let ended = claims(&ada.post(tokens, &[&session], &[]).await.body["jwt"]);
    assert_eq!(ended["pla"], "u:free_user");
}

#[tokio::test]
async fn a_dearer_plan_begins_at_once_and_a_cheaper_one_when_the_period_is_over() {
    let emulator = emulator().await;
    let judge = Judge::default();
    let mut ada = Browser::new(&emulator, &judge).await;
    ada.sign_in("ada@example.com", "analytical-engine").await;
    let (basic, pro) = (
        plan(&mut ada, "user", "basic").await,
        plan(&mut ada, "user", "pro").await,
    );
    buy(&mut ada, Payer::USER, &basic, "month").await;
    emulator.advance_clock(15 * DAY);
    ada.sign_in("ada@example.com", "analytical-engine").await;
    let up = buy(&mut ada, Payer::USER, &pro, "month").await;
    assert_eq!(up["is_immediate_plan_change"], true);
    // Half of the cheaper plan's month is left, and counts.
    let due = up["totals"]["total_due_now"]["amount"].as_i64().unwrap();
    assert!((1_750..=1_751).contains(&due), "{due}");

    let down = buy(&mut ada, Payer::USER, &basic, "month").await;
    assert_eq!(down["is_immediate_plan_change"], false);
    assert_eq!(down["totals"]["total_due_now"]["amount"], 0);
    let slugs = async |ada: &mut Browser| -> Vec<String> {
        let items = Payer::USER.get(ada, "subscription_items").await;
        let items = items["data"].as_array().unwrap().iter();
        let shown = items.map(|item| format!("{} {}", item["plan"]["slug"], item["status"]));
        shown.map(|text| text.replace('"', "")).collect()
    };
    assert_eq!(slugs(&mut ada).await, ["pro canceled", "basic upcoming"]);
    emulator.advance_clock(31 * DAY);
    ada.sign_in("ada@example.com", "analytical-engine").await;
    assert_eq!(slugs(&mut ada).await, ["basic active"]);
}

#[tokio::test]
async fn a_free_trial_costs_nothing_and_is_had_once() {
    let emulator = emulator().await;
    let judge = Judge::default();
    let mut ada = Browser::new(&emulator, &judge).await;
    ada.sign_in("ada@example.com", "analytical-engine").await;
    let trial = plan(&mut ada, "user", "trial").await;
    let done = buy(&mut ada, Payer::USER, &trial, "month").await;
    assert!(done["free_trial_ends_at"].is_i64(), "{done}");
    assert_eq!(done["totals"]["total_due_now"]["amount"], 0);
    assert_eq!(
        done["totals"]["total_due_after_free_trial"]["amount"],
        3_000
    );
    let statements = Payer::USER.get(&mut ada, "statements").await;
    assert_eq!(statements["total_count"], 0);
    emulator.advance_clock(8 * DAY);
    ada.sign_in("ada@example.com", "analytical-engine").await;
    let payments = Payer::USER
        .send(&mut ada, Method::GET, "payment_attempts", &[], &[])
        .await;
    assert_eq!(payments.body["data"][0]["amount"]["amount"], 3_000);
    let own = Payer::USER.get(&mut ada, "subscription").await;
    assert_eq!(own["eligible_for_free_trial"], false);
}

#[tokio::test]
async fn members_without_the_permission_and_strangers_are_refused() {
    let emulator = emulator().await;
    let judge = Judge::default();
    let acme = emulator.organization_id("acme").unwrap();
    let organization = Payer::organization(&acme);
    let mut ada = Browser::new(&emulator, &judge).await;
    ada.sign_in("ada@example.com", "analytical-engine").await;
    let mut grace = Browser::new(&emulator, &judge).await;
    grace
        .sign_in("grace@example.com", "nanoseconds-matter")
        .await;
    let (team, pro) = (
        plan(&mut ada, "org", "team").await,
        plan(&mut ada, "user", "pro").await,
    );
    let form = [("plan_id", team.as_str()), ("plan_period", "month")];
    let refused = organization
        .send(&mut grace, Method::POST, "checkouts", &[], &form)
        .await;
    assert_eq!(refused.code(), "missing_organization_permission");
    organization.get(&mut grace, "subscription").await;

    // A checkout, a card and an item belong to one payer.
    let form = [("plan_id", pro.as_str()), ("plan_period", "month")];
    let started = Payer::USER
        .send(&mut ada, Method::POST, "checkouts", &[], &form)
        .await;
    let checkout = id(started.response());
    let path = "checkouts/{checkoutID}/confirm";
    let foreign = Payer::USER
        .send(&mut grace, Method::PATCH, path, &[&checkout], &[])
        .await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    let cards = Payer::USER.get(&mut ada, "payment_methods").await;
    let card = id(&cards["data"][0]);
    let form = [("payment_method_id", card.as_str())];
    let foreign = Payer::USER
        .send(
            &mut grace,
            Method::PUT,
            "payers/default_payment_method",
            &[],
            &form,
        )
        .await;
    assert_eq!(foreign.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (method, path, code) in [
        (Method::GET, "checkouts/{checkoutID}", "checkout_not_found"),
        (
            Method::PATCH,
            "checkouts/{checkoutID}/confirm",
            "checkout_not_found",
        ),
        (
            Method::DELETE,
            "subscription_items/{subscriptionItemID}",
            "subscription_item_not_found",
        ),
        (
            Method::DELETE,
            "payment_methods/{paymentMethodID}",
            "payment_source_not_found",
        ),
        (
            Method::GET,
            "statements/{statementID}",
            "commerce_statement_not_found",
        ),
    ] {
        let unknown = Payer::USER
            .send(&mut grace, method, path, &["nobody"], &[])
            .await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(unknown.code(), code, "{path}");
    }

    // A plan is for one kind of payer, and is not bought twice.
    let form = [("plan_id", team.as_str()), ("plan_period", "month")];
    let wrong = Payer::USER
        .send(&mut ada, Method::POST, "checkouts", &[], &form)
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    buy(&mut ada, Payer::USER, &pro, "month").await;
    let form = [("plan_id", pro.as_str()), ("plan_period", "month")];
    let twice = Payer::USER
        .send(&mut ada, Method::POST, "checkouts", &[], &form)
        .await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut nobody = Browser::new(&emulator, &judge).await;
    let refused = Payer::USER
        .send(&mut nobody, Method::GET, "subscription", &[], &[])
        .await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

/// Pays for a checkout with a test card of the payment provider.
async fn pay(browser: &mut Browser, checkout: &str, card: &str) -> Answer {
    let path = "checkouts/{checkoutID}/confirm";
    let form = [("payment_token", card), ("gateway", "stripe")];
    Payer::USER
        .send(browser, Method::PATCH, path, &[checkout], &form)
        .await
}

#[tokio::test]
async fn browsers_see_discounts_and_credits() {
    let seed = Emulator::builder().discount(
        DiscountSeed::percent("Launch", 50.0)
            .id("cdisc_launch")
            .cycles(1),
    );
    let emulator = started(seed).await;
    let caller = Caller::new(&emulator);
    let judge = Judge::beside_workspace();
    let mut ada = Browser::new(&emulator, &judge).await;
    ada.sign_in("ada@example.com", "analytical-engine").await;
    let pro = plan(&mut ada, "user", "pro").await;
    let bought = buy(&mut ada, Payer::USER, &pro, "month").await;
    let per_period = &bought["totals"]["totals_due_per_period"];
    assert_eq!(per_period["grand_total"]["amount"], 2_000);
    let items = Payer::USER.get(&mut ada, "subscription_items").await;
    let item = &items["data"][0];
    assert_eq!(item["applied_discount"], Value::Null);
    assert_eq!(item["payer"]["credits_balance"]["amount"], 0);

    let user = emulator.user_id("ada@example.com").unwrap();
    let item = id(item);
    for (path, body) in [
        (
            format!("/users/{user}/billing/credits"),
            json!({ "amount": 300, "action": "increase", "idempotency_key": "gift" }),
        ),
        (
            format!("/billing/subscription_items/{item}/discounts"),
            json!({ "discount_id": "cdisc_launch" }),
        ),
    ] {
        let done = caller.call(Method::POST, &path, Some(&body)).await;
        assert!(done.status.is_success(), "{path}: {}", done.body);
    }
    let items = Payer::USER.get(&mut ada, "subscription_items").await;
    let own = Payer::USER.get(&mut ada, "subscription").await;
    let path = "/billing/subscription_items";
    let served = caller.call(Method::GET, path, None).await.body;
    for item in [&items["data"][0], &own["subscription_items"][0]] {
        let discount = &item["applied_discount"];
        assert_eq!(discount["discount_id"], "cdisc_launch", "{item}");
        assert_eq!(discount["amount"]["amount"], 1_000);
    }
    for item in [&items["data"][0], &served["data"][0]] {
        assert_eq!(item["payer"]["credits_balance"]["amount"], 300, "{item}");
    }
    judge.verdict();
}

/// Returns the plan and the status of each item of the user.
async fn items(browser: &mut Browser) -> Vec<String> {
    let own = Payer::USER.get(browser, "subscription").await;
    let items = own["subscription_items"].as_array().unwrap().iter();
    let shown = items.map(|item| format!("{} {}", item["plan"]["slug"], item["status"]));
    shown.map(|text| text.replace('"', "")).collect()
}

const DECLINED: &str = "pm_card_chargeCustomerFail";

#[tokio::test]
async fn a_card_that_is_declined_buys_nothing_and_leaves_a_renewal_past_due() {
    let receiver = Receiver::start().await;
    let emulator = started(Emulator::builder().webhook(receiver.url(), SECRET)).await;
    let judge = Judge::default();
    let mut ada = Browser::new(&emulator, &judge).await;
    ada.sign_in("ada@example.com", "analytical-engine").await;
    let (pro, basic) = (
        plan(&mut ada, "user", "pro").await,
        plan(&mut ada, "user", "basic").await,
    );

    // The plan that the payer has remains, and the same checkout can be paid for with another card.
    let first = checkout(&mut ada, Payer::USER, &basic, "month").await;
    let abandoned = pay(&mut ada, &first, DECLINED).await;
    assert_eq!(abandoned.code(), "payment_attempt_failed_card_declined");
    let second = checkout(&mut ada, Payer::USER, &pro, "month").await;
    for _ in 0..2 {
        let refused = pay(&mut ada, &second, DECLINED).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.code(), "payment_attempt_failed_card_declined");
        assert_eq!(items(&mut ada).await, ["free_user active"]);
    }
    let payments = Payer::USER
        .send(&mut ada, Method::GET, "payment_attempts", &[], &[])
        .await
        .body;
    assert_eq!(payments["data"][0]["status"], "failed");
    assert!(payments["data"][0]["failed_at"].is_i64(), "{payments}");
    assert_eq!(payments["data"][0]["paid_at"], Value::Null);
    let bought = pay(&mut ada, &second, "pm_card_visa").await;
    assert_eq!(bought.response()["status"], "completed");
    assert_eq!(items(&mut ada).await, ["pro active"]);
    let statements = Payer::USER.get(&mut ada, "statements").await;
    assert_eq!(
        statements["data"][0]["totals"]["grand_total"]["amount"],
        2_000
    );

    // The renewal fails: the plan stays in force until somebody cancels it, and is paid for when there is another card.
    let form = [("payment_token", DECLINED), ("gateway", "stripe")];
    let added = Payer::USER
        .send(&mut ada, Method::POST, "payment_methods", &[], &form)
        .await;
    let declined = id(added.response());
    let cards = Payer::USER.get(&mut ada, "payment_methods").await;
    let good = id(&cards["data"][0]);
    let chosen = async |ada: &mut Browser, card: &str| {
        let form = [("payment_method_id", card)];
        let path = "payers/default_payment_method";
        Payer::USER
            .send(ada, Method::PUT, path, &[], &form)
            .await
            .response();
    };
    chosen(&mut ada, &declined).await;
    emulator.advance_clock(31 * DAY);
    let session = ada.sign_in("ada@example.com", "analytical-engine").await;
    assert_eq!(items(&mut ada).await, ["pro past_due"]);
    let own = Payer::USER.get(&mut ada, "subscription").await;
    assert_eq!(own["status"], "past_due");
    assert_eq!(
        own["past_due_at"],
        own["subscription_items"][0]["past_due_at"]
    );
    let tokens = "/v1/client/sessions/{session_id}/tokens";
    let token = claims(&ada.post(tokens, &[&session], &[]).await.body["jwt"]);
    assert_eq!(token["pla"], "u:pro");
    chosen(&mut ada, &good).await;
    assert_eq!(items(&mut ada).await, ["pro active"]);
    let own = Payer::USER.get(&mut ada, "subscription").await;
    assert_eq!(
        (&own["status"], &own["past_due_at"]),
        (&json!("active"), &Value::Null)
    );
    let item = &own["subscription_items"][0];
    assert_eq!(item["lifetime_paid"]["amount"], 4_000);

    let payments = Payer::USER
        .send(&mut ada, Method::GET, "payment_attempts", &[], &[])
        .await
        .body;
    let shown = payments["data"].as_array().unwrap().iter();
    let shown: Vec<_> = shown
        .map(|one| (&one["status"], &one["payment_method"]["last4"]))
        .map(|(status, last4)| format!("{status} {last4}").replace('"', ""))
        .take(3)
        .collect();
    assert_eq!(shown, ["paid 4242", "failed 0341", "paid 4242"]);

    // The free plan that was to follow is abandoned when the payer subscribes to the canceled plan again.
    let path = "subscription_items/{subscriptionItemID}";
    let canceled = id(item);
    Payer::USER
        .send(&mut ada, Method::DELETE, path, &[&canceled], &[])
        .await
        .response();
    assert_eq!(
        items(&mut ada).await,
        ["pro canceled", "free_user upcoming"]
    );
    let again = checkout(&mut ada, Payer::USER, &pro, "month").await;
    pay(&mut ada, &again, "pm_card_visa").await.response();
    assert_eq!(items(&mut ada).await, ["pro active"]);

    // A free trial is announced three days before it ends, once.
    let mut grace = Browser::new(&emulator, &judge).await;
    grace
        .sign_in("grace@example.com", "nanoseconds-matter")
        .await;
    let trial = plan(&mut grace, "user", "trial").await;
    buy(&mut grace, Payer::USER, &trial, "month").await;
    let count = async || {
        emulator.settle().await;
        receiver.count("subscriptionItem.freeTrialEnding")
    };
    emulator.advance_clock(3 * DAY);
    assert_eq!(count().await, 0);
    emulator.advance_clock(2 * DAY);
    assert_eq!(count().await, 1);
    emulator.advance_clock(DAY);
    assert_eq!(count().await, 1);
    events::check(&receiver, BY_PAYERS);
    let failed = receiver.payloads().into_iter().find(|payload| {
        payload["type"] == "paymentAttempt.updated" && payload["data"]["status"] == "failed"
    });
    let failed = failed.unwrap();
    assert_eq!(failed["data"]["failed_reason"]["code"], "card_declined");
    assert_eq!(failed["data"]["payment_source"]["last4"], "0341");
}

#[tokio::test]
async fn a_clock_that_jumps_for_centuries_renews_a_plan_at_once() {
    let emulator = emulator().await;
    let judge = Judge::default();
    let mut ada = Browser::new(&emulator, &judge).await;
    ada.sign_in("ada@example.com", "analytical-engine").await;
    let pro = plan(&mut ada, "user", "pro").await;
    buy(&mut ada, Payer::USER, &pro, "month").await;
    emulator.advance_clock(DAY * 365 * 900);
    ada.sign_in("ada@example.com", "analytical-engine").await;
    assert_eq!(items(&mut ada).await, ["pro active"]);
    let own = Payer::USER.get(&mut ada, "subscription").await;
    let paid = own["subscription_items"][0]["lifetime_paid"]["amount"]
        .as_i64()
        .unwrap();
    assert_eq!(paid, 2_000 * 122);
}
