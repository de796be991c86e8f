//! The components that the browser SDK mounts into a page, with their options.

use serde_json::{Map, Value};

use super::appearance::Appearance;
use super::options::{choices, options, setters};

choices! {
    /// The way in which users sign in with a social connection.
    OAuthFlow {
        /// With a redirect, except in frames, where a popup is needed.
        Auto = "auto",
        /// With a redirect.
        Redirect = "redirect",
        /// In a popup.
        Popup = "popup",
    }

    /// The place where a component that belongs to another one opens.
    OpensIn {
        /// In a modal.
        Modal = "modal",
        /// On the page whose URL is set.
        Navigation = "navigation",
    }

    /// The payer of a plan.
    Payer {
        /// The user.
        User = "user",
        /// The active organization.
        Organization = "organization",
    }

    /// The position of the buttons of plans.
    CtaPosition {
        /// Above the features.
        Top = "top",
        /// Below the features.
        Bottom = "bottom",
    }
}

options! {
    /// The initial values of the fields of a sign-in or sign-up form.
    InitialValues {
        /// Sets the email address.
        email_address: text = "emailAddress",
        /// Sets the phone number, as in `+15555550100`.
        phone_number: text = "phoneNumber",
        /// Sets the username.
        username: text = "username",
        /// Sets the first name of a new user.
        first_name: text = "firstName",
        /// Sets the last name of a new user.
        last_name: text = "lastName",
    }
}

/// The content that a page shows in place of a component while it loads, or if it cannot be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// A card with a form to sign in; the hosted page has the same.
    SignIn,
    /// A card with a form to sign up; the hosted page has the same.
    SignUp,
    /// A card for users who are signed in.
    Card,
    /// A card for all visitors.
    Public,
    /// A button or picture for users who are signed in.
    Small,
    /// The slug of the active organization, if it has one.
    Organization,
    /// Nothing.
    Invisible,
}

/// The place of a component in a page, for [`Page::mount`](super::Page::mount). Every component converts into it.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct MountPoint {
    /// The name in the browser SDK, as in `mountSignIn`.
    pub(super) name: &'static str,
    pub(super) stand: Stand,
    pub(super) id: Option<String>,
    pub(super) class: Option<String>,
    pub(super) options: Map<String, Value>,
}

macro_rules! components {
    ($($(#[$docs:meta])* $type:ident = $js:literal is $stand:ident
        $(, needs $(#[$needed_docs:meta])* $needed:ident = $needed_name:literal)? {
        $($(#[$option_docs:meta])* $option:ident: $kind:ident = $name:literal,)*
    })*) => {$(
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq)]
        #[must_use]
        pub struct $type(MountPoint);

        impl $type {
            components! { @new $type = $js is $stand $(, $(#[$needed_docs])* $needed = $needed_name)? }

            /// Sets the `id` of the element.
            pub fn id(mut self, id: impl Into<String>) -> Self {
                self.0.id = Some(id.into());
                self
            }

            /// Sets the CSS classes of the element.
            pub fn class(mut self, classes: impl Into<String>) -> Self {
                self.0.class = Some(classes.into());
                self
            }

            setters! {
                $($(#[$option_docs])* $option: $kind = $name,)*
                /// Sets the appearance of the component.
                appearance: Appearance = "appearance",
            }

            /// Sets an option for which this type has no method.
            pub fn option(mut self, name: &str, value: impl Into<Value>) -> Self {
                self.0.options.insert(name.to_owned(), value.into());
                self
            }
        }

        components! { @default $type $(, $needed)? }

        impl From<$type> for MountPoint {
            fn from(component: $type) -> Self {
                component.0
            }
        }
    )*};
    (@default $type:ident) => {
        impl Default for $type {
            fn default() -> Self {
                Self::new()
            }
        }
    };
    (@default $type:ident, $needed:ident) => {};
    (@new $type:ident = $js:literal is $stand:ident) => {
        /// Creates the component with its defaults.
        pub fn new() -> Self {
            Self(MountPoint {
                name: $js,
                stand: Stand::$stand,
                id: None,
                class: None,
                options: Map::new(),
            })
        }
    };
    (@new $type:ident = $js:literal is $stand:ident, $(#[$needed_docs:meta])* $needed:ident = $needed_name:literal) => {
        $(#[$needed_docs])*
        pub fn new($needed: impl Into<String>) -> Self {
            Self(MountPoint {
                name: $js,
                stand: Stand::$stand,
                id: None,
                class: None,
                options: Map::new(),
            })
            .option($needed_name, $needed.into())
        }
    };
}

components! {
    /// The form to sign in.
    SignIn = "SignIn" is SignIn {
        /// Sets the path of the page. The steps then have paths below it, all of which must serve the page. By default,
        /// the steps are in the fragment of the URL.
        path: text = "path",
        /// Sets where users go after signing in, regardless of `redirect_url`.
        force_redirect_url: text = "forceRedirectUrl",
        /// Sets where users go after signing in if there is no `redirect_url`.
        fallback_redirect_url: text = "fallbackRedirectUrl",
        /// Sets where users go after signing up instead, regardless of `redirect_url`.
        sign_up_force_redirect_url: text = "signUpForceRedirectUrl",
        /// Sets where users go after signing up instead if there is no `redirect_url`.
        sign_up_fallback_redirect_url: text = "signUpFallbackRedirectUrl",
        /// Sets the URL of the sign-up page.
        sign_up_url: text = "signUpUrl",
        /// Sets the URL of the waitlist page.
        waitlist_url: text = "waitlistUrl",
        /// Sets whether unknown users sign up in the same form.
        with_sign_up: bool = "withSignUp",
        /// Sets whether an unknown social account signs up.
        transferable: bool = "transferable",
        /// Sets how users sign in with a social connection.
        oauth_flow: OAuthFlow = "oauthFlow",
        /// Sets the `prompt` parameter of OpenID Connect.
        oidc_prompt: text = "oidcPrompt",
        /// Sets the initial values of fields.
        initial_values: InitialValues = "initialValues",
        /// Sets the metadata of a new user, which the user's browser can change.
        unsafe_metadata: json = "unsafeMetadata",
    }

    /// The form to sign up.
    SignUp = "SignUp" is SignUp {
        /// Sets the path of the page. The steps then have paths below it, all of which must serve the page. By default,
        /// the steps are in the fragment of the URL.
        path: text = "path",
        /// Sets where users go after signing up, regardless of `redirect_url`.
        force_redirect_url: text = "forceRedirectUrl",
        /// Sets where users go after signing up if there is no `redirect_url`.
        fallback_redirect_url: text = "fallbackRedirectUrl",
        /// Sets where users go after signing in instead, regardless of `redirect_url`.
        sign_in_force_redirect_url: text = "signInForceRedirectUrl",
        /// Sets where users go after signing in instead if there is no `redirect_url`.
        sign_in_fallback_redirect_url: text = "signInFallbackRedirectUrl",
        /// Sets the URL of the sign-in page.
        sign_in_url: text = "signInUrl",
        /// Sets the URL of the waitlist page.
        waitlist_url: text = "waitlistUrl",
        /// Sets how users sign up with a social connection.
        oauth_flow: OAuthFlow = "oauthFlow",
        /// Sets the `prompt` parameter of OpenID Connect.
        oidc_prompt: text = "oidcPrompt",
        /// Sets the initial values of fields.
        initial_values: InitialValues = "initialValues",
        /// Sets the metadata of the new user, which the user's browser can change.
        unsafe_metadata: json = "unsafeMetadata",
    }

    /// Google's prompt to sign in with one tap. It has no place on the page.
    GoogleOneTap = "GoogleOneTap" is Invisible {
        /// Sets whether a click outside closes the prompt.
        cancel_on_tap_outside: bool = "cancelOnTapOutside",
        /// Sets whether browsers with tracking prevention show the prompt.
        itp_support: bool = "itpSupport",
        /// Sets whether browsers with FedCM use it.
        fed_cm_support: bool = "fedCmSupport",
        /// Sets where users go after signing in.
        sign_in_force_redirect_url: text = "signInForceRedirectUrl",
        /// Sets where users go after signing up.
        sign_up_force_redirect_url: text = "signUpForceRedirectUrl",
    }

    /// The picture of the user, which opens a menu.
    UserButton = "UserButton" is Small {
        /// Sets whether the name is shown beside the picture.
        show_name: bool = "showName",
        /// Sets whether the menu is open at first.
        default_open: bool = "defaultOpen",
        /// Sets where the profile opens.
        user_profile_mode: OpensIn = "userProfileMode",
        /// Sets the URL of the page with the profile.
        user_profile_url: text = "userProfileUrl",
        /// Sets where users go after switching to another account.
        after_switch_session_url: text = "afterSwitchSessionUrl",
        /// Sets the URL of the page to add an account.
        sign_in_url: text = "signInUrl",
    }

    /// The picture of the user.
    UserAvatar = "UserAvatar" is Small {
        /// Sets whether the picture is round.
        rounded: bool = "rounded",
    }

    /// The account of the user.
    UserProfile = "UserProfile" is Card {
        /// Sets the path of the page. The parts then have paths below it, all of which must serve the page. By default,
        /// the parts are in the fragment of the URL.
        path: text = "path",
    }

    /// The form to create an organization.
    CreateOrganization = "CreateOrganization" is Card {
        /// Sets the path of the page. The steps then have paths below it, all of which must serve the page.
        path: text = "path",
        /// Sets where users go afterward. `:id` and `:slug` are replaced with the organization's ID and slug.
        after_create_organization_url: text = "afterCreateOrganizationUrl",
        /// Sets whether the step that invites members is skipped.
        skip_invitation_screen: bool = "skipInvitationScreen",
    }

    /// The active organization, with a menu of all the user's organizations.
    OrganizationSwitcher = "OrganizationSwitcher" is Organization {
        /// Sets whether the personal account is left out.
        hide_personal: bool = "hidePersonal",
        /// Sets whether the menu is open at first.
        default_open: bool = "defaultOpen",
        /// Sets where the form to create an organization opens.
        create_organization_mode: OpensIn = "createOrganizationMode",
        /// Sets the URL of the page to create an organization.
        create_organization_url: text = "createOrganizationUrl",
        /// Sets where the settings of the organization open.
        organization_profile_mode: OpensIn = "organizationProfileMode",
        /// Sets the URL of the page with the settings of the organization.
        organization_profile_url: text = "organizationProfileUrl",
        /// Sets where users go after creating an organization. `:id` and `:slug` are replaced with the organization's
        /// ID and slug.
        after_create_organization_url: text = "afterCreateOrganizationUrl",
        /// Sets where users go after choosing an organization. `:id` and `:slug` are replaced with the organization's
        /// ID and slug.
        after_select_organization_url: text = "afterSelectOrganizationUrl",
        /// Sets where users go after choosing the personal account.
        after_select_personal_url: text = "afterSelectPersonalUrl",
        /// Sets where users go after leaving an organization.
        after_leave_organization_url: text = "afterLeaveOrganizationUrl",
        /// Sets whether the step that invites members to a new organization is skipped.
        skip_invitation_screen: bool = "skipInvitationScreen",
    }

    /// The settings of the active organization.
    OrganizationProfile = "OrganizationProfile" is Card {
        /// Sets the path of the page. The parts then have paths below it, all of which must serve the page. By default,
        /// the parts are in the fragment of the URL.
        path: text = "path",
        /// Sets where users go after leaving the organization.
        after_leave_organization_url: text = "afterLeaveOrganizationUrl",
    }

    /// The organizations of the user, from which one can be chosen.
    OrganizationList = "OrganizationList" is Card {
        /// Sets whether the personal account is left out.
        hide_personal: bool = "hidePersonal",
        /// Sets where users go after creating an organization. `:id` and `:slug` are replaced with the organization's
        /// ID and slug.
        after_create_organization_url: text = "afterCreateOrganizationUrl",
        /// Sets where users go after choosing an organization. `:id` and `:slug` are replaced with the organization's
        /// ID and slug.
        after_select_organization_url: text = "afterSelectOrganizationUrl",
        /// Sets where users go after choosing the personal account.
        after_select_personal_url: text = "afterSelectPersonalUrl",
        /// Sets whether the step that invites members to a new organization is skipped.
        skip_invitation_screen: bool = "skipInvitationScreen",
    }

    /// The form to join the waitlist.
    Waitlist = "Waitlist" is Public {
        /// Sets where users go afterward.
        after_join_waitlist_url: text = "afterJoinWaitlistUrl",
        /// Sets the URL of the sign-in page.
        sign_in_url: text = "signInUrl",
    }

    /// The plans that the user or the active organization can choose.
    PricingTable = "PricingTable" is Public {
        /// Sets who pays.
        payer: Payer = "for",
        /// Sets where the buttons of plans are.
        cta_position: CtaPosition = "ctaPosition",
        /// Sets whether features are collapsed.
        collapse_features: bool = "collapseFeatures",
        /// Sets the slug of the plan that is highlighted.
        highlighted_plan: text = "highlightedPlan",
        /// Sets where users go after subscribing.
        new_subscription_redirect_url: text = "newSubscriptionRedirectUrl",
    }

    /// The API keys of the user or the active organization.
    ApiKeys = "APIKeys" is Card {
        /// Sets the number of keys on a page of the list.
        per_page: u32 = "perPage",
        /// Sets whether keys have descriptions.
        show_description: bool = "showDescription",
    }

    /// The task of a pending session to choose an organization.
    TaskChooseOrganization = "TaskChooseOrganization" is Card, needs
        /// Creates the component. Users go to `redirect_url_complete` once no task is left.
        redirect_url_complete = "redirectUrlComplete" {}

    /// The task of a pending session to set a new password.
    TaskResetPassword = "TaskResetPassword" is Card, needs
        /// Creates the component. Users go to `redirect_url_complete` once no task is left.
        redirect_url_complete = "redirectUrlComplete" {}

    /// The task of a pending session to set up multi-factor authentication.
    TaskSetupMfa = "TaskSetupMFA" is Card, needs
        /// Creates the component. Users go to `redirect_url_complete` once no task is left.
        redirect_url_complete = "redirectUrlComplete" {}

    /// The consent of the user to an OAuth application.
    OAuthConsent = "OAuthConsent" is Card {
        /// Sets the ID of the OAuth client. The default is `client_id` in the query of the page.
        oauth_client_id: text = "oauthClientId",
        /// Sets the scopes, separated by spaces. The default is `scope` in the query of the page.
        scope: text = "scope",
    }
}
