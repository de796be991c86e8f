//! Clerk's components in pages that the server renders.
//!
//! [`Page`] has the script tags of Clerk's browser SDK, the places of components, and conditions for templates.
//! Components and buttons are values with their options:
//!
//! | what | components |
//! |---|---|
//! | signing in and up | [`SignIn`], [`SignUp`], [`GoogleOneTap`], [`Waitlist`]; [`SignInButton`], [`SignUpButton`], [`SignOutButton`] |
//! | users | [`UserButton`], [`UserAvatar`], [`UserProfile`], [`ApiKeys`] |
//! | organizations | [`OrganizationSwitcher`], [`OrganizationList`], [`OrganizationProfile`], [`CreateOrganization`] |
//! | billing | [`PricingTable`]; [`CheckoutButton`], [`SubscriptionDetailsButton`] |
//! | tasks of pending sessions | [`TaskChooseOrganization`], [`TaskResetPassword`], [`TaskSetupMfa`] |
//! | OAuth applications | [`OAuthConsent`] |
//!
//! - **Looks**: [`Appearance`] has [`Variables`] and [`LayoutOptions`], whose values are [`LogoPlacement`],
//!   [`SocialButtonsVariant`], [`SocialButtonsPlacement`] and [`Elevation`].
//! - **Values of options**: [`InitialValues`], [`OAuthFlow`], [`OpensIn`], [`Payer`], [`CtaPosition`], [`ButtonMode`]
//!   and [`PlanPeriod`].
//! - **Configuration**: [`BrowserSdk`] and its [`Texts`].
//! - **Templates**: [`Markup`] is HTML that template engines insert unescaped; [`MountPoint`] and [`ActionButton`] are
//!   what [`Page::mount`] and [`Page::button`] accept.
//!
//! Options that are functions in JavaScript, such as custom pages of the user's profile, are not available.

mod appearance;
mod buttons;
mod catalog;
mod markup;
mod options;
mod page;
mod sdk;

pub use appearance::{
    Appearance, Elevation, LayoutOptions, LogoPlacement, SocialButtonsPlacement,
    SocialButtonsVariant, Variables,
};
pub use buttons::{
    ActionButton, ButtonMode, CheckoutButton, PlanPeriod, SignInButton, SignOutButton,
    SignUpButton, SubscriptionDetailsButton,
};
pub use catalog::{
    ApiKeys, CreateOrganization, CtaPosition, GoogleOneTap, InitialValues, MountPoint,
    OAuthConsent, OAuthFlow, OpensIn, OrganizationList, OrganizationProfile, OrganizationSwitcher,
    Payer, PricingTable, SignIn, SignUp, TaskChooseOrganization, TaskResetPassword, TaskSetupMfa,
    UserAvatar, UserButton, UserProfile, Waitlist,
};
pub use markup::Markup;
pub use page::Page;
pub use sdk::{BrowserSdk, Texts};

/// This crate's own script, which loads the browser SDK and mounts the components.
pub(crate) const SCRIPT: &str = include_str!("browser.js");
