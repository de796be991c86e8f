//! The appearance of Clerk's components.

use serde_json::{Map, Value};

use super::options::{choices, options};

choices! {
    /// The position of the application's logo.
    LogoPlacement {
        /// Inside the card.
        Inside = "inside",
        /// Above the card.
        Outside = "outside",
        /// Nowhere.
        Hidden = "none",
    }

    /// The appearance of the buttons for social connections.
    SocialButtonsVariant {
        /// Depends on how many there are.
        Auto = "auto",
        /// As icons.
        IconButton = "iconButton",
        /// With their names.
        BlockButton = "blockButton",
    }

    /// The position of the buttons for social connections.
    SocialButtonsPlacement {
        /// Above the form.
        Top = "top",
        /// Below the form.
        Bottom = "bottom",
    }

    /// The visual elevation of cards above the page.
    Elevation {
        /// With a border and a shadow.
        Raised = "raised",
        /// Without a border and a shadow.
        Flush = "flush",
    }
}

/// The appearance of one component, or of all of them ([`BrowserSdk::appearance`](super::BrowserSdk::appearance)).
/// Clerk describes it under "Appearance prop".
///
/// ```
/// use clerk_core::components::{Appearance, LayoutOptions, Variables};
///
/// let appearance = Appearance::new()
///     .variables(Variables::new().color_primary("#5b3df5").border_radius("0.6rem"))
///     .layout(LayoutOptions::new().show_optional_fields(false))
///     .element("card", "my-card shadow-lg");
/// # let _ = appearance;
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Appearance(Map<String, Value>);

impl Appearance {
    /// Creates an appearance that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets colors, fonts and sizes.
    pub fn variables(self, variables: Variables) -> Self {
        self.set("variables", variables)
    }

    /// Sets the layout of cards and forms.
    pub fn layout(self, layout: LayoutOptions) -> Self {
        self.set("options", layout)
    }

    /// Adds CSS classes to an element of the components, such as `card` or `formButtonPrimary`.
    pub fn element(self, element: impl Into<String>, classes: impl Into<String>) -> Self {
        self.set_element(element.into(), Value::String(classes.into()))
    }

    /// Sets CSS properties of an element of the components, by their names in JavaScript, such as `backgroundColor`.
    pub fn element_style<N, V>(
        self,
        element: impl Into<String>,
        style: impl IntoIterator<Item = (N, V)>,
    ) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let style = style
            .into_iter()
            .map(|(name, value)| (name.into(), Value::String(value.into())))
            .collect();
        self.set_element(element.into(), Value::Object(style))
    }

    /// Sets the cascade layer of the components' styles, so that the application's styles take precedence.
    pub fn css_layer(self, name: impl Into<String>) -> Self {
        self.set("cssLayerName", name.into())
    }

    /// Sets a property for which this type has no method.
    pub fn option(self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value)
    }

    fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    fn set_element(mut self, element: String, value: Value) -> Self {
        let elements = self
            .0
            .entry("elements")
            .or_insert_with(|| Map::new().into());
        if let Value::Object(elements) = elements {
            elements.insert(element, value);
        }
        self
    }
}

impl From<Appearance> for Value {
    fn from(appearance: Appearance) -> Self {
        Self::Object(appearance.0)
    }
}

options! {
    /// Colors, fonts and sizes of components. Values are those of CSS, and may refer to variables of the page's own
    /// styles, such as `var(--brand)`. Do not name them `--accent` or `--border`, which the components use.
    Variables {
        /// Sets the color of buttons and links.
        color_primary: text = "colorPrimary",
        /// Sets the color of text on the primary color.
        color_primary_foreground: text = "colorPrimaryForeground",
        /// Sets the color of errors.
        color_danger: text = "colorDanger",
        /// Sets the color of success.
        color_success: text = "colorSuccess",
        /// Sets the color of warnings.
        color_warning: text = "colorWarning",
        /// Sets the color that borders and backgrounds are derived from: dark on light pages, light on dark pages.
        color_neutral: text = "colorNeutral",
        /// Sets the color of text.
        color_foreground: text = "colorForeground",
        /// Sets the color of muted backgrounds.
        color_muted: text = "colorMuted",
        /// Sets the color of muted text.
        color_muted_foreground: text = "colorMutedForeground",
        /// Sets the color of cards.
        color_background: text = "colorBackground",
        /// Sets the background of input fields.
        color_input: text = "colorInput",
        /// Sets the color of text in input fields.
        color_input_foreground: text = "colorInputForeground",
        /// Sets the color of the shimmer of loading avatars.
        color_shimmer: text = "colorShimmer",
        /// Sets the color of the ring around focused elements.
        color_ring: text = "colorRing",
        /// Sets the color of shadows.
        color_shadow: text = "colorShadow",
        /// Sets the color of borders.
        color_border: text = "colorBorder",
        /// Sets the color of the backdrop of modals.
        color_modal_backdrop: text = "colorModalBackdrop",
        /// Sets the font.
        font_family: text = "fontFamily",
        /// Sets the font of buttons.
        font_family_buttons: text = "fontFamilyButtons",
        /// Sets the font size that all others are derived from, such as `0.8125rem`.
        font_size: text = "fontSize",
        /// Sets the radius of corners.
        border_radius: text = "borderRadius",
        /// Sets the unit of spacing, such as `1rem`.
        spacing: text = "spacing",
    }

    /// The layout of cards and forms.
    LayoutOptions {
        /// Sets the position of the logo.
        logo_placement: LogoPlacement = "logoPlacement",
        /// Sets the URL of the logo.
        logo_image_url: text = "logoImageUrl",
        /// Sets where the logo links to.
        logo_link_url: text = "logoLinkUrl",
        /// Sets the appearance of the buttons for social connections.
        social_buttons_variant: SocialButtonsVariant = "socialButtonsVariant",
        /// Sets the position of the buttons for social connections.
        social_buttons_placement: SocialButtonsPlacement = "socialButtonsPlacement",
        /// Sets whether optional fields are shown.
        show_optional_fields: bool = "showOptionalFields",
        /// Sets the URL of the terms of service.
        terms_page_url: text = "termsPageUrl",
        /// Sets the URL of the help page.
        help_page_url: text = "helpPageUrl",
        /// Sets the URL of the privacy policy.
        privacy_page_url: text = "privacyPageUrl",
        /// Sets whether avatars shimmer.
        shimmer: bool = "shimmer",
        /// Sets whether components are animated.
        animations: bool = "animations",
        /// Sets whether the first field gets the focus.
        auto_focus: bool = "autoFocus",
        /// Sets whether cards stand out from the page.
        elevation: Elevation = "elevation",
    }
}
