//! Enterprise connections, directories, Admin Portal links, templates, the webhook account, proxies and domains.

use clerk_emulator::{Emulator, OrganizationSeed, UserSeed};
use http::Method;
use serde_json::{Value, json};

use crate::caller::{Answer, Caller};
use crate::walk::{Walk, id};

/// Calls each operation on connections and directories.
pub(crate) async fn story(walk: &mut Walk<'_>, organization: &str) {
    let enterprise = "/enterprise_connections/{enterprise_connection_id}";
    let connection = walk
        .post(
            "/enterprise_connections",
            &[],
            json!({
                "name": "Acme",
                "provider": "saml_okta",
                "domains": ["Acme.com"],
                "organization_id": organization,
                "saml": { "idp_metadata_url": "https://idp.acme.com/metadata" },
                "custom_attributes": [{ "name": "Team", "key": "team", "sso_path": "team" }],
            }),
        )
        .await;
    let connection = id(&connection);
    let oidc = walk
        .post(
            "/enterprise_connections",
            &[],
            json!({
                "name": "Globex",
                "provider": "oidc_custom",
                "domains": ["globex.com"],
                "oidc": { "client_id": "1", "discovery_url": "https://idp.globex.com/.well-known/openid-configuration" },
            }),
        )
        .await;
    walk.get("/enterprise_connections?active=false", &[]).await;
    walk.get(enterprise, &[&connection]).await;
    walk.get(enterprise, &[&id(&oidc)]).await;
    walk.patch(
        enterprise,
        &[&connection],
        json!({ "active": true, "saml": { "login_hint": { "mode": "off" } } }),
    )
    .await;
    let run = walk
        .post(
            "/enterprise_connections/{enterprise_connection_id}/test_runs",
            &[&connection],
            Value::Null,
        )
        .await;
    // The link leads to the page of the identity provider.
    let url = run["url"].as_str().unwrap();
    let page = reqwest::get(url).await.unwrap();
    assert_eq!(page.status(), 200, "{url}");
    assert!(page.url().path().starts_with("/identity-provider/"));
    let runs = walk
        .get(
            "/enterprise_connections/{enterprise_connection_id}/test_runs",
            &[&connection],
        )
        .await;
    assert_eq!(runs["data"][0]["status"], "pending");
    for (base, group) in [
        ("/directories", "directory_group_id"),
        ("/scim_directories", "scim_group_id"),
    ] {
        directories(walk, base, group, &connection).await;
    }
    walk.delete(enterprise, &[&connection]).await;

    let saml = walk
        .post(
            "/saml_connections",
            &[],
            json!({ "name": "Initech", "provider": "saml_custom", "domain": "initech.com" }),
        )
        .await;
    let saml = id(&saml);
    let one = "/saml_connections/{saml_connection_id}";
    walk.get("/saml_connections?query=ini&order_by=name", &[])
        .await;
    walk.get(one, &[&saml]).await;
    walk.patch(
        one,
        &[&saml],
        json!({
            "attribute_mapping": { "user_id": "uid" },
            "login_hint": { "mode": "custom_attribute", "source": "login" },
        }),
    )
    .await;
    walk.delete(one, &[&saml]).await;
}

async fn directories(walk: &mut Walk<'_>, base: &str, group: &str, connection: &str) {
    let parameter = if base == "/directories" {
        "directory_id"
    } else {
        "scim_directory_id"
    };
    let one = format!("{base}/{{{parameter}}}");
    let mappings = format!("{one}/group_role_mappings");
    let roles = walk.get("/organization_roles", &[]).await;
    let role = id(&roles["data"][0]);
    let body = json!({
        "enterprise_connection_id": connection,
        "provider": "okta",
        "group_role_mappings": [{ group: "g1", "role_id": role }],
    });
    let directory = walk.post(base, &[], body).await;
    assert!(directory["api_key"].is_string());
    let directory = id(&directory);
    walk.get(base, &[]).await;
    let shown = walk.get(&one, &[&directory]).await;
    assert_eq!(shown.get("api_key"), None);
    walk.patch(
        &one,
        &[&directory],
        json!({ "name": "People", "attribute_mapping": { "nick": "nickName", "user_id": null } }),
    )
    .await;
    walk.post(&format!("{one}/rotate_api_key"), &[&directory], Value::Null)
        .await;
    let mapping = json!({ group: "g2", "role_id": role, "precedence": 1 });
    let mapping = id(&walk.post(&mappings, &[&directory], mapping).await);
    let listed = walk.get(&mappings, &[&directory]).await;
    assert_eq!(
        listed["data"][0]["id"],
        json!(mapping),
        "the new one goes first"
    );
    assert_eq!(listed["data"][1]["precedence"], 2);
    walk.delete(
        &format!("{mappings}/{{mapping_id}}"),
        &[&directory, &mapping],
    )
    .await;
    let replaced =
        json!({ "mappings": [{ group: "g3", "role_id": role }, { group: "g4", "role_id": role }] });
    let replaced = walk.put(&mappings, &[&directory], replaced).await;
    assert_eq!(replaced["total_count"], 2);
    walk.delete(&one, &[&directory]).await;
}

/// Calls the remaining operations: links, templates, the webhook account, proxies and domains.
pub(crate) async fn services(
    walk: &mut Walk<'_>,
    emulator: &Emulator,
    user: &str,
    organization: &str,
) {
    let link = walk
        .post(
            "/admin_portal_link_tokens",
            &[],
            json!({ "organization_id": organization, "scopes": ["connections"] }),
        )
        .await;
    assert!(link["token"].is_string());
    walk.post(
        "/admin_portal_link_tokens/{adminPortalLinkTokenID}/revoke",
        &[&id(&link)],
        json!({ "revocation_reason": "lost" }),
    )
    .await;
    for kind in ["email", "sms"] {
        walk.get("/templates/{template_type}", &[kind]).await;
        let at = &[kind, "verification_code"];
        let one = "/templates/{template_type}/{slug}";
        walk.get(one, at).await;
        walk.put(
            one,
            at,
            json!({ "name": "Code", "body": "{{ otp_code }} it is" }),
        )
        .await;
        let toggled = walk
            .post(
                &format!("{one}/toggle_delivery"),
                at,
                json!({ "delivered_by_clerk": false }),
            )
            .await;
        assert_eq!(toggled["can_revert"], true);
        let preview = walk
            .post(
                &format!("{one}/preview"),
                at,
                json!({ "body": "{{otp_code}}, {{what}}" }),
            )
            .await;
        assert_eq!(preview["body"], "424242, {{what}}");
        let reverted = walk.post(&format!("{one}/revert"), at, Value::Null).await;
        assert_eq!(reverted["delivered_by_clerk"], true);
    }
    walk.post("/webhooks/svix", &[], Value::Null).await;
    walk.post("/webhooks/svix_url", &[], Value::Null).await;
    walk.delete("/webhooks/svix", &[]).await;
    let check = walk
        .post("/proxy_checks", &[], json!({ "proxy_url": emulator.url() }))
        .await;
    assert_eq!(check["successful"], true);
    walk.get("/users/{user_id}/trusted_devices", &[user]).await;
    walk.get("/public/interstitial", &[]).await;
    walk.post(
        "/instance/change_domain",
        &[],
        json!({ "home_url": "https://www.example.org" }),
    )
    .await;
    walk.put(
        "/beta_features/domain",
        &[],
        json!({ "home_url": "https://app.example.org", "is_secondary": true }),
    )
    .await;
    // A session that is deleted with its user.
    walk.post("/sessions", &[], json!({ "user_id": user }))
        .await;
}

async fn emulator() -> (Emulator, Caller) {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .organization(OrganizationSeed::new("Acme", "acme").member("ada@example.com", "org:admin"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    (emulator, caller)
}

async fn post(caller: &Caller, path: &str, body: Value) -> Answer {
    caller.call(Method::POST, path, Some(&body)).await
}

#[tokio::test]
async fn saml_connections_are_enterprise_connections() {
    let (_emulator, caller) = emulator().await;
    let body = json!({ "name": "Acme", "provider": "saml_okta", "domain": "acme.com" });
    let saml = post(&caller, "/saml_connections", body).await.body;
    let path = format!(
        "/enterprise_connections/{}",
        saml["enterprise_connection_id"].as_str().unwrap()
    );
    let seen = caller.call(Method::GET, &path, None).await.body;
    assert_eq!(seen["saml_connection"]["id"], saml["id"]);
    let update = json!({ "domains": ["acme.com", "acme.org"], "saml": { "force_authn": true } });
    caller.call(Method::PATCH, &path, Some(&update)).await;
    let by_saml = format!("/saml_connections/{}", id(&saml));
    let seen = caller.call(Method::GET, &by_saml, None).await.body;
    assert_eq!(seen["domains"], json!(["acme.com", "acme.org"]));
    assert_eq!(seen["force_authn"], true);
    caller.call(Method::DELETE, &by_saml, None).await;
    let gone = caller.call(Method::GET, &path, None).await;
    assert_eq!(gone.code(), "resource_not_found");
}

#[tokio::test]
async fn an_activated_connection_takes_over_the_domains_of_organizations() {
    let (_emulator, caller) = emulator().await;
    post(
        &caller,
        "/organizations/acme/domains",
        json!({ "name": "acme.com", "verified": true }),
    )
    .await;
    let body = json!({ "name": "Acme", "provider": "saml_okta", "domains": ["acme.com"] });
    let connection = id(&post(&caller, "/enterprise_connections", body).await.body);
    let path = format!("/enterprise_connections/{connection}");
    let activate = json!({ "active": true });
    let refused = caller.call(Method::PATCH, &path, Some(&activate)).await;
    assert_eq!(refused.code(), "saml_connection_cant_be_activated");
    let activate = json!({ "active": true, "saml": { "idp_metadata": "<xml/>" } });
    let done = caller.call(Method::PATCH, &path, Some(&activate)).await;
    assert_eq!(done.body["active"], true, "{}", done.body);
    let domains = caller
        .call(Method::GET, "/organizations/acme/domains", None)
        .await
        .body;
    assert_eq!(domains["total_count"], 0);
}

#[tokio::test]
async fn metadata_of_an_identity_provider_takes_priority() {
    const METADATA: &str = r#"
        <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example/entity">
          <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
            <md:KeyDescriptor use="encryption">
              <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
                <ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo>
            </md:KeyDescriptor>
            <md:KeyDescriptor use="signing">
              <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
                <ds:X509Certificate>MIIB
                    CDEF</ds:X509Certificate></ds:X509Data></ds:KeyInfo>
            </md:KeyDescriptor>
            <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/post"/>
            <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>
          </md:IDPSSODescriptor>
        </md:EntityDescriptor>"#;
    let (_emulator, caller) = emulator().await;
    let new = json!({
        "name": "Okta",
        "provider": "saml_okta",
        "domains": ["okta.example"],
        "idp_entity_id": "https://typed.example",
        "idp_metadata": METADATA.trim(),
    });
    let made = post(&caller, "/saml_connections", new).await.body;
    assert_eq!(made["idp_entity_id"], "https://idp.example/entity");
    assert_eq!(made["idp_sso_url"], "https://idp.example/sso");
    assert_eq!(made["idp_certificate"], "MIIBCDEF");
    assert_eq!(made["idp_metadata"], METADATA.trim());

    // What is no metadata says nothing.
    let path = format!("/saml_connections/{}", made["id"].as_str().unwrap());
    let other = json!({ "idp_entity_id": "https://typed.example", "idp_metadata": "<xml/>" });
    let changed = caller.call(Method::PATCH, &path, Some(&other)).await.body;
    assert_eq!(changed["idp_entity_id"], "https://typed.example");
    assert_eq!(changed["idp_sso_url"], "https://idp.example/sso");
}

#[tokio::test]
async fn bad_input_is_refused_by_name() {
    let (_emulator, caller) = emulator().await;
    let connection =
        json!({ "name": "Taken", "provider": "oidc_custom", "domains": ["taken.com"] });
    let oidc = id(&post(&caller, "/enterprise_connections", connection)
        .await
        .body);
    let with = |more: Value| {
        let mut body = json!({ "name": "A", "provider": "saml_okta", "domains": ["a.com"] });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let hint = |hint: Value| with(json!({ "saml": { "login_hint": hint } }));
    let attribute = |attribute: Value| with(json!({ "custom_attributes": [attribute] }));
    for (path, body, status, param) in [
        (
            "/enterprise_connections",
            with(json!({ "provider": "saml_cat" })),
            422,
            "provider",
        ),
        (
            "/enterprise_connections",
            with(json!({ "domains": [] })),
            422,
            "domains",
        ),
        (
            "/enterprise_connections",
            with(json!({ "domains": ["nodomain"] })),
            422,
            "domains",
        ),
        (
            "/enterprise_connections",
            with(json!({ "domains": ["TAKEN.com"] })),
            409,
            "domains",
        ),
        (
            "/enterprise_connections",
            with(json!({ "oidc": {} })),
            422,
            "oidc",
        ),
        (
            "/enterprise_connections",
            with(json!({ "saml": { "cat": 1 } })),
            422,
            "cat",
        ),
        (
            "/enterprise_connections",
            with(json!({ "saml": 1 })),
            422,
            "saml",
        ),
        (
            "/enterprise_connections",
            with(json!({ "saml": { "idp_sso_url": "cat" } })),
            422,
            "idp_sso_url",
        ),
        (
            "/enterprise_connections",
            with(json!({ "organization_id": "org_nobody" })),
            404,
            "",
        ),
        (
            "/enterprise_connections",
            with(json!({ "active": true })),
            422,
            "active",
        ),
        ("/enterprise_connections", hint(json!({})), 422, "mode"),
        (
            "/enterprise_connections",
            hint(json!({ "mode": "cat" })),
            422,
            "mode",
        ),
        (
            "/enterprise_connections",
            hint(json!({ "mode": "custom_attribute" })),
            422,
            "source",
        ),
        (
            "/enterprise_connections",
            attribute(json!({ "name": "T" })),
            422,
            "key",
        ),
        (
            "/enterprise_connections",
            attribute(json!({ "name": "T", "key": "_t" })),
            422,
            "custom_attributes",
        ),
        (
            "/enterprise_connections",
            attribute(json!({ "name": "T", "key": "t", "scim_path": "a", "directory_path": "b" })),
            422,
            "scim_path",
        ),
        (
            "/saml_connections",
            json!({ "name": "A", "provider": "oidc_custom", "domain": "b.com" }),
            422,
            "provider",
        ),
        (
            "/saml_connections",
            json!({ "name": "A", "provider": "saml_okta" }),
            422,
            "domains",
        ),
        (
            "/directories",
            json!({ "provider": "okta" }),
            422,
            "enterprise_connection_id",
        ),
        (
            "/directories",
            json!({ "provider": "okta", "enterprise_connection_id": "nobody" }),
            422,
            "enterprise_connection_id",
        ),
        (
            "/directories",
            json!({
                "provider": "okta",
                "enterprise_connection_id": oidc,
                "group_role_mappings": [{ "directory_group_id": "g", "role_id": "nobody" }],
            }),
            422,
            "role_id",
        ),
        (
            "/admin_portal_link_tokens",
            json!({ "organization_id": "org_nobody" }),
            400,
            "",
        ),
        (
            "/admin_portal_link_tokens",
            json!({ "seconds_until_expiration": 86_401 }),
            400,
            "",
        ),
        (
            "/templates/sms/verification_code/toggle_delivery",
            json!({}),
            400,
            "delivered_by_clerk",
        ),
        (
            "/templates/fax/verification_code/revert",
            json!({}),
            400,
            "",
        ),
        ("/templates/sms/nothing/revert", json!({}), 404, ""),
        ("/webhooks/svix_url", json!(null), 400, ""),
        ("/proxy_checks", json!({}), 422, "proxy_url"),
        (
            "/proxy_checks",
            json!({ "proxy_url": "cat" }),
            422,
            "proxy_url",
        ),
        (
            "/proxy_checks",
            json!({ "domain_id": "nobody", "proxy_url": "http://localhost" }),
            422,
            "domain_id",
        ),
        ("/instance/change_domain", json!({}), 422, "home_url"),
        (
            "/instance/change_domain",
            json!({ "home_url": "cat" }),
            422,
            "home_url",
        ),
    ] {
        let answer = post(&caller, path, body.clone()).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{path} {body}: {}",
            answer.body
        );
        assert_eq!(answer.param(), param, "{path} {body}: {}", answer.body);
    }
    let put = json!({ "body": "no code" });
    let answer = caller
        .call(Method::PUT, "/templates/sms/verification_code", Some(&put))
        .await;
    assert_eq!(answer.code(), "required_variable_missing");
    for list in [
        "/directories",
        "/admin_portal_link_tokens/x/revoke",
        "/saml_connections",
    ] {
        let method = if list.ends_with("revoke") {
            Method::POST
        } else {
            Method::GET
        };
        let answer = caller.call(method, list, None).await;
        assert!(
            answer.body["total_count"] == 0 || answer.status == 404,
            "{list}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn group_role_mappings_need_the_switch() {
    let (_emulator, caller) = emulator().await;
    let connection = json!({ "name": "A", "provider": "saml_okta", "domains": ["a.com"] });
    let connection = id(&post(&caller, "/enterprise_connections", connection)
        .await
        .body);
    let body = json!({ "provider": "okta", "enterprise_connection_id": connection });
    let directory = id(&post(&caller, "/directories", body).await.body);
    let role = caller
        .call(Method::GET, "/organization_roles", None)
        .await
        .body;
    let role = id(&role["data"][0]);
    let path = format!("/directories/{directory}/group_role_mappings");
    let mapping = json!({ "directory_group_id": "g", "role_id": role });
    let refused = post(&caller, &path, mapping.clone()).await;
    assert_eq!(refused.code(), "feature_not_enabled");
    let on = json!({ "group_role_mapping_enabled": true });
    caller
        .call(
            Method::PATCH,
            &format!("/directories/{directory}"),
            Some(&on),
        )
        .await;
    assert_eq!(post(&caller, &path, mapping.clone()).await.status, 200);
    assert_eq!(
        post(&caller, &path, mapping).await.code(),
        "duplicate_record"
    );
    // All or nothing.
    let bad = json!({ "mappings": [{ "directory_group_id": "h", "role_id": "nobody" }] });
    let refused = caller.call(Method::PUT, &path, Some(&bad)).await;
    assert_eq!(refused.status, 404);
    let listed = caller.call(Method::GET, &path, None).await.body;
    assert_eq!(listed["data"][0]["directory_group_id"], "g");
}

#[tokio::test]
async fn a_proxy_that_leads_elsewhere_fails_its_check() {
    let (_emulator, caller) = emulator().await;
    let (other, _) = emulator().await;
    let url = format!("{}/nowhere", other.url());
    let check = post(&caller, "/proxy_checks", json!({ "proxy_url": url })).await;
    assert_eq!(
        (check.status.as_u16(), &check.body["successful"]),
        (200, &json!(false))
    );
}

#[tokio::test]
async fn moving_an_instance_signs_all_users_out() {
    let (emulator, caller) = emulator().await;
    let ada = emulator.user_id("ada@example.com").unwrap();
    let session = post(&caller, "/sessions", json!({ "user_id": ada }))
        .await
        .body;
    post(
        &caller,
        "/instance/change_domain",
        json!({ "home_url": "https://www.acme.com" }),
    )
    .await;
    let domains = caller.call(Method::GET, "/domains", None).await.body;
    assert_eq!(domains["data"][0]["name"], "acme.com");
    let path = format!("/sessions/{}", id(&session));
    let session = caller.call(Method::GET, &path, None).await.body;
    assert_eq!(session["status"], "revoked");
}
