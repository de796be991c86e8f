use std::{borrow::Cow, fmt};

use serde::Deserializer;

use crate::{discreet::discreet, lenient::Lenient};

/// The kind of an [`ApiErrorItem`](crate::ApiErrorItem), an open set of names.
///
/// The constants are the codes that Clerk documents for the Backend API
/// ([list](https://clerk.com/docs/guides/development/errors/backend-api)), and others that the API is known to return.
/// Compare other codes as text: `error.code().is_some_and(|code| code == "…")`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ErrorCode(Cow<'static, str>);

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        impl ErrorCode {
            $($(#[$doc])* pub const $name: Self = Self(Cow::Borrowed($text));)*
        }
    };
}

error_codes! {
    /// The actor token was used, has expired or was revoked.
    ACTOR_TOKEN_CANNOT_BE_REVOKED_CODE = "actor_token_cannot_be_revoked_code";
    /// The agent task was used, has expired or was revoked.
    AGENT_TASK_CANNOT_BE_REVOKED = "agent_task_cannot_be_revoked";
    /// The agent task does not exist.
    AGENT_TASK_NOT_FOUND = "agent_task_not_found";
    /// The user of the agent task no longer exists.
    AGENT_TASK_SUBJECT_NOT_FOUND = "agent_task_subject_not_found";
    /// The user is already a member of the organization.
    ALREADY_A_MEMBER_IN_ORGANIZATION = "already_a_member_in_organization";
    /// The credentials of the request were rejected.
    AUTHENTICATION_INVALID = "authentication_invalid";
    /// The `Authorization` header does not have the form `Bearer <key>`.
    AUTHORIZATION_HEADER_FORMAT_INVALID = "authorization_header_format_invalid";
    /// The credentials do not allow this request.
    AUTHORIZATION_INVALID = "authorization_invalid";
    /// The request is malformed.
    BAD_REQUEST = "bad_request";
    /// The change conflicts with other settings of the instance.
    BREAKS_INSTANCE_INVARIANT = "breaks_instance_invariant";
    /// The request contains more entries than are allowed.
    BULK_SIZE_EXCEEDED = "bulk_size_exceeded";
    /// The secret key does not belong to an existing instance.
    CLERK_KEY_INVALID = "clerk_key_invalid";
    /// The request does not name a client.
    CLIENT_NOT_FOUND = "client_not_found";
    /// The token of a client is invalid or incomplete.
    COOKIE_INVALID = "cookie_invalid";
    /// The request could not be authenticated.
    COULD_NOT_AUTHENTICATE_REQUEST = "could_not_authenticate_request";
    /// The user's identity provider deprovisioned the account.
    DEPROVISIONED = "deprovisioned";
    /// The domain of an instance can be changed only in production.
    DOMAIN_UPDATE_FORBIDDEN = "domain_update_forbidden";
    /// A list contains duplicates.
    DUPLICATE_LIST_ITEMS_NOT_ALLOWED = "duplicate_list_items_not_allowed";
    /// The object already exists.
    DUPLICATE_RECORD = "duplicate_record";
    /// The setting requires email codes.
    ENHANCED_EMAIL_DELIVERABILITY_PROHIBITED = "enhanced_email_deliverability_prohibited";
    /// The expired session token could not be verified.
    EXPIRED_SESSION_TOKEN_INVALID = "expired_session_token_invalid";
    /// The expired session token has no `azp` claim.
    EXPIRED_SESSION_TOKEN_MISSING_AZP = "expired_session_token_missing_azp";
    /// The expired session token has no `sid` claim.
    EXPIRED_SESSION_TOKEN_MISSING_SID = "expired_session_token_missing_sid";
    /// The feature is not enabled in this instance.
    FEATURE_NOT_ENABLED = "feature_not_enabled";
    /// The feature requires the OpenID Connect provider.
    FEATURE_REQUIRES_OIDC_PROVIDER = "feature_requires_oidc_provider";
    /// The feature requires progressive sign-up.
    FEATURE_REQUIRES_PROGRESSIVE_SIGN_UP = "feature_requires_progressive_sign_up";
    /// The object already exists.
    FORM_ALREADY_EXISTS = "form_already_exists";
    /// The one-time code is wrong.
    FORM_CODE_INCORRECT = "form_code_incorrect";
    /// A parameter conflicts with another one.
    FORM_CONDITIONAL_PARAM_DISALLOWED = "form_conditional_param_disallowed";
    /// A parameter is required because of another one.
    FORM_CONDITIONAL_PARAM_MISSING = "form_conditional_param_missing";
    /// The user lacks data that the instance requires.
    FORM_DATA_MISSING = "form_data_missing";
    /// The default second factor can only be replaced.
    FORM_DISABLE_DEFAULT_SECOND_FACTOR_NOT_ALLOWED = "form_disable_default_second_factor_not_allowed";
    /// A date is in the future.
    FORM_DISALLOW_FUTURE_DATE = "form_disallow_future_date";
    /// Another user or invitation already has the identifier.
    FORM_IDENTIFIER_EXISTS = "form_identifier_exists";
    /// No user has the identifier.
    FORM_IDENTIFIER_NOT_FOUND = "form_identifier_not_found";
    /// A parameter is not a valid origin.
    FORM_INVALID_ORIGIN = "form_invalid_origin";
    /// A list is too long.
    FORM_PARAM_ARRAY_SIZE_EXCEEDED = "form_param_array_size_exceeded";
    /// A parameter is given more than once.
    FORM_PARAM_DUPLICATE = "form_param_duplicate";
    /// A parameter is too large.
    FORM_PARAM_EXCEEDS_ALLOWED_SIZE = "form_param_exceeds_allowed_size";
    /// A parameter has an invalid format.
    FORM_PARAM_FORMAT_INVALID = "form_param_format_invalid";
    /// A parameter is not a time in milliseconds.
    FORM_PARAM_INVALID_DATE = "form_param_invalid_date";
    /// A parameter is not an RFC 3339 time.
    FORM_PARAM_INVALID_TIME = "form_param_invalid_time";
    /// A string is too long.
    FORM_PARAM_MAX_LENGTH_EXCEEDED = "form_param_max_length_exceeded";
    /// A string is too short.
    FORM_PARAM_MIN_LENGTH_EXCEEDED = "form_param_min_length_exceeded";
    /// A parameter is missing.
    FORM_PARAM_MISSING = "form_param_missing";
    /// A parameter is null where a value is required.
    FORM_PARAM_NIL = "form_param_nil";
    /// A parameter has the wrong JSON type.
    FORM_PARAM_TYPE_INVALID = "form_param_type_invalid";
    /// The operation does not know the parameter.
    FORM_PARAM_UNKNOWN = "form_param_unknown";
    /// A parameter has a value that is not allowed.
    FORM_PARAM_VALUE_INVALID = "form_param_value_invalid";
    /// A number is too large.
    FORM_PARAM_VALUE_TOO_LARGE = "form_param_value_too_large";
    /// The password digest does not match the hasher.
    FORM_PASSWORD_DIGEST_INVALID_CODE = "form_password_digest_invalid_code";
    /// The password is wrong.
    FORM_PASSWORD_INCORRECT = "form_password_incorrect";
    /// The password is too long.
    FORM_PASSWORD_LENGTH_TOO_LONG = "form_password_length_too_long";
    /// The password is too short.
    FORM_PASSWORD_LENGTH_TOO_SHORT = "form_password_length_too_short";
    /// The password lacks a lowercase letter.
    FORM_PASSWORD_NO_LOWERCASE = "form_password_no_lowercase";
    /// The password lacks a digit.
    FORM_PASSWORD_NO_NUMBER = "form_password_no_number";
    /// The password lacks a special character.
    FORM_PASSWORD_NO_SPECIAL_CHAR = "form_password_no_special_char";
    /// The password lacks an uppercase letter.
    FORM_PASSWORD_NO_UPPERCASE = "form_password_no_uppercase";
    /// The password is too easy to guess.
    FORM_PASSWORD_NOT_STRONG_ENOUGH = "form_password_not_strong_enough";
    /// The password appears in a public list of leaked passwords.
    FORM_PASSWORD_PWNED = "form_password_pwned";
    /// The password has too many bytes.
    FORM_PASSWORD_SIZE_IN_BYTES_EXCEEDED = "form_password_size_in_bytes_exceeded";
    /// The password is wrong.
    FORM_PASSWORD_VALIDATION_FAILED = "form_password_validation_failed";
    /// A parameter refers to something that does not exist.
    FORM_RESOURCE_NOT_FOUND = "form_resource_not_found";
    /// The username has a character that is not allowed.
    FORM_USERNAME_INVALID_CHARACTER = "form_username_invalid_character";
    /// The username is too short or too long.
    FORM_USERNAME_INVALID_LENGTH = "form_username_invalid_length";
    /// The username consists of digits only.
    FORM_USERNAME_NEEDS_NON_NUMBER_CHAR = "form_username_needs_non_number_char";
    /// Another application uses the domain.
    HOME_URL_TAKEN = "home_url_taken";
    /// Another user has verified the identifier in the meantime.
    IDENTIFICATION_CLAIMED = "identification_claimed";
    /// An unverified identifier cannot be a second factor.
    IDENTIFICATION_CREATE_SECOND_FACTOR_UNVERIFIED = "identification_create_second_factor_unverified";
    /// The user's last identifier cannot become a second factor.
    IDENTIFICATION_UPDATE_FAILED = "identification_update_failed";
    /// An unverified identifier has no second-factor settings.
    IDENTIFICATION_UPDATE_SECOND_FACTOR_UNVERIFIED = "identification_update_second_factor_unverified";
    /// The image does not exist.
    IMAGE_NOT_FOUND = "image_not_found";
    /// The password does not match the user's.
    INCORRECT_PASSWORD = "incorrect_password";
    /// Something failed on Clerk's side.
    INTERNAL_CLERK_ERROR = "internal_clerk_error";
    /// The type of instance does not exist.
    INVALID_ENVIRONMENT_TYPE = "invalid_environment_type";
    /// The nonce of the handshake was used, is unknown or is too old.
    INVALID_NONCE = "invalid_nonce";
    /// Clerk cannot reach its Frontend API through the proxy URL.
    INVALID_PROXY_CONFIGURATION = "invalid_proxy_configuration";
    /// A query parameter has a value that is not allowed.
    INVALID_QUERY_PARAMETER_VALUE = "invalid_query_parameter_value";
    /// The session token could not be verified.
    INVALID_SESSION_TOKEN = "invalid_session_token";
    /// The body of a template has a syntax error.
    INVALID_TEMPLATE_BODY = "invalid_template_body";
    /// The TOTP secret is not base32 text.
    INVALID_TOTP_SECRET_CODE = "invalid_totp_secret_code";
    /// The invitation was accepted.
    INVITATION_ALREADY_ACCEPTED = "invitation_already_accepted";
    /// The invitation was revoked.
    INVITATION_ALREADY_REVOKED = "invitation_already_revoked";
    /// Invitations require email addresses, which the instance does not use.
    INVITATIONS_NOT_SUPPORTED = "invitations_not_supported";
    /// A JWT template sets a claim that is reserved.
    JWT_TEMPLATE_RESERVED_CLAIM = "jwt_template_reserved_claim";
    /// The domain belongs to a hosting service.
    KNOWN_HOSTING_DOMAIN = "known_hosting_domain";
    /// The machine may already call the other one.
    MACHINE_SCOPE_ALREADY_EXISTS = "machine_scope_already_exists";
    /// The machine secret key does not belong to an existing machine.
    MACHINE_SECRET_KEY_INVALID = "machine_secret_key_invalid";
    /// The claims of an M2M token include a reserved one.
    MACHINE_TOKEN_RESERVED_CLAIM = "machine_token_reserved_claim";
    /// Clerk is under maintenance.
    MAINTENANCE_MODE = "maintenance_mode";
    /// The publishable key is malformed.
    MALFORMED_PUBLISHABLE_KEY = "malformed_publishable_key";
    /// The parameters of the request could not be parsed.
    MALFORMED_REQUEST_PARAMETERS = "malformed_request_parameters";
    /// The user lacks a permission in the organization.
    MISSING_ORGANIZATION_PERMISSION = "missing_organization_permission";
    /// A query parameter is missing.
    MISSING_QUERY_PARAMETER = "missing_query_parameter";
    /// The user has no password.
    NO_PASSWORD_SET = "no_password_set";
    /// The user is not a member of the organization.
    NOT_A_MEMBER_IN_ORGANIZATION = "not_a_member_in_organization";
    /// A dynamically registered OAuth application always requires consent.
    OAUTH_APPLICATION_CONSENT_SCREEN_CANNOT_BE_DISABLED = "oauth_application_consent_screen_cannot_be_disabled";
    /// The user has no access token of the provider.
    OAUTH_MISSING_ACCESS_TOKEN = "oauth_missing_access_token";
    /// The provider's access token has expired and cannot be renewed.
    OAUTH_MISSING_REFRESH_TOKEN = "oauth_missing_refresh_token";
    /// The OAuth provider is not enabled in this instance.
    OAUTH_TOKEN_PROVIDER_NOT_ENABLED = "oauth_token_provider_not_enabled";
    /// The provider did not issue a new access token.
    OAUTH_TOKEN_RETRIEVAL_ERROR = "oauth_token_retrieval_error";
    /// The OAuth provider does not exist.
    OAUTH_UNSUPPORTED_PROVIDER = "oauth_unsupported_provider";
    /// The operation is scheduled for removal.
    OPERATION_DEPRECATED = "operation_deprecated";
    /// The operation is for satellite domains only.
    OPERATION_NOT_ALLOWED_ON_PRIMARY_DOMAIN = "operation_not_allowed_on_primary_domain";
    /// The organization already has an enterprise connection.
    ORGANIZATION_ALREADY_HAS_SSO_CONNECTION = "organization_already_has_sso_connection";
    /// The user who should create the organization does not exist.
    ORGANIZATION_CREATOR_NOT_FOUND = "organization_creator_not_found";
    /// Another organization has the domain.
    ORGANIZATION_DOMAIN_ALREADY_EXISTS = "organization_domain_already_exists";
    /// The domain belongs to a blocked email provider.
    ORGANIZATION_DOMAIN_BLOCKED = "organization_domain_blocked";
    /// The domain belongs to a common email provider.
    ORGANIZATION_DOMAIN_COMMON = "organization_domain_common";
    /// The enrollment mode is not enabled in this instance.
    ORGANIZATION_DOMAIN_ENROLLMENT_MODE_NOT_ENABLED = "organization_domain_enrollment_mode_not_enabled";
    /// The organization has reached its maximum number of domains.
    ORGANIZATION_DOMAIN_QUOTA_EXCEEDED = "organization_domain_quota_exceeded";
    /// The email address has a pending invitation to the organization.
    ORGANIZATION_INVITATION_NOT_UNIQUE = "organization_invitation_not_unique";
    /// The creator's role lacks a required permission.
    ORGANIZATION_MISSING_CREATOR_ROLE_PERMISSIONS = "organization_missing_creator_role_permissions";
    /// Organizations are not enabled in this instance.
    ORGANIZATION_NOT_ENABLED_IN_INSTANCE = "organization_not_enabled_in_instance";
    /// The organization does not exist or is not accessible.
    ORGANIZATION_NOT_FOUND_OR_UNAUTHORIZED = "organization_not_found_or_unauthorized";
    /// Organizations cannot be disabled at the moment.
    ORGANIZATIONS_DISABLE_NOT_ALLOWED = "organizations_disable_not_allowed";
    /// The instance already has a primary domain.
    PRIMARY_DOMAIN_ALREADY_EXISTS = "primary_domain_already_exists";
    /// The product is not compatible with the plan.
    PRODUCT_NOT_SUPPORTED_BY_SUBSCRIPTION_PLAN = "product_not_supported_by_subscription_plan";
    /// A quota is exhausted.
    QUOTA_EXCEEDED = "quota_exceeded";
    /// The request's origin is not the `azp` claim of the session token.
    REFRESH_REQUEST_ORIGIN_AZP_MISMATCH = "refresh_request_origin_azp_mismatch";
    /// The request's origin could not be parsed.
    REFRESH_REQUEST_ORIGIN_INVALID = "refresh_request_origin_invalid";
    /// The session token belongs to another session.
    REFRESH_SID_MISMATCH = "refresh_sid_mismatch";
    /// The refresh token is not valid.
    REFRESH_TOKEN_INVALID = "refresh_token_invalid";
    /// The refresh token is unknown.
    REFRESH_TOKEN_NOT_FOUND = "refresh_token_not_found";
    /// The request body is malformed.
    REQUEST_BODY_INVALID = "request_body_invalid";
    /// The request is for another type of instance.
    REQUEST_INVALID_FOR_ENVIRONMENT = "request_invalid_for_environment";
    /// The settings of the instance do not allow the request.
    REQUEST_INVALID_FOR_INSTANCE = "request_invalid_for_instance";
    /// A required variable is missing from the body of a template.
    REQUIRED_VARIABLE_MISSING = "required_variable_missing";
    /// The domain is reserved.
    RESERVED_DOMAIN = "reserved_domain";
    /// The subdomain is reserved.
    RESERVED_SUBDOMAIN = "reserved_subdomain";
    /// The object is not accessible.
    RESOURCE_FORBIDDEN = "resource_forbidden";
    /// The resource in the path does not exist.
    RESOURCE_NOT_FOUND = "resource_not_found";
    /// The SAML connection lacks settings that it needs to be active.
    SAML_CONNECTION_CANT_BE_ACTIVATED = "saml_connection_cant_be_activated";
    /// The metadata of the identity provider could not be fetched.
    SAML_FAILED_TO_FETCH_IDP_METADATA = "saml_failed_to_fetch_idp_metadata";
    /// The metadata of the identity provider could not be parsed.
    SAML_FAILED_TO_PARSE_IDP_METADATA = "saml_failed_to_parse_idp_metadata";
    /// The expired session token was already used for a refresh.
    SESSION_REFRESH_EXPIRED_SESSION_TOKEN_CONSUMED = "session_refresh_expired_session_token_consumed";
    /// The expired session token has no `iat` claim.
    SESSION_REFRESH_EXPIRED_SESSION_TOKEN_MISSING_IAT = "session_refresh_expired_session_token_missing_iat";
    /// The session token expired too long ago.
    SESSION_REFRESH_EXPIRED_SESSION_TOKEN_TOO_OLD = "session_refresh_expired_session_token_too_old";
    /// The session is not active.
    SESSION_REFRESH_INACTIVE_SESSION = "session_refresh_inactive_session";
    /// The session does not exist.
    SESSION_REFRESH_SESSION_NOT_FOUND = "session_refresh_session_not_found";
    /// The session token cannot be refreshed.
    SESSION_REFRESH_SESSION_TOKEN_INELIGIBLE = "session_refresh_session_token_ineligible";
    /// The user of the session does not exist.
    SESSION_REFRESH_USER_NOT_FOUND = "session_refresh_user_not_found";
    /// The template of session tokens cannot be deleted.
    SESSION_TOKEN_JWT_TEMPLATE = "session_token_jwt_template";
    /// The sign-in token was used, has expired or was revoked.
    SIGN_IN_TOKEN_CANNOT_BE_REVOKED_CODE = "sign_in_token_cannot_be_revoked_code";
    /// The sign-up has ended.
    SIGN_UP_CANNOT_BE_UPDATED = "sign_up_cannot_be_updated";
    /// The sign-up mode does not allow the value.
    SIGN_UP_MODE_RESTRICTED_INVALID_VALUE = "sign_up_mode_restricted_invalid_value";
    /// The instance has no Svix application.
    SVIX_APP_MISSING = "svix_app_missing";
    /// The body of this template cannot be changed.
    TEMPLATE_BODY_MODIFICATION_RESTRICTED = "template_body_modification_restricted";
    /// A built-in template cannot be deleted.
    TEMPLATE_DELETION_RESTRICTED = "template_deletion_restricted";
    /// A custom template cannot be reverted.
    TEMPLATE_REVERT_ERROR = "template_revert_error";
    /// The type of template does not exist.
    TEMPLATE_TYPE_UNSUPPORTED = "template_type_unsupported";
    /// The instance's token quota is exhausted.
    TOKEN_QUOTA_EXCEEDED = "token_quota_exceeded";
    /// Too many requests in a short time.
    TOO_MANY_REQUESTS = "too_many_requests";
    /// The user has no authenticator app.
    TOTP_DISABLED = "totp_disabled";
    /// The code of the authenticator app is wrong.
    TOTP_INCORRECT_CODE = "totp_incorrect_code";
    /// The code of the authenticator app does not have six digits.
    TOTP_INVALID_LENGTH = "totp_invalid_length";
    /// The content type of the request is not supported.
    UNSUPPORTED_CONTENT_TYPE = "unsupported_content_type";
    /// Phone numbers of this country are not supported.
    UNSUPPORTED_COUNTRY_CODE = "unsupported_country_code";
    /// The plan does not include the feature.
    UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES = "unsupported_subscription_plan_features";
    /// The user is banned.
    USER_BANNED = "user_banned";
    /// The instance has reached its maximum number of users.
    USER_QUOTA_EXCEEDED = "user_quota_exceeded";
    /// The identifier is already verified.
    VERIFICATION_ALREADY_VERIFIED = "verification_already_verified";
}

impl ErrorCode {
    /// Creates a code that has no constant.
    #[must_use]
    pub fn new(code: impl Into<String>) -> Self {
        Self(Cow::Owned(code.into()))
    }

    /// Returns the code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for ErrorCode {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for ErrorCode {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<'de> Lenient<'de> for ErrorCode {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(String::read(deserializer)?.map(Self::new))
    }
}

discreet!(ErrorCode);

#[cfg(feature = "serialize")]
impl serde::Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
