//! The pages that people see: what they show, that nothing in them is taken for HTML, and where they lead.

use std::collections::BTreeSet;

use clerk_core::{Clerk, ReturnBack};
use clerk_emulator::{Emulator, OrganizationSeed, SettingsSeed, SignUpMode, UserSeed};
use http::Method;
use http::header::{LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use url::Url;

use crate::caller::Caller;

/// Names as somebody would choose them who wants to get code into a page.
const HOSTILE: &str = r#""'><script>alert(1)</script><img src=x onerror=alert(2)>"#;
const PASSWORD: &str = "analytical-engine-9";

/// A browser without scripts: one cookie, redirects not followed.
struct Browser<'a> {
    emulator: &'a Emulator,
    client: reqwest::Client,
    cookie: Option<String>,
}

struct Page {
    status: u16,
    location: String,
    policy: String,
    html: String,
}

impl<'a> Browser<'a> {
    fn new(emulator: &'a Emulator) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none());
        Self {
            emulator,
            client: client.build().unwrap(),
            cookie: None,
        }
    }

    async fn get(&mut self, path: &str) -> Page {
        self.open(Method::GET, path, None).await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.open(Method::POST, path, Some(fields)).await
    }

    async fn open(&mut self, method: Method, path: &str, fields: Option<&[(&str, &str)]>) -> Page {
        let url = Url::parse(self.emulator.url()).unwrap().join(path).unwrap();
        let mut request = self.client.request(method, url);
        request = request.header("sec-fetch-dest", "document");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(fields) = fields {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(fields);
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .header("origin", self.emulator.url())
                .body(form.finish());
        }
        let response = request.send().await.unwrap();
        let text = |name: &str| {
            let value = response.headers().get(name);
            value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
        };
        if response.headers().contains_key(SET_COOKIE) {
            self.cookie = Some(text("set-cookie").split(';').next().unwrap().to_owned());
        }
        Page {
            status: response.status().as_u16(),
            location: text(LOCATION.as_str()),
            policy: text("content-security-policy"),
            html: response.text().await.unwrap(),
        }
    }
}

/// Checks what holds for every page.
fn check(page: &Page, name: &str) {
    let html = &page.html;
    assert!(
        page.policy.starts_with("default-src 'none'"),
        "{name}: {}",
        page.policy
    );
    assert!(
        html.starts_with("<!doctype html><html lang=\"en\">"),
        "{name}"
    );
    assert!(html.contains("name=\"viewport\""), "{name}");
    assert_eq!(html.matches("<h1>").count(), 1, "{name}");
    for tag in ["<script", "<img", "<link rel=\"stylesheet\""] {
        assert!(!html.contains(tag), "{name} has {tag}");
    }
    // Every field that people see stands in its label.
    let labeled = html
        .split("<label")
        .skip(1)
        .filter(|label| label.split("</label>").next().unwrap().contains("<input"))
        .count();
    let seen = html.matches("<input").count() - html.matches("<input type=\"hidden\"").count();
    assert_eq!(labeled, seen, "{name}");
}

#[tokio::test]
async fn nothing_that_people_are_called_becomes_a_part_of_a_page() {
    let emulator = Emulator::builder()
        .settings(
            SettingsSeed::new()
                .application_name(HOSTILE)
                .legal_consent(true),
        )
        .user(
            UserSeed::new("ada@example.com")
                .first_name(HOSTILE)
                .username(HOSTILE),
        )
        .organization(OrganizationSeed::new(HOSTILE, "acme").member("ada@example.com", "org:admin"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let application = json!({ "name": HOSTILE, "redirect_uris": ["http://localhost:3000/back"], "scopes": "profile email" });
    let application = caller
        .call(Method::POST, "/oauth_applications", Some(&application))
        .await;
    let client_id = application.body["client_id"].as_str().unwrap();

    let mut browser = Browser::new(&emulator);
    let ada = emulator.user_id("ada@example.com").unwrap();
    let hostile: String = url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
    let authorize = format!(
        "/oauth/authorize?response_type=code&client_id={client_id}&redirect_uri=http://localhost:3000/back&state={hostile}"
    );
    assert_eq!(browser.post("/sign-in", &[("as", &ada)]).await.status, 303);
    let consent = browser.get(&authorize).await.location;
    for path in [
        "/sign-in",
        &format!("/sign-in?redirect_url=http://localhost:3000/{hostile}"),
        "/sign-up",
        &format!("/provider/custom_{hostile}?state={hostile}"),
        &format!("/nowhere/{hostile}"),
        &format!("/v1/tickets/accept?ticket={hostile}"),
        &format!("/sign-up?__clerk_ticket={hostile}"),
        &format!("/sign-in?redirect_url={hostile}"),
        &format!("/oauth/consent?client_id={hostile}"),
        &consent,
    ] {
        check(&browser.get(path).await, path);
    }
    let shown = browser.get("/sign-in").await.html;
    assert!(
        shown.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{shown}"
    );
    let fields = [
        ("first_name", HOSTILE),
        ("email_address", HOSTILE),
        ("sign_up", HOSTILE),
    ];
    check(
        &browser.post("/sign-up", &fields[..2]).await,
        "a form that is shown again",
    );
    check(
        &browser.post("/sign-up", &fields).await,
        "a sign-up that does not exist",
    );
    check(
        &browser.post("/sign-in", &[("identifier", HOSTILE)]).await,
        "a wrong password",
    );
}

/// An application's link to its sign-up page leads to the emulator's.
#[tokio::test]
async fn applications_lead_people_to_the_sign_up_page() {
    let emulator = Emulator::builder().start().await.unwrap();
    let clerk = Clerk::builder().from_vars(emulator.env()).build().unwrap();
    let request = http::Request::get("http://localhost:3000/pricing")
        .body(())
        .unwrap();
    let url = clerk.build_sign_up_url(&request, ReturnBack::Here).unwrap();
    assert!(url.starts_with(&emulator.sign_up_url()), "{url}");
    let page = Browser::new(&emulator).get(&url).await;
    assert_eq!(page.status, 200);
    assert!(page.html.contains("to continue to http://localhost:3000"));
}

#[tokio::test]
async fn somebody_signs_up_on_the_emulators_own_page() {
    let emulator = Emulator::builder().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    let path = "/sign-up?redirect_url=http%3A%2F%2Flocalhost%3A3000%2Fhome";
    let form = browser.get(path).await;
    check(&form, "the form");
    assert!(form.html.contains("to continue to http://localhost:3000"));

    // What is missing or wrong is said, and what was given is kept.
    let again = browser
        .post(path, &[("email_address", "dora@example.com")])
        .await;
    assert_eq!(again.status, 422);
    assert!(
        again.html.contains("role=\"alert\"") && again.html.contains("value=\"dora@example.com\"")
    );
    let fields = [
        ("email_address", "dora@example.com"),
        ("password", PASSWORD),
    ];
    let asked = browser.post(path, &fields).await;
    check(&asked, "the code");
    let code = emulator.inbox("dora@example.com")[0]
        .code()
        .unwrap()
        .to_owned();
    assert!(asked.html.contains(&code));
    let (_, id) = asked.html.split_once("name=\"sign_up\" value=\"").unwrap();
    let id = id.split('"').next().unwrap();
    let wrong = browser
        .post(path, &[("sign_up", id), ("code", "000000")])
        .await;
    assert_eq!(wrong.status, 422);
    check(&wrong, "a wrong code");
    assert!(emulator.user_id("dora@example.com").is_err());
    let done = browser
        .post(path, &[("sign_up", id), ("code", &code)])
        .await;
    assert_eq!(done.status, 303);
    assert!(
        done.location
            .starts_with("http://localhost:3000/home?__clerk_db_jwt="),
        "{}",
        done.location
    );
    emulator.user_id("dora@example.com").unwrap();
    let signed_in = browser.get("/sign-in").await.html;
    assert!(
        signed_in.contains("Signed in as dora@example.com"),
        "{signed_in}"
    );
}

#[tokio::test]
async fn a_phone_number_is_proven_on_the_page() {
    let emulator = Emulator::builder().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    let fields = [
        ("email_address", "dora+clerk_test@example.com"),
        ("phone_number", "+15555550100"),
        ("password", PASSWORD),
    ];
    let asked = browser.post("/sign-up", &fields).await.html;
    let (_, id) = asked.split_once("name=\"sign_up\" value=\"").unwrap();
    let id = id.split('"').next().unwrap();
    let phone = browser
        .post("/sign-up", &[("sign_up", id), ("code", "424242")])
        .await
        .html;
    assert!(
        phone.contains("+15555550100") && phone.contains("name=\"number\""),
        "{phone}"
    );
    let fields = [("sign_up", id), ("number", "true"), ("code", "424242")];
    assert_eq!(browser.post("/sign-up", &fields).await.status, 303);
    emulator.user_id("+15555550100").unwrap();
}

#[tokio::test]
async fn an_invitation_without_a_page_of_the_application_ends_on_the_emulators() {
    let emulator = Emulator::builder()
        .settings(SettingsSeed::new().sign_up_mode(SignUpMode::Restricted))
        .user(UserSeed::new("ada@example.com"))
        .organization(OrganizationSeed::new("Acme", "acme").member("ada@example.com", "org:admin"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let closed = Browser::new(&emulator)
        .post(
            "/sign-up",
            &[("email_address", "eve@example.com"), ("password", PASSWORD)],
        )
        .await;
    assert!(closed.html.contains("restricted"), "{}", closed.html);

    // Somebody new signs up, without a code: the link has proven the address.
    let invitation = json!({ "email_address": "carol@example.com" });
    let invited = caller
        .call(Method::POST, "/invitations", Some(&invitation))
        .await;
    let mut browser = Browser::new(&emulator);
    let page = browser
        .get(invited.body["url"].as_str().unwrap())
        .await
        .location;
    let form = browser.get(&page).await;
    check(&form, "the form of an invitation");
    assert!(form.html.contains("You are invited as carol@example.com"));
    assert_eq!(
        browser.post(&page, &[("password", PASSWORD)]).await.status,
        303
    );
    emulator.user_id("carol@example.com").unwrap();

    // Somebody with an account joins the organization by signing in.
    let acme = emulator.organization_id("acme").unwrap();
    let ada = emulator.user_id("ada@example.com").unwrap();
    let invitation = json!({ "email_address": "carol@example.com", "role": "org:member", "inviter_user_id": ada });
    let path = format!("/organizations/{acme}/invitations");
    let invited = caller.call(Method::POST, &path, Some(&invitation)).await;
    let mut browser = Browser::new(&emulator);
    let page = browser
        .get(invited.body["url"].as_str().unwrap())
        .await
        .location;
    assert_eq!(browser.get(&page).await.status, 303, "{page}");
    emulator
        .session_token("carol@example.com")
        .organization("acme")
        .mint()
        .unwrap();
}

#[tokio::test]
async fn refusals_are_pages_for_those_who_open_them_and_json_for_all_others() {
    let emulator = Emulator::builder().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    for (path, status) in [
        ("/v1/verify?token=nobody", 400),
        ("/nowhere", 404),
        ("/v1/users", 401),
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, status, "{path}");
        check(&page, path);
        for (name, value) in [
            ("sec-fetch-dest", "empty"),
            ("accept", "*/*"),
            ("accept", "application/json, text/html"),
        ] {
            let request = browser.client.get(format!("{}{path}", emulator.url()));
            let answer = request.header(name, value).send().await.unwrap();
            assert_eq!(answer.status(), status, "{path}");
            assert_eq!(
                answer.headers()["content-type"],
                "application/json",
                "{path} {value}"
            );
        }
    }
}

#[tokio::test]
async fn the_dashboard_is_complete_and_asks_nobody_else() {
    let emulator = Emulator::builder().start().await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut seen = BTreeSet::new();
    let mut open = vec!["/".to_owned()];
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = client
            .get(format!("{}{path}", emulator.url()))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        let text = answer.text().await.unwrap();
        for before in ["src=\"", "href=\"/_emulator", " from \""] {
            for rest in text.split(before).skip(1) {
                let name = rest.split('"').next().unwrap().rsplit('/').next().unwrap();
                open.push(format!("/_emulator/assets/{name}"));
            }
        }
        for sink in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
        ] {
            assert!(!text.contains(sink), "{path} uses {sink}");
        }
    }
    assert!(seen.len() > 8, "{seen:?}");
    assert_eq!(
        emulator.requests().len(),
        0,
        "the page's own requests are not recorded"
    );
}

/// Wrong passwords on the emulator's own page count toward the lock of the account, as those of the browser SDK do.
#[tokio::test]
async fn wrong_passwords_lock_the_account() {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com").password(PASSWORD))
        .settings(SettingsSeed::new().max_failed_attempts(3))
        .start()
        .await
        .unwrap();
    let mut browser = Browser::new(&emulator);
    let form = |password| [("identifier", "ada@example.com"), ("password", password)];
    let wrong = "The address or the password is wrong.";
    // The right password resets the count.
    for (password, says) in [
        ("1", wrong),
        ("2", wrong),
        (PASSWORD, ""),
        ("3", wrong),
        ("4", wrong),
        ("5", "This account is locked."),
        (PASSWORD, "This account is locked."),
    ] {
        let page = browser.post("/sign-in", &form(password)).await;
        assert!(page.html.contains(says), "{password}: {}", page.html);
        assert_eq!(page.status == 422, !says.is_empty(), "{password}");
    }
    let user = emulator.user_id("ada@example.com").unwrap();
    let path = format!("/users/{user}");
    let shown = Caller::new(&emulator).call(Method::GET, &path, None).await;
    assert_eq!(shown.body["locked"], true);
}

/// The page on which people connect a device: signing in comes first, and only the emulator's own form decides.
#[tokio::test]
async fn people_connect_a_device_on_a_page() {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com").first_name(HOSTILE))
        .organization(OrganizationSeed::new(HOSTILE, "acme").member("ada@example.com", "org:admin"))
        .start()
        .await
        .unwrap();
    let application = json!({
        "name": HOSTILE,
        "public": true,
        "scopes": "profile user:org:read",
        "device_authorization_grant_enabled": true,
    });
    let caller = Caller::new(&emulator);
    let application = caller
        .call(Method::POST, "/oauth_applications", Some(&application))
        .await;
    let client_id = application.body["client_id"].as_str().unwrap();
    let mut browser = Browser::new(&emulator);
    let form = [("client_id", client_id), ("scope", "profile user:org:read")];
    let start = async |browser: &mut Browser<'_>| -> Value {
        let started = browser.post("/oauth/device_authorization", &form).await;
        serde_json::from_str(&started.html).unwrap()
    };
    let started = start(&mut browser).await;
    let code = started["user_code"].as_str().unwrap();
    let path = format!("/device?user_code={code}");
    let sent = browser.get(&path).await;
    let expected = with_return(&emulator, &path);
    assert_eq!((sent.status, sent.location), (303, expected));

    let ada = emulator.user_id("ada@example.com").unwrap();
    let back: String =
        url::form_urlencoded::byte_serialize(format!("{}{path}", emulator.url()).as_bytes())
            .collect();
    let signed_in = browser
        .post(&format!("/sign-in?redirect_url={back}"), &[("as", &ada)])
        .await;
    assert_eq!(signed_in.location, format!("{}{path}", emulator.url()));
    for (path, status, text) in [
        ("/device", 200, "Type the code"),
        ("/device?user_code=BCDF-GHJK", 404, "No device waits"),
        ("/device?user_code=%3Cscript%3E", 404, "No device waits"),
        (&path, 200, "wants to access your account"),
    ] {
        let page = browser.get(path).await;
        check(&page, path);
        assert_eq!(page.status, status, "{path}");
        assert!(page.html.contains(text), "{path}: {}", page.html);
    }
    let page = browser.get(&path).await;
    assert!(page.html.contains(code) && page.html.contains("<select name=\"organization_id\">"));

    let decision = [("user_code", code), ("approved", "true")];
    let cookie = browser.cookie.clone().unwrap();
    let foreign = browser
        .client
        .post(format!("{}/device", emulator.url()))
        .header("cookie", cookie)
        .header("origin", "http://localhost:3000")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("user_code={code}&approved=true"));
    assert_eq!(foreign.send().await.unwrap().status().as_u16(), 403);
    let page = browser.post("/device", &decision).await;
    check(&page, "connected");
    assert!(page.html.contains("Device connected"), "{}", page.html);
    let page = browser.get(&path).await;
    assert!(page.html.contains("Device connected"), "{}", page.html);
    let again = browser.post("/device", &decision).await;
    assert_eq!(again.status, 400, "{}", again.html);

    let started = start(&mut browser).await;
    let decision = [
        ("user_code", started["user_code"].as_str().unwrap()),
        ("approved", "false"),
    ];
    let page = browser.post("/device", &decision).await;
    check(&page, "denied");
    assert!(page.html.contains("Device denied"), "{}", page.html);
}

/// Returns the address of the sign-in page that leads back to this path of the emulator.
fn with_return(emulator: &Emulator, path: &str) -> String {
    let mut url = Url::parse(&emulator.sign_in_url()).unwrap();
    url.query_pairs_mut()
        .append_pair("redirect_url", &format!("{}{path}", emulator.url()));
    url.into()
}
