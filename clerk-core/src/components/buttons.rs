//! Buttons that open components or perform actions of the browser SDK.

use serde_json::{Map, Value};

use super::appearance::Appearance;
use super::catalog::{InitialValues, OAuthFlow, Payer};
use super::options::{choices, setters};

choices! {
    /// The place where a sign-in or sign-up form opens.
    ButtonMode {
        /// On the sign-in or sign-up page.
        Redirect = "redirect",
        /// In a modal, or on its page while the browser SDK is not loaded.
        Modal = "modal",
    }

    /// The billing period of a subscription.
    PlanPeriod {
        /// Every month.
        Month = "month",
        /// Every year.
        Annual = "annual",
    }
}

/// What a button does without the browser SDK.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Without {
    /// It links to the sign-in page.
    SignIn,
    /// It links to the sign-up page.
    SignUp,
    /// It submits a form to this URL.
    Post(String),
    /// It is disabled.
    Nothing,
}

/// A button in a page, for [`Page::button`](super::Page::button). Every button of this module converts into it.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct ActionButton {
    /// The action that the script performs.
    pub(super) action: &'static str,
    pub(super) without: Without,
    pub(super) id: Option<String>,
    pub(super) class: Option<String>,
    pub(super) label: String,
    pub(super) options: Map<String, Value>,
}

macro_rules! buttons {
    ($($(#[$docs:meta])* $type:ident does $action:literal, without $without:ident {
        $($(#[$option_docs:meta])* $option:ident: $kind:ident = $name:literal,)*
    })*) => {$(
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq)]
        #[must_use]
        pub struct $type(ActionButton);

        impl $type {
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

            setters! { $($(#[$option_docs])* $option: $kind = $name,)* }

            /// Sets an option for which this type has no method.
            pub fn option(mut self, name: &str, value: impl Into<Value>) -> Self {
                self.0.options.insert(name.to_owned(), value.into());
                self
            }

            fn labeled(label: impl Into<String>) -> Self {
                Self(ActionButton {
                    action: $action,
                    without: Without::$without,
                    id: None,
                    class: None,
                    label: label.into(),
                    options: Map::new(),
                })
            }
        }

        impl From<$type> for ActionButton {
            fn from(button: $type) -> Self {
                button.0
            }
        }
    )*};
}

buttons! {
    /// A link to the sign-in page, or a button that opens the form in a modal.
    SignInButton does "sign-in", without SignIn {
        /// Sets where the form opens. The default is the sign-in page.
        mode: ButtonMode = "mode",
        /// Sets where users go after signing in, regardless of `redirect_url`.
        force_redirect_url: text = "forceRedirectUrl",
        /// Sets where users go after signing in if there is no `redirect_url`.
        fallback_redirect_url: text = "fallbackRedirectUrl",
        /// Sets where users go after signing up instead, regardless of `redirect_url`.
        sign_up_force_redirect_url: text = "signUpForceRedirectUrl",
        /// Sets where users go after signing up instead if there is no `redirect_url`.
        sign_up_fallback_redirect_url: text = "signUpFallbackRedirectUrl",
        /// Sets whether unknown users sign up in the same form.
        with_sign_up: bool = "withSignUp",
        /// Sets how users sign in with a social connection.
        oauth_flow: OAuthFlow = "oauthFlow",
        /// Sets the initial values of fields.
        initial_values: InitialValues = "initialValues",
        /// Sets the appearance of the modal.
        appearance: Appearance = "appearance",
    }

    /// A link to the sign-up page, or a button that opens the form in a modal.
    SignUpButton does "sign-up", without SignUp {
        /// Sets where the form opens. The default is the sign-up page.
        mode: ButtonMode = "mode",
        /// Sets where users go after signing up, regardless of `redirect_url`.
        force_redirect_url: text = "forceRedirectUrl",
        /// Sets where users go after signing up if there is no `redirect_url`.
        fallback_redirect_url: text = "fallbackRedirectUrl",
        /// Sets where users go after signing in instead, regardless of `redirect_url`.
        sign_in_force_redirect_url: text = "signInForceRedirectUrl",
        /// Sets where users go after signing in instead if there is no `redirect_url`.
        sign_in_fallback_redirect_url: text = "signInFallbackRedirectUrl",
        /// Sets how users sign up with a social connection.
        oauth_flow: OAuthFlow = "oauthFlow",
        /// Sets the initial values of fields.
        initial_values: InitialValues = "initialValues",
        /// Sets the metadata of the new user, which the user's browser can change.
        unsafe_metadata: json = "unsafeMetadata",
        /// Sets the appearance of the modal.
        appearance: Appearance = "appearance",
    }

    /// A button that signs the user out.
    SignOutButton does "sign-out", without Nothing {
        /// Sets where users go afterward.
        redirect_url: text = "redirectUrl",
        /// Sets the session to end, for users with several. The default is all of them.
        session_id: text = "sessionId",
    }

    /// A button that opens the checkout of a plan in a drawer.
    CheckoutButton does "checkout", without Nothing {
        /// Sets the billing period of the subscription.
        plan_period: PlanPeriod = "planPeriod",
        /// Sets who pays. The default is the user.
        payer: Payer = "for",
        /// Sets where users go after subscribing.
        new_subscription_redirect_url: text = "newSubscriptionRedirectUrl",
        /// Sets the appearance of the drawer.
        appearance: Appearance = "appearance",
    }

    /// A button that opens the details of the subscription in a drawer.
    SubscriptionDetailsButton does "subscription-details", without Nothing {
        /// Sets whose subscription it is. The default is the user's.
        payer: Payer = "for",
        /// Sets the appearance of the drawer.
        appearance: Appearance = "appearance",
    }
}

macro_rules! labeled {
    ($($type:ident)*) => {$(
        impl $type {
            /// Creates a button with this text.
            pub fn new(label: impl Into<String>) -> Self {
                Self::labeled(label)
            }
        }
    )*};
}

labeled! { SignInButton SignUpButton SignOutButton SubscriptionDetailsButton }

impl SignOutButton {
    /// Sets the application's URL for signing out ([`AuthContext::sign_out`](crate::adapter::AuthContext::sign_out)),
    /// to which the button submits a form while the browser SDK is not loaded. By default, the button is disabled until
    /// then.
    pub fn post_to(mut self, url: impl Into<String>) -> Self {
        self.0.without = Without::Post(url.into());
        self
    }
}

impl CheckoutButton {
    /// Creates a button with this text for a plan (`cplan_...`).
    pub fn new(label: impl Into<String>, plan_id: impl Into<String>) -> Self {
        Self::labeled(label).option("planId", plan_id.into())
    }
}
