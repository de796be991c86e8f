use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse as _;
use axum::routing::{get, patch, post, put};
use http::StatusCode;
use url::Url;

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::Reply;
use crate::rules::api_error::ApiError;
use crate::rules::countries;
use crate::rules::domains;
use crate::rules::identifiers;
use crate::rules::settings::{self, OrganizationSettingsUpdate};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/instance", get(one).patch(update))
        .route("/instance/restrictions", patch(update_restrictions))
        .route("/instance/protect", get(protect).patch(update_protect))
        .route(
            "/instance/communication",
            get(communication).patch(update_communication),
        )
        .route(
            "/instance/oauth_application_settings",
            get(oauth).patch(update_oauth),
        )
        .route(
            "/instance/organization_settings",
            get(organizations).patch(update_organizations),
        )
        .route(
            "/beta_features/instance_settings",
            patch(update_beta_settings),
        )
        .route("/beta_features/domain", put(change_domain))
        // One of the official clients calls this path.
        .route("/beta_features/change_domain", post(change_domain))
        .route("/instance/change_domain", post(change_domain))
}

async fn one(State(app): State<Arc<App>>) -> Reply {
    answer::one(&app, settings::get, |show, set| show.instance(set))
}

async fn update(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&[
        "test_mode",
        "hibp",
        "support_email",
        "clerk_js_version",
        "development_origin",
        "allowed_origins",
        "cookieless_dev",
        "url_based_session_syncing",
        "preferred_sign_in_strategy_when_password_required",
    ])?;
    let test_mode = body.boolean("test_mode")?;
    let hibp = body.boolean("hibp")?;
    let origins = body.texts("allowed_origins")?;
    if let Some(origins) = &origins
        && !origins.iter().all(|origin| is_origin(origin))
    {
        return Err(ApiError::format(
            "allowed_origins",
            "must hold origins, such as capacitor://localhost",
        ));
    }
    let support_email = body.patch_text("support_email")?;
    if support_email
        .value()
        .is_some_and(|address| !identifiers::is_email(address))
    {
        return Err(ApiError::format(
            "support_email",
            "must be a valid email address",
        ));
    }
    let clerk_js_version = body.patch_text("clerk_js_version")?;
    let preferred = body.one_of(
        "preferred_sign_in_strategy_when_password_required",
        &["password", "otp", ""],
    )?;
    // The former is the old name of the latter.
    let cookieless = body.boolean("cookieless_dev")?;
    let url_based = body.boolean("url_based_session_syncing")?.or(cookieless);
    let development_origin = body.text("development_origin")?;
    app.write(|tables, _| {
        settings::change(tables, |set| {
            set.test_mode = test_mode.unwrap_or(set.test_mode);
            set.refuses_breached_passwords = hibp.unwrap_or(set.refuses_breached_passwords);
            if let Some(origins) = origins {
                set.allowed_origins = origins;
            }
            support_email.apply(&mut set.support_email);
            set.url_based_session_syncing = url_based.or(set.url_based_session_syncing);
            if let Some(origin) = development_origin {
                set.development_origin = origin;
            }
            clerk_js_version.apply(&mut set.clerk_js_version);
            if let Some(strategy) = preferred {
                set.preferred_sign_in_strategy = Some(strategy).filter(|one| !one.is_empty());
            }
        })?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}

/// Returns true for what a browser sends as `Origin`.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && !text.contains(['?', '#'])
            && !text.ends_with('/')
    })
}

async fn update_restrictions(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&[
        "allowlist",
        "blocklist",
        "allowlist_blocklist_disabled_on_sign_in",
        "block_email_subaddresses",
        "block_disposable_email_domains",
    ])?;
    let allowlist = body.boolean("allowlist")?;
    let blocklist = body.boolean("blocklist")?;
    let off_on_sign_in = body.boolean("allowlist_blocklist_disabled_on_sign_in")?;
    let subaddresses = body.boolean("block_email_subaddresses")?;
    let disposable = body.boolean("block_disposable_email_domains")?;
    answer::changed(
        &app,
        |tables, _| {
            settings::change(tables, |settings| {
                let set = &mut settings.restrictions;
                set.allowlist = allowlist.unwrap_or(set.allowlist);
                set.blocklist = blocklist.unwrap_or(set.blocklist);
                set.allowlist_blocklist_disabled_on_sign_in =
                    off_on_sign_in.unwrap_or(set.allowlist_blocklist_disabled_on_sign_in);
                set.block_email_subaddresses = subaddresses.unwrap_or(set.block_email_subaddresses);
                set.block_disposable_email_domains =
                    disposable.unwrap_or(set.block_disposable_email_domains);
            })
        },
        |show, set| show.instance_restrictions(set),
    )
}

async fn protect(State(app): State<Arc<App>>) -> Reply {
    answer::one(&app, settings::get, |show, set| show.instance_protect(set))
}

async fn update_protect(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&["rules_enabled", "specter_enabled"])?;
    let rules = body.boolean("rules_enabled")?;
    let specter = body.boolean("specter_enabled")?;
    answer::changed(
        &app,
        |tables, _| {
            settings::change(tables, |set| {
                set.protect_rules_enabled = rules.unwrap_or(set.protect_rules_enabled);
                set.specter_enabled = specter.unwrap_or(set.specter_enabled);
            })
        },
        |show, set| show.instance_protect(set),
    )
}

async fn communication(State(app): State<Arc<App>>) -> Reply {
    answer::one(&app, settings::get, |show, set| {
        show.instance_communication(set)
    })
}

/// Replaces the whole list of countries, leaving out those that do not exist.
async fn update_communication(State(app): State<Arc<App>>, body: Body) -> Reply {
    let codes = body
        .only(&["blocked_country_codes"])?
        .texts("blocked_country_codes")?;
    let is_code =
        |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if codes
        .as_ref()
        .is_some_and(|codes| !codes.iter().all(is_code))
    {
        return Err(ApiError::format(
            "blocked_country_codes",
            "must hold codes of two uppercase letters",
        ));
    }
    if let Some(codes) = &codes
        && codes.iter().collect::<HashSet<_>>().len() < codes.len()
    {
        return Err(ApiError::value(
            "blocked_country_codes",
            "must not hold the same code twice",
        ));
    }
    answer::changed(
        &app,
        |tables, _| {
            settings::change(tables, |set| {
                if let Some(mut codes) = codes {
                    codes.retain(|code| countries::is_known(code));
                    set.blocked_country_codes = codes;
                }
            })
        },
        |show, set| show.instance_communication(set),
    )
}

async fn oauth(State(app): State<Arc<App>>) -> Reply {
    answer::one(&app, settings::get, |show, set| {
        show.oauth_application_settings(set)
    })
}

async fn update_oauth(State(app): State<Arc<App>>, body: Body) -> Reply {
    const REGISTERED_ONLY: &str = "client_id_metadata_documents_only_allow_pre_registered_clients";
    const BLOCK_IMPLICIT: &str = "client_id_metadata_documents_block_implicitly_allowed_clients";
    const ADVERTISED: &str = "client_id_metadata_documents_advertised";
    let body = body.only(&[
        "dynamic_oauth_client_registration",
        "default_scopes",
        "oauth_jwt_access_tokens",
        ADVERTISED,
        REGISTERED_ONLY,
        BLOCK_IMPLICIT,
    ])?;
    let registration = body.boolean("dynamic_oauth_client_registration")?;
    let scopes = body.patch_texts("default_scopes")?;
    let jwt = body.boolean("oauth_jwt_access_tokens")?;
    let advertised = body.boolean(ADVERTISED)?;
    let registered_only = body.boolean(REGISTERED_ONLY)?;
    let block_implicit = body.boolean(BLOCK_IMPLICIT)?;
    answer::changed(
        &app,
        |tables, _| {
            settings::change(tables, |settings| {
                let set = &mut settings.oauth;
                set.dynamic_oauth_client_registration =
                    registration.unwrap_or(set.dynamic_oauth_client_registration);
                scopes.apply(&mut set.default_scopes);
                set.oauth_jwt_access_tokens = jwt.unwrap_or(set.oauth_jwt_access_tokens);
                set.client_id_metadata_documents_advertised =
                    advertised.unwrap_or(set.client_id_metadata_documents_advertised);
                set.client_id_metadata_documents_only_allow_pre_registered_clients =
                    registered_only.unwrap_or(
                        set.client_id_metadata_documents_only_allow_pre_registered_clients,
                    );
                set.client_id_metadata_documents_block_implicitly_allowed_clients = block_implicit
                    .unwrap_or(set.client_id_metadata_documents_block_implicitly_allowed_clients);
            })
        },
        |show, set| show.oauth_application_settings(set),
    )
}

async fn organizations(State(app): State<Arc<App>>) -> Reply {
    answer::one(&app, settings::get, |show, set| {
        show.organization_settings(set)
    })
}

async fn update_organizations(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&[
        "enabled",
        "max_allowed_memberships",
        "admin_delete_enabled",
        "domains_enabled",
        "slug_disabled",
        "domains_enrollment_modes",
        "creator_role_id",
        "domains_default_role_id",
    ])?;
    let update = OrganizationSettingsUpdate {
        enabled: body.boolean("enabled")?,
        max_allowed_memberships: body.integer("max_allowed_memberships")?,
        admin_delete_enabled: body.boolean("admin_delete_enabled")?,
        domains_enabled: body.boolean("domains_enabled")?,
        slug_disabled: body.boolean("slug_disabled")?,
        domains_enrollment_modes: body.texts("domains_enrollment_modes")?,
        creator_role_id: body.text("creator_role_id")?,
        domains_default_role_id: body.text("domains_default_role_id")?,
    };
    answer::changed(
        &app,
        |tables, _| settings::update_organizations(tables, update),
        |show, set| show.organization_settings(set),
    )
}

async fn update_beta_settings(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&[
        "restricted_to_allowlist",
        "from_email_address",
        "progressive_sign_up",
        "test_mode",
    ])?;
    let allowlist = body.boolean("restricted_to_allowlist")?;
    let from = body.text("from_email_address")?;
    let progressive = body.boolean("progressive_sign_up")?;
    let test_mode = body.boolean("test_mode")?;
    answer::changed(
        &app,
        |tables, _| {
            settings::change(tables, |set| {
                set.restrictions.allowlist = allowlist.unwrap_or(set.restrictions.allowlist);
                if let Some(from) = from {
                    set.from_email_address = from;
                }
                set.progressive_sign_up = progressive.unwrap_or(set.progressive_sign_up);
                set.test_mode = test_mode.unwrap_or(set.test_mode);
            })
        },
        |show, set| show.instance_settings(set),
    )
}

/// Moves a production instance to another domain. The emulator's host and keys stay the same.
async fn change_domain(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&["home_url", "is_secondary"])?;
    let home_url = body.required("home_url")?;
    let is_secondary = body.is_true("is_secondary")?;
    app.write(|tables, now| domains::move_home(tables, &home_url, is_secondary, now))?;
    Ok(StatusCode::ACCEPTED.into_response())
}
