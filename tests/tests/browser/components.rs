//! Clerk's own browser SDK and components, as published, on the emulator.
//!
//! `.ci/run` unpacks the npm packages into `target/clerk-js`.

use std::io::Write as _;
use std::path::Path;

use clerk_core::{Clock as _, SystemClock};
use clerk_emulator::{
    Emulator, EmulatorBuilder, OrganizationSeed, PlanSeed, SettingsSeed, SignUpMode, UserSeed,
};
use clerk_test_support::totp::totp;
use fantoccini::Locator;
use http::Method;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::Browser;
use crate::site::{SERVED_SIGN_IN, Site};

const ADA: (&str, &str) = ("ada@example.com", "analytical-engine");
const GRACE: (&str, &str) = ("grace@example.com", "nanoseconds-matter");
const ALAN: (&str, &str) = ("alan@example.com", "imitation-games");
/// Signs up herself.
const JOAN: (&str, &str) = ("joan@example.com", "three-laws-of-joan");

/// An instance with three people and a plan; `None` where there are no bundles.
fn instance() -> Option<EmulatorBuilder> {
    let bundles = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("clerk-js");
    if !bundles.join("@clerk/ui").exists() {
        let mut out = std::io::stderr().lock();
        writeln!(
            out,
            "!!! SKIPPED: Clerk's components in a browser ({} does not exist; .ci/run fetches the packages)",
            bundles.display()
        )
        .unwrap();
        return None;
    }
    let user = |(email, password): (&str, &str), first: &str, last: &str| {
        UserSeed::new(email)
            .password(password)
            .first_name(first)
            .last_name(last)
    };
    let builder = Emulator::builder()
        .clerk_js(bundles)
        .user(user(ADA, "Ada", "Lovelace"))
        .user(user(GRACE, "Grace", "Hopper"))
        .user(user(ALAN, "Alan", "Turing"))
        .organization(OrganizationSeed::new("Acme", "acme").member(ALAN.0, "org:admin"))
        .plan(
            PlanSeed::for_users("pro", "Pro")
                .monthly_amount(2_000)
                .feature("exports"),
        )
        .settings(SettingsSeed::new().application_name("Engines"));
    Some(builder)
}

/// Returns what an authenticator application with this secret shows.
fn code_now(secret: &str) -> String {
    totp(secret, SystemClock::default().now().unsigned_abs() / 1_000)
}

/// The site in the browser.
struct Stage<'a> {
    site: &'a Site,
    browser: Browser,
}

impl Stage<'_> {
    async fn open(&self, path: &str) {
        self.browser
            .client
            .goto(&self.site.url(path))
            .await
            .unwrap();
    }

    /// Waits until the page knows who is signed in.
    async fn expect_user(&self, who: &str) {
        self.browser.expect("#who", who).await;
    }

    /// Becomes a browser that was never here.
    async fn forget(&self) {
        self.open("/").await;
        // What is kept goes while no script runs that could keep it again.
        self.browser.client.delete_all_cookies().await.unwrap();
        self.browser.script("localStorage.clear()").await;
        self.browser.client.delete_all_cookies().await.unwrap();
    }

    /// Goes through the first two steps of signing in, in a browser that was never here.
    async fn try_sign_in(&self, who: (&str, &str)) {
        self.try_sign_in_on("/sign-in", who).await;
    }

    async fn try_sign_in_on(&self, page: &str, (email, password): (&str, &str)) {
        self.forget().await;
        self.open(page).await;
        self.browser
            .type_into("input[name=identifier]", email)
            .await;
        self.browser.press("Continue").await;
        self.browser.expect_address("factor-one").await;
        self.browser
            .type_into("input[name=password]", password)
            .await;
        self.browser.press("Continue").await;
    }

    async fn sign_in(&self, who: (&str, &str)) {
        self.try_sign_in(who).await;
        self.expect_user(who.0).await;
    }

    /// Asks the Backend API.
    async fn backend(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let emulator = &self.site.emulator;
        let request = reqwest::Client::new()
            .request(method, format!("{}/v1{path}", emulator.url()))
            .bearer_auth(emulator.secret_key());
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(body.to_string()),
            None => request,
        };
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// Opens a tab, does something there, and comes back.
    async fn in_another_tab(&self, work: impl AsyncFnOnce()) {
        let client = &self.browser.client;
        let first = client.window().await.unwrap();
        let tab = client.new_window(true).await.unwrap();
        client.switch_to_window(tab.handle).await.unwrap();
        work().await;
        client.close_window().await.unwrap();
        client.switch_to_window(first).await.unwrap();
    }

    async fn signs_up_with_a_code(&self) {
        let browser = &self.browser;
        self.forget().await;
        self.open("/sign-up").await;
        browser.type_into("input[name=emailAddress]", JOAN.0).await;
        browser.type_into("input[name=password]", JOAN.1).await;
        browser.photograph("sign-up").await;
        browser.press("Continue").await;
        browser.expect_address("verify-email").await;
        let code = browser
            .until("no code was sent", async || {
                let message = self.site.emulator.inbox(JOAN.0).pop()?;
                message.code().map(str::to_owned)
            })
            .await;
        browser.photograph("sign-up-code").await;
        browser.type_into("input[inputmode=numeric]", &code).await;
        self.expect_user(JOAN.0).await;
    }

    async fn refuses_a_wrong_password(&self) {
        self.try_sign_in((ADA.0, "difference-engine")).await;
        // Its text appears gradually.
        self.browser
            .until("a wrong password is not named", async || {
                let error = Locator::Css(".cl-formFieldErrorText");
                let text = self.browser.element(error).await.text().await.ok()?;
                text.contains("Password is incorrect").then_some(())
            })
            .await;
        self.browser.photograph("wrong-password").await;
        self.sign_in(ADA).await;
    }

    async fn signs_in_with_a_link(&self) {
        let browser = &self.browser;
        self.forget().await;
        self.open("/sign-in").await;
        browser.type_into("input[name=identifier]", GRACE.0).await;
        browser.press("Continue").await;
        browser.press("Use another method").await;
        browser.photograph("other-methods").await;
        browser.press("Email link").await;
        let link = browser
            .until("no link was sent", async || {
                let message = self.site.emulator.inbox(GRACE.0).pop()?;
                message.link().map(str::to_owned)
            })
            .await;
        browser.photograph("link-sent").await;
        self.in_another_tab(async || {
            browser.client.goto(&link).await.unwrap();
            browser.expect_address("verify").await;
        })
        .await;
        self.expect_user(GRACE.0).await;
    }

    async fn signs_in_with_github(&self) {
        let browser = &self.browser;
        self.forget().await;
        self.open("/sign-in").await;
        browser.press("GitHub").await;
        browser.expect_address("/provider/github").await;
        browser.photograph("provider").await;
        browser.press(GRACE.0).await;
        self.expect_user(GRACE.0).await;
    }

    async fn signs_in_with_a_ticket(&self) {
        let user = self.site.emulator.user_id(GRACE.0).unwrap();
        let body = json!({ "user_id": user });
        let made = self
            .backend(Method::POST, "/sign_in_tokens", Some(body))
            .await;
        self.forget().await;
        let path = format!(
            "/sign-in?__clerk_ticket={}",
            made["token"].as_str().unwrap()
        );
        self.open(&path).await;
        self.expect_user(GRACE.0).await;
    }

    async fn resets_a_forgotten_password(&self) {
        let browser = &self.browser;
        self.forget().await;
        self.open("/sign-in").await;
        browser.type_into("input[name=identifier]", JOAN.0).await;
        browser.press("Continue").await;
        browser.press("Forgot password?").await;
        browser.photograph("forgot-password").await;
        browser.press("Reset your password").await;
        let code = browser
            .until("no code was sent", async || {
                let mails = self.site.emulator.inbox(JOAN.0);
                let mail = mails
                    .iter()
                    .find(|one| one.kind() == "reset_password_code")?;
                mail.code().map(str::to_owned)
            })
            .await;
        browser.type_into("input[inputmode=numeric]", &code).await;
        for field in ["input[name=password]", "input[name=confirmPassword]"] {
            browser.type_into(field, JOAN.1).await;
        }
        browser.photograph("reset-password").await;
        browser.press("Reset Password").await;
        self.expect_user(JOAN.0).await;
    }

    async fn edits_the_profile(&self) {
        let browser = &self.browser;
        self.sign_in(ADA).await;
        self.open("/user").await;
        browser.press("Update profile").await;
        browser.type_into("input[name=firstName]", " Augusta").await;
        browser.press("Save").await;
        browser
            .element(Locator::XPath("//*[contains(text(), 'Ada Augusta')]"))
            .await;
        browser.photograph("profile").await;
        let id = self.site.emulator.user_id(ADA.0).unwrap();
        let user = self
            .backend(Method::GET, &format!("/users/{id}"), None)
            .await;
        assert_eq!(user["first_name"], "Ada Augusta");
    }

    async fn changes_the_password(&self) {
        let browser = &self.browser;
        self.sign_in(GRACE).await;
        self.open("/user#/security").await;
        browser.press("Update password").await;
        let new = "cobol-for-everyone";
        browser
            .type_into("input[name=currentPassword]", GRACE.1)
            .await;
        browser.type_into("input[name=newPassword]", new).await;
        browser.type_into("input[name=confirmPassword]", new).await;
        browser.photograph("password").await;
        browser.press("Save").await;
        browser
            .until("no mail tells of the new password", async || {
                let mails = self.site.emulator.inbox(GRACE.0);
                mails.iter().find(|one| one.kind() == "password_changed")?;
                Some(())
            })
            .await;
        self.sign_in((GRACE.0, new)).await;
    }

    async fn lists_and_ends_devices(&self) {
        let browser = &self.browser;
        self.sign_in(ALAN).await;
        let first = browser.script("return Clerk.session.id").await;
        self.sign_in(ALAN).await;
        self.open("/user#/security").await;
        let other =
            "//*[contains(@class, 'cl-activeDeviceListItem') and not(contains(., 'This device'))]";
        browser.element(Locator::XPath(other)).await;
        browser.photograph("devices").await;
        browser
            .click_when_ready(Locator::XPath(&format!("{other}//button")))
            .await;
        browser.press("Sign out of device").await;
        let path = format!("/sessions/{}", first.as_str().unwrap());
        browser
            .until("the session goes on", async || {
                let session = self.backend(Method::GET, &path, None).await;
                (session["status"] == "revoked").then_some(())
            })
            .await;
        // The list is what it was until it is asked for again.
        self.open("/").await;
        self.open("/user#/security").await;
        let own = "//*[contains(@class, 'cl-activeDeviceListItem')][contains(., 'This device')]";
        browser.element(Locator::XPath(own)).await;
        let others = browser.client.find_all(Locator::XPath(other)).await;
        assert!(others.unwrap().is_empty());
    }

    async fn makes_an_organization_with_two_members(&self) {
        let browser = &self.browser;
        let member = JOAN;
        self.sign_in(ADA).await;
        self.open("/create-organization").await;
        browser.type_into("input[name=name]", "Difference").await;
        browser.press("Create organization").await;
        let invited = format!("{},", member.0);
        browser
            .type_into(".cl-tagInputContainer input", &invited)
            .await;
        browser.photograph("organization-invite").await;
        browser.press("Send invitations").await;
        browser.press("Finish").await;
        browser.expect("#where", "Difference").await;

        // The invited person finds the invitation, accepts it and switches.
        self.sign_in(member).await;
        self.open("/switcher").await;
        let switcher = Locator::Css(".cl-organizationSwitcherTrigger");
        browser.click_when_ready(switcher).await;
        browser.photograph("organization-join").await;
        browser.press("Join").await;
        browser.press("Difference").await;
        browser.expect("#where", "Difference").await;
        browser.click_when_ready(switcher).await;
        browser.press("Personal account").await;
        browser.expect("#where", "none").await;

        // The other one is made an administrator.
        self.sign_in(ADA).await;
        self.open("/switcher").await;
        browser.click_when_ready(switcher).await;
        browser.press("Difference").await;
        browser.expect("#where", "Difference").await;
        self.open("/organization#/organization-members").await;
        let row = format!("//tr[contains(., '{}')]", member.0);
        browser
            .click_when_ready(Locator::XPath(&format!(
                "{row}//button[contains(., 'Member')]"
            )))
            .await;
        browser.photograph("organization-members").await;
        let admin = "//*[@role='option'][contains(., 'Admin')]";
        browser.click_when_ready(Locator::XPath(admin)).await;
        let id = browser.script("return Clerk.organization.id").await;
        let path = format!("/organizations/{}/memberships", id.as_str().unwrap());
        browser
            .until("the role is what it was", async || {
                let members = self.backend(Method::GET, &path, None).await;
                let members = members["data"].as_array()?;
                members
                    .iter()
                    .all(|one| one["role"] == "org:admin")
                    .then_some(())
            })
            .await;
    }

    async fn buys_a_plan_that_opens_a_route(&self) {
        let browser = &self.browser;
        self.sign_in(ADA).await;
        assert_eq!(browser.fetch_status("GET", "/reports").await, 403);
        self.open("/pricing").await;
        browser.element(Locator::Css(".cl-pricingTableCard")).await;
        browser.photograph("pricing").await;
        browser.press("Subscribe").await;
        browser
            .element(Locator::XPath("//button[starts-with(., 'Pay $')]"))
            .await;
        browser.photograph("checkout").await;
        browser
            .click_when_ready(Locator::XPath("//button[starts-with(., 'Pay $')]"))
            .await;
        browser
            .element(Locator::XPath(
                "//*[contains(text(), 'Payment was successful')]",
            ))
            .await;
        browser.photograph("paid").await;
        browser
            .until("the guard stays closed", async || {
                (browser.fetch_status("GET", "/reports").await == 200).then_some(())
            })
            .await;
        self.open("/reports").await;
        assert_eq!(browser.text("body").await, "the reports");
    }

    async fn notices_a_sign_out_in_another_tab(&self) {
        let browser = &self.browser;
        self.sign_in(ALAN).await;
        self.in_another_tab(async || {
            self.open("/user-button").await;
            browser
                .click_when_ready(Locator::Css(".cl-userButtonTrigger"))
                .await;
            browser
                .element(Locator::XPath("//button[contains(., 'Sign out')]"))
                .await;
            browser.photograph("user-button").await;
            browser.press("Sign out").await;
            self.expect_user("nobody").await;
        })
        .await;
        self.expect_user("nobody").await;
    }

    async fn notices_a_session_that_was_revoked(&self) {
        let browser = &self.browser;
        self.sign_in(ALAN).await;
        let session = browser.script("return Clerk.session.id").await;
        let path = format!("/sessions/{}/revoke", session.as_str().unwrap());
        self.backend(Method::POST, &path, Some(json!({}))).await;
        // Coming back to the page is when the SDK asks.
        browser
            .script("window.dispatchEvent(new Event('focus'))")
            .await;
        self.expect_user("nobody").await;
    }

    /// Completes the task of choosing an organization by making one.
    async fn chooses_an_organization(&self, name: &str) {
        let browser = &self.browser;
        browser.expect_address("tasks/choose-organization").await;
        assert_eq!(browser.fetch_status("GET", "/reports").await, 401);
        browser.type_into("input[name=name]", name).await;
        browser.photograph("task").await;
        browser.press("Continue").await;
        browser.expect("#where", name).await;
        assert_eq!(browser.fetch_status("GET", "/reports").await, 403);
    }

    /// Completes the task of replacing a password that was leaked.
    async fn replaces_a_leaked_password(&self, new: &str) {
        let browser = &self.browser;
        browser.expect_address("tasks/reset-password").await;
        assert_eq!(browser.fetch_status("GET", "/reports").await, 401);
        browser.type_into("input[name=newPassword]", new).await;
        browser.type_into("input[name=confirmPassword]", new).await;
        browser.photograph("task-password").await;
        browser.press("Reset Password").await;
    }

    /// Completes the task of setting a second factor up.
    async fn sets_a_second_factor_up(&self) {
        let browser = &self.browser;
        browser.expect_address("tasks/setup-mfa").await;
        assert_eq!(browser.fetch_status("GET", "/reports").await, 401);
        browser.photograph("task-second-factor").await;
        browser.press("Authenticator application").await;
        let secret = self.reads_the_secret("scan").await;
        browser.press("Continue").await;
        browser
            .type_into("input[inputmode=numeric]", &code_now(&secret))
            .await;
        browser.photograph("task-backup-codes").await;
        browser.press("Continue").await;
    }

    /// Returns the secret that an authenticator application is to keep.
    async fn reads_the_secret(&self, switch: &str) -> String {
        self.browser.press(switch).await;
        self.browser
            .until("no secret is shown", async || {
                let shown = "return [...document.querySelectorAll('input')].map(one => one.value)
                    .find(value => /^[A-Z2-7]{32}$/.test(value)) ?? null";
                self.browser.script(shown).await.as_str().map(str::to_owned)
            })
            .await
    }

    /// Begins to sign in with an address whose company has an identity provider.
    async fn is_sent_to_the_identity_provider(&self, address: &str) {
        let browser = &self.browser;
        self.forget().await;
        self.open("/sign-in").await;
        browser.type_into("input[name=identifier]", address).await;
        browser.press("Continue").await;
        browser.expect_address("/identity-provider/").await;
    }

    /// Says at the identity provider who is signing in.
    async fn is_somebody_else(&self, address: &str, department: &str) {
        let browser = &self.browser;
        for (field, value) in [
            ("email_address", address),
            ("first_name", "Hank"),
            ("attribute_department", department),
        ] {
            browser
                .type_into(&format!("input[name={field}]"), value)
                .await;
        }
        browser.press("Continue").await;
    }

    /// Adds the address at a company to an account that began without one.
    async fn adds_the_address_at_a_company(&self, address: &str) {
        let browser = &self.browser;
        self.sign_in(GRACE).await;
        self.open("/user").await;
        browser.press("Add email address").await;
        browser.type_into("input[name=emailAddress]", address).await;
        let add = Locator::XPath("//button[normalize-space() = 'Add']");
        browser.click_when_ready(add).await;
        browser.photograph("company-address").await;
        browser.press("Click to sign-in").await;
        browser.expect_address("/identity-provider/").await;
        self.is_somebody_else(address, "Research").await;
        browser.expect_address("/user").await;
        let id = self.site.emulator.user_id(GRACE.0).unwrap();
        let user = self
            .backend(Method::GET, &format!("/users/{id}"), None)
            .await;
        let added = &user["email_addresses"][1];
        assert_eq!(added["email_address"], address);
        assert_eq!(added["verification"]["status"], "verified");
        assert_eq!(user["public_metadata"]["department"], "Research");
        // The company wants no other ways of signing in.
        browser
            .element(Locator::XPath("//button[contains(., 'Update profile')]"))
            .await;
        let add = Locator::XPath("//button[contains(., 'Add email address')]");
        assert!(browser.client.find_all(add).await.unwrap().is_empty());
    }

    async fn signs_in_with_an_authenticator_application_and_with_a_backup_code(&self) {
        let browser = &self.browser;
        self.sign_in(ALAN).await;
        self.open("/user#/security").await;
        browser.press("Add two-step verification").await;
        browser.press("Authenticator application").await;
        let secret = self.reads_the_secret("scan QR code").await;
        browser.photograph("authenticator").await;
        browser.press("Continue").await;
        let field = "input[inputmode=numeric]";
        browser.type_into(field, &code_now(&secret)).await;
        let backup_code = browser
            .until("no backup codes are shown", async || {
                let shown = "return document.body.innerText.match(/^[a-z0-9]{8}$/m)?.[0] ?? null";
                browser.script(shown).await.as_str().map(str::to_owned)
            })
            .await;
        browser.photograph("backup-codes").await;
        browser.press("Finish").await;

        self.try_sign_in(ALAN).await;
        browser.expect_address("factor-two").await;
        browser.photograph("second-factor").await;
        browser.type_into(field, &code_now(&secret)).await;
        self.expect_user(ALAN.0).await;

        self.try_backup_code(&backup_code).await;
        self.expect_user(ALAN.0).await;
        // Each of them works once.
        self.try_backup_code(&backup_code).await;
        browser
            .until("a used backup code is not named", async || {
                let error = Locator::Css(".cl-formFieldErrorText");
                let text = browser.element(error).await.text().await.ok()?;
                text.contains("Incorrect").then_some(())
            })
            .await;
    }

    /// Goes through the steps of signing in with a backup code.
    async fn try_backup_code(&self, code: &str) {
        let browser = &self.browser;
        self.try_sign_in(ALAN).await;
        browser.expect_address("factor-two").await;
        browser.press("Use another method").await;
        browser.press("Use a backup code").await;
        browser.type_into("input[name=code]", code).await;
        browser.photograph("backup-code").await;
        browser.press("Continue").await;
    }

    async fn makes_and_revokes_an_api_key(&self) {
        let browser = &self.browser;
        self.sign_in(GRACE).await;
        self.open("/user#/api-keys").await;
        browser.press("Add new key").await;
        browser.type_into("input[name=name]", "Deployment").await;
        browser.photograph("api-key-new").await;
        browser.press("Create key").await;
        let secret = browser
            .until("no secret is shown", async || {
                let shown = "return [...document.querySelectorAll('input')].map(one => one.value)
                    .find(value => value.startsWith('ak_')) ?? null";
                browser.script(shown).await.as_str().map(str::to_owned)
            })
            .await;
        browser.photograph("api-key-secret").await;
        let secret = json!({ "secret": secret });
        let key = self
            .backend(Method::POST, "/api_keys/verify", Some(secret))
            .await;
        assert_eq!(key["name"], "Deployment");
        let id = self.site.emulator.user_id(GRACE.0).unwrap();
        assert_eq!(key["subject"], id);
        browser.press("Copy & Close").await;
        let menu = Locator::XPath("//tr[contains(., 'Deployment')]//button");
        browser.click_when_ready(menu).await;
        browser.photograph("api-keys").await;
        browser.press("Revoke key").await;
        browser
            .type_into("input[placeholder=Revoke]", "Revoke")
            .await;
        browser.photograph("api-key-revoke").await;
        browser.press("Revoke key").await;
        let path = format!("/api_keys/{}", key["id"].as_str().unwrap());
        browser
            .until("the key goes on", async || {
                let key = self.backend(Method::GET, &path, None).await;
                (key["revoked"] == true).then_some(())
            })
            .await;
    }

    async fn signs_in_with_a_passkey(&self) {
        let browser = &self.browser;
        browser.plug_authenticator_in().await;
        self.sign_in(ADA).await;
        self.open("/user#/security").await;
        browser.press("Add a passkey").await;
        browser
            .element(Locator::XPath("//*[contains(text(), 'Created:')]"))
            .await;
        browser.photograph("passkey").await;
        self.forget().await;
        self.open("/sign-in").await;
        browser.press("Use passkey instead").await;
        self.expect_user(ADA.0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, chromedriver and the official bundles"]
async fn people_use_the_official_components() {
    let Some(emulator) = instance() else { return };
    let site = Site::start(emulator).await;
    let stage = Stage {
        site: &site,
        browser: Browser::of_a_person().await,
    };
    stage.signs_up_with_a_code().await;
    stage.refuses_a_wrong_password().await;
    stage.signs_in_with_github().await;
    stage.signs_in_with_a_ticket().await;
    stage.resets_a_forgotten_password().await;
    stage.edits_the_profile().await;
    stage.lists_and_ends_devices().await;
    stage.makes_an_organization_with_two_members().await;
    stage.buys_a_plan_that_opens_a_route().await;
    stage.notices_a_sign_out_in_another_tab().await;
    stage.notices_a_session_that_was_revoked().await;
    stage.makes_and_revokes_an_api_key().await;
    stage
        .signs_in_with_an_authenticator_application_and_with_a_backup_code()
        .await;
    stage.changes_the_password().await;
    stage.signs_in_with_a_passkey().await;
    stage.browser.close().await;
}

/// Settings that change what the components show: links in place of codes, and an organization that must be chosen.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, chromedriver and the official bundles"]
async fn people_follow_a_link_and_complete_a_task() {
    let (Some(links), Some(tasks)) = (instance(), instance()) else {
        return;
    };
    let site = Site::start(links.settings(SettingsSeed::new().email_links(true))).await;
    let stage = Stage {
        site: &site,
        browser: Browser::of_a_person().await,
    };
    stage.signs_in_with_a_link().await;

    let settings = SettingsSeed::new().force_organization_selection(true);
    let site = Site::start(tasks.settings(settings)).await;
    let stage = Stage {
        site: &site,
        browser: stage.browser,
    };
    stage.try_sign_in(GRACE).await;
    stage.chooses_an_organization("Navy").await;
    stage.browser.close().await;
}

/// Tasks that a session waits for: each alone, and all of them one after the other.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, chromedriver and the official bundles"]
async fn people_complete_their_tasks() {
    let mut browser = Browser::of_a_person().await;
    for (page, leaked, second_factor, organization) in [
        ("/sign-in", true, false, false),
        ("/sign-in", false, true, false),
        ("/sign-in", true, true, true),
        (SERVED_SIGN_IN, true, true, true),
    ] {
        let Some(emulator) = instance() else { return };
        let settings = SettingsSeed::new()
            .force_organization_selection(organization)
            .second_factor_required(second_factor);
        let site = Site::start(emulator.settings(settings)).await;
        let stage = Stage {
            site: &site,
            browser,
        };
        if leaked {
            let id = site.emulator.user_id(GRACE.0).unwrap();
            let path = format!("/users/{id}/password/set_compromised");
            stage.backend(Method::POST, &path, Some(json!({}))).await;
        }
        stage.try_sign_in_on(page, GRACE).await;
        if leaked {
            stage.replaces_a_leaked_password("cobol-for-everyone").await;
        }
        if second_factor {
            stage.sets_a_second_factor_up().await;
        }
        if organization {
            stage.chooses_an_organization("Navy").await;
        }
        stage.expect_user(GRACE.0).await;
        assert_eq!(stage.browser.fetch_status("GET", "/reports").await, 403);
        browser = stage.browser;
    }
    browser.close().await;
}

/// Companies whose people sign in through an identity provider, which pages of the emulator stand for.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, chromedriver and the official bundles"]
async fn people_sign_in_through_their_company() {
    let Some(emulator) = instance() else { return };
    let site = Site::start(emulator).await;
    let stage = Stage {
        site: &site,
        browser: Browser::of_a_person().await,
    };
    let browser = &stage.browser;
    for (domain, provider, protocol) in [
        ("globex.com", "saml_okta", "saml"),
        ("initech.com", "oidc_custom", "oidc"),
    ] {
        let mut connection = json!({
            "name": domain,
            "provider": provider,
            "domains": [domain],
            "active": true,
            "custom_attributes": [{ "name": "Department", "key": "department", "sso_path": "dept" }],
        });
        connection[protocol] = match protocol {
            "saml" => json!({
                "idp_entity_id": "https://idp.example.com",
                "idp_sso_url": "https://idp.example.com/sso",
                "idp_certificate": "certificate",
            }),
            _ => json!({
                "client_id": "emulator",
                "discovery_url": "https://idp.example.com/.well-known/openid-configuration",
            }),
        };
        let connection = stage
            .backend(Method::POST, "/enterprise_connections", Some(connection))
            .await;
        let path = format!(
            "/enterprise_connections/{}",
            connection["id"].as_str().unwrap()
        );
        let only = json!({ "disable_additional_identifications": true });
        stage.backend(Method::PATCH, &path, Some(only)).await;
        let hank = format!("hank@{domain}");

        // Whoever changes their mind learns why they are not signed in.
        stage.is_sent_to_the_identity_provider(&hank).await;
        browser.press("Cancel").await;
        browser
            .element(Locator::XPath(
                "//*[contains(text(), 'You did not grant access')]",
            ))
            .await;
        // Somebody new gets an account, and is known the next time.
        stage.is_sent_to_the_identity_provider(&hank).await;
        stage.is_somebody_else(&hank, "Research").await;
        stage.expect_user(&hank).await;
        stage.is_sent_to_the_identity_provider(&hank).await;
        let name = format!("identity-provider-{protocol}");
        browser.photograph_everywhere(&name).await;
        browser.press(&hank).await;
        stage.expect_user(&hank).await;
        let id = site.emulator.user_id(&hank).unwrap();
        let user = stage
            .backend(Method::GET, &format!("/users/{id}"), None)
            .await;
        assert_eq!(user["public_metadata"]["department"], "Research");
    }
    stage
        .adds_the_address_at_a_company("grace@globex.com")
        .await;
    stage.browser.close().await;
}

/// Other applications that ask for access: in the browser, and on a device that has none.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, chromedriver and the official bundles"]
async fn people_give_other_applications_access() {
    let Some(emulator) = instance() else { return };
    let site = Site::start(emulator).await;
    let stage = Stage {
        site: &site,
        browser: Browser::of_a_person().await,
    };
    let browser = &stage.browser;
    let back = site.url("/back");
    let scopes = "openid profile email offline_access user:org:read";
    let application = json!({
        "name": "Calendar",
        "public": true,
        "redirect_uris": [back],
        "scopes": scopes,
        "device_authorization_grant_enabled": true,
    });
    let application = stage
        .backend(Method::POST, "/oauth_applications", Some(application))
        .await;
    let client = application["client_id"].as_str().unwrap();
    let ask = async |path: &str, form: &[(&str, &str)]| -> Value {
        let form = Serializer::new(String::new()).extend_pairs(form).finish();
        let answer = reqwest::Client::new()
            .post(format!("{}{path}", site.emulator.url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send();
        serde_json::from_slice(&answer.await.unwrap().bytes().await.unwrap()).unwrap()
    };
    let form = [("client_id", client), ("scope", scopes)];
    let start = async || ask("/oauth/device_authorization", &form).await;
    let poll = async |started: &Value| {
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let code = started["device_code"].as_str().unwrap();
        let form = [
            ("client_id", client),
            ("grant_type", grant),
            ("device_code", code),
        ];
        ask("/oauth/token", &form).await
    };
    let see = async |text: &str| {
        let path = format!("//*[contains(text(), '{text}')]");
        browser.element(Locator::XPath(&path)).await;
    };
    stage.sign_in(ALAN).await;

    // With the code in the address, and typed.
    let started = start().await;
    let code = started["user_code"].as_str().unwrap();
    stage.open(&format!("/device?user_code={code}")).await;
    see("Acme").await;
    browser.photograph("device").await;
    browser.press("Approve").await;
    see("Device approved").await;
    let granted = poll(&started).await;
    assert_eq!(granted["scope"], scopes, "{granted}");
    let started = start().await;
    stage.open("/device").await;
    let letters = started["user_code"].as_str().unwrap().replace('-', "");
    browser.type_into("#app input", &letters).await;
    browser.press("Continue").await;
    browser.press("Deny").await;
    see("Access denied").await;
    assert_eq!(poll(&started).await["error"], "access_denied");

    let query = Serializer::new(String::new())
        .extend_pairs([
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", &back),
            ("scope", scopes),
            ("state", "12345678"),
            ("code_challenge", "challenge"),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    stage.open(&format!("/consent?{query}")).await;
    see("Acme").await;
    browser.photograph("consent").await;
    browser.press("Allow").await;
    browser.expect_address("/back?code=").await;

    // The emulator's own pages ask the same.
    let started = start().await;
    let page = started["verification_uri_complete"].as_str().unwrap();
    browser.client.goto(page).await.unwrap();
    browser.press("Alan Turing").await;
    browser
        .expect("h1", "Calendar wants to access your account")
        .await;
    browser.photograph_everywhere("own-device").await;
    browser.press("Allow").await;
    browser.expect("h1", "Device connected").await;
    browser.photograph_everywhere("own-device-connected").await;
    let page = started["verification_uri"].as_str().unwrap();
    browser.client.goto(page).await.unwrap();
    browser.expect("h1", "Connect a device").await;
    browser.photograph_everywhere("own-device-code").await;
    assert!(poll(&started).await["access_token"].is_string());
    stage.browser.close().await;
}

/// An application that is not open to everybody yet.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, chromedriver and the official bundles"]
async fn people_join_the_waitlist() {
    let Some(emulator) = instance() else { return };
    let settings = SettingsSeed::new().sign_up_mode(SignUpMode::Waitlist);
    let site = Site::start(emulator.settings(settings)).await;
    let stage = Stage {
        site: &site,
        browser: Browser::of_a_person().await,
    };
    let browser = &stage.browser;
    stage.open("/waitlist").await;
    browser
        .type_into("input[name=emailAddress]", "joan@example.com")
        .await;
    browser.photograph("waitlist").await;
    browser.press("Join the waitlist").await;
    browser
        .element(Locator::XPath(
            "//*[contains(text(), 'Thanks for joining')]",
        ))
        .await;
    let waiting = stage.backend(Method::GET, "/waitlist_entries", None).await;
    assert_eq!(waiting["data"][0]["email_address"], JOAN.0);
    stage.browser.close().await;
}

/// What one browser does the others do not notice.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, chromedriver and the official bundles"]
async fn four_browsers_do_not_meet() {
    let Some(emulator) = instance() else { return };
    let site = Site::start(emulator).await;
    let stage = async |who| {
        let browser = Browser::of_a_person().await;
        let stage = Stage {
            site: &site,
            browser,
        };
        stage.sign_in(who).await;
        stage
    };
    let (ada, grace, alan, again) = tokio::join!(stage(ADA), stage(GRACE), stage(ALAN), stage(ADA));
    ada.browser
        .script("return void Clerk.signOut({ redirectUrl: '/' })")
        .await;
    ada.expect_user("nobody").await;
    for (stage, who) in [
        (&ada, "nobody"),
        (&grace, GRACE.0),
        (&alan, ALAN.0),
        (&again, ADA.0),
    ] {
        stage.open("/").await;
        stage.expect_user(who).await;
    }
    for stage in [ada, grace, alan, again] {
        stage.browser.close().await;
    }
}
