use crate::model::organization::{Membership, Organization};
use crate::model::user::User;
use crate::rules::roles;
use crate::store::tables::Tables;

/// The features and permissions of a user, in the form of the claims `fea`, `o.per` and `o.fpm`: a list of
/// features, a list of actions, and for each feature of the organization the actions granted on it.
#[derive(Debug, Default)]
pub(super) struct Entitlements {
    pub(super) features: Vec<Feature>,
    pub(super) actions: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Feature {
    name: String,
    of_user: bool,
    of_organization: bool,
    /// Indices into the list of actions.
    granted: Vec<usize>,
}

impl Entitlements {
    pub(super) fn of(
        tables: &Tables,
        user: Option<&User>,
        organization: Option<(&Organization, &Membership)>,
    ) -> Self {
        let mut entitlements = Self::default();
        if let Some((organization, membership)) = organization {
            for feature in &organization.features {
                entitlements.feature(feature).of_organization = true;
            }
            for permission in roles::custom_permissions(tables, &membership.role) {
                entitlements.grant(permission);
            }
        }
        if let Some(user) = user {
            for feature in &user.features {
                entitlements.feature(feature).of_user = true;
            }
        }
        entitlements
    }

    fn feature(&mut self, name: &str) -> &mut Feature {
        let index = match self
            .features
            .iter()
            .position(|feature| feature.name == name)
        {
            Some(index) => index,
            None => {
                self.features.push(Feature {
                    name: name.to_owned(),
                    of_user: false,
                    of_organization: false,
                    granted: Vec::new(),
                });
                self.features.len() - 1
            }
        };
        &mut self.features[index]
    }

    /// Adds a permission `org:<feature>:<action>`.
    fn grant(&mut self, permission: &str) {
        let Some((feature, action)) = permission
            .strip_prefix("org:")
            .and_then(|rest| rest.split_once(':'))
        else {
            return;
        };
        let bit = match self.actions.iter().position(|known| known == action) {
            Some(bit) => bit,
            None => {
                self.actions.push(action.to_owned());
                self.actions.len() - 1
            }
        };
        let feature = self.feature(feature);
        feature.of_organization = true;
        if !feature.granted.contains(&bit) {
            feature.granted.push(bit);
        }
    }

    pub(super) fn feature_claim(&self) -> String {
        let elements: Vec<String> = self
            .features
            .iter()
            .map(|feature| {
                let scope = match (feature.of_user, feature.of_organization) {
                    (true, true) => "uo",
                    (true, false) => "u",
                    (false, _) => "o",
                };
                format!("{scope}:{}", feature.name)
            })
            .collect();
        elements.join(",")
    }

    /// Formats one decimal mask for each feature of the organization, in order.
    pub(super) fn masks(&self) -> String {
        let masks: Vec<String> = self
            .features
            .iter()
            .filter(|feature| feature.of_organization)
            .map(|feature| decimal_mask(&feature.granted))
            .collect();
        masks.join(",")
    }
}

/// Formats the number with these bits set in decimal, regardless of its size.
fn decimal_mask(bits: &[usize]) -> String {
    // Decimal digits, least significant first. Doubling from the highest bit down, adding one where set.
    let mut digits = vec![0_u8];
    for bit in (0..=bits.iter().copied().max().unwrap_or(0)).rev() {
        let mut carry = u8::from(bits.contains(&bit));
        for digit in &mut digits {
            let doubled = *digit * 2 + carry;
            *digit = doubled % 10;
            carry = doubled / 10;
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    digits
        .iter()
        .rev()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}
