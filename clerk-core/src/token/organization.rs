//! The organization in the claims of a session: ID, slug, role and permissions, in version 1 and version 2 of the claims.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::claims::Claims;
use super::error::TokenError;
use crate::ecma::is_truthy;
use crate::reason::Reason;

/// The organization claims of either version, with unchecked types.
pub(crate) struct OrganizationClaims<'a> {
    pub(crate) is_v2: bool,
    pub(crate) is_present: bool,
    pub(crate) id: Option<&'a Value>,
    pub(crate) slug: Option<&'a Value>,
    pub(crate) role: Option<RoleClaim<'a>>,
}

/// The role in an organization, as in the claims.
#[derive(Clone, Copy)]
pub(crate) enum RoleClaim<'a> {
    /// Version 1: any value.
    Whole(&'a Value),
    /// Version 2: the role without its `org:` prefix.
    WithoutPrefix(&'a str),
}

impl<'a> RoleClaim<'a> {
    /// Returns the text of the claim, which has the `org:` prefix in version 1 only.
    pub(crate) fn claimed(self) -> Option<&'a str> {
        match self {
            Self::Whole(role) => role.as_str(),
            Self::WithoutPrefix(role) => Some(role),
        }
    }

    /// Returns the role with its `org:` prefix.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Whole(role) => role.as_str().map(Cow::Borrowed),
            Self::WithoutPrefix(role) => Some(Cow::Owned(format!("org:{role}"))),
        }
    }
}

impl Serialize for RoleClaim<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(role) => role.serialize(serializer),
            Self::WithoutPrefix(role) => serializer.collect_str(&format_args!("org:{role}")),
        }
    }
}

impl<'a> OrganizationClaims<'a> {
    pub(crate) fn of(claims: &'a Claims) -> Self {
        if !is_v2(claims) {
            return Self {
                is_v2: false,
                is_present: claims.get("org_id").is_some(),
                id: claims.get("org_id"),
                slug: claims.get("org_slug"),
                role: claims.get("org_role").map(RoleClaim::Whole),
            };
        }
        let organization = claims.get("o").filter(|o| is_truthy(o));
        let field = |name: &str| organization.and_then(|o| o.get(name));
        Self {
            is_v2: true,
            is_present: organization.is_some(),
            id: field("id"),
            slug: field("slg"),
            role: field("rol")
                .and_then(Value::as_str)
                .filter(|role| !role.is_empty())
                .map(RoleClaim::WithoutPrefix),
        }
    }
}

fn is_v2(claims: &Claims) -> bool {
    claims.number("v") == Some(2.0)
}

/// Refuses version 2 organization claims that cannot be decoded, because roles and permissions must not be guessed.
pub(crate) fn check_organization_claims(claims: &Claims) -> Result<(), TokenError> {
    let refused = || {
        Err(TokenError::new(
            Reason::TokenInvalid,
            "the organization claims cannot be decoded: a feature (fea) has no scope, or a list is not a string",
        ))
    };
    let Some(organization) = claims.get("o").filter(|o| is_v2(claims) && is_truthy(o)) else {
        return Ok(());
    };
    for list in [
        claims.get("fea"),
        organization.get("per"),
        organization.get("fpm"),
    ]
    .into_iter()
    .flatten()
    {
        if is_truthy(list) && !list.is_string() {
            return refused();
        }
    }
    match claims.text("fea") {
        Some(features)
            if !features.is_empty()
                && features.split(',').any(|feature| !feature.contains(':')) =>
        {
            refused()
        }
        _ => Ok(()),
    }
}

/// Returns the names in a `scope:name` list whose scope contains `scope`.
pub(crate) fn scoped_names(list: &str, scope: char) -> impl Iterator<Item = &str> {
    list.split(',').filter_map(move |element| {
        let (scopes, name) = element.trim().split_once(':')?;
        let known = matches!(scopes, "o" | "u" | "ou" | "uo");
        (known && scopes.contains(scope)).then_some(name)
    })
}

/// A permission in the active organization, as in the claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission<'a> {
    /// Version 1: the whole text.
    Whole(&'a str),
    /// Version 2: the feature and the action of `org:<feature>:<action>`.
    Pieces(&'a str, &'a str),
}

impl Permission<'_> {
    /// Returns true if this is `org:` followed by `name`.
    pub(crate) fn is_org(&self, name: &str) -> bool {
        match self {
            Self::Whole(own) => own.strip_prefix("org:") == Some(name),
            Self::Pieces(feature, action) => name
                .strip_prefix(feature)
                .and_then(|rest| rest.strip_prefix(':'))
                .is_some_and(|rest| rest == *action),
        }
    }
}

impl From<Permission<'_>> for String {
    fn from(permission: Permission<'_>) -> Self {
        match permission {
            Permission::Whole(text) => text.to_owned(),
            Permission::Pieces(feature, action) => format!("org:{feature}:{action}"),
        }
    }
}

/// Returns the permissions of the active organization.
///
/// Version 2 has three claims: `fea` lists the features, `o.per` the actions, and `o.fpm` one bit mask for each feature of the
/// organization, whose bit 0 is the first action. Masks can have any length.
pub(crate) fn permissions(claims: &Claims) -> impl Iterator<Item = Permission<'_>> {
    let whole = match claims.get("org_permissions") {
        Some(Value::Array(list)) if !is_v2(claims) => list.as_slice(),
        _ => &[],
    };
    let text = |name: &str| {
        claims
            .get("o")
            .filter(|_| is_v2(claims))
            .and_then(|o| o.get(name))
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let pieces = text("per").zip(text("fpm")).into_iter();
    let pieces = pieces.flat_map(|(actions, masks)| {
        let features = scoped_names(claims.text("fea").unwrap_or_default(), 'o');
        features
            .zip(masks.split(','))
            .flat_map(move |(feature, mask)| {
                let actions = actions.split(',').map(str::trim);
                let bits = mask_bits(mask.trim());
                actions
                    .zip(bits)
                    .filter(|(_, granted)| *granted)
                    .map(move |(action, _)| Permission::Pieces(feature, action))
            })
    });
    whole
        .iter()
        .filter_map(Value::as_str)
        .map(Permission::Whole)
        .chain(pieces)
}

/// Returns the bits of a decimal number of any length, the least significant first, or none if the text is not a number.
fn mask_bits(decimal: &str) -> impl Iterator<Item = bool> {
    let is_number = decimal.bytes().all(|byte| byte.is_ascii_digit());
    let decimal = if is_number { decimal } else { "" };
    // Up to 128 actions need no allocation.
    let mut number: u128 = decimal.parse().unwrap_or(0);
    let mut digits: Vec<u8> = match number {
        0 => decimal.bytes().map(|byte| byte - b'0').collect(),
        _ => Vec::new(),
    };
    std::iter::from_fn(move || {
        if number > 0 {
            let bit = number & 1 == 1;
            number >>= 1;
            return Some(bit);
        }
        digits.iter().any(|digit| *digit > 0).then(|| {
            // One long division by two: the remainder is the next bit.
            let mut remainder = 0;
            for digit in &mut digits {
                let value = remainder * 10 + *digit;
                *digit = value / 2;
                remainder = value % 2;
            }
            remainder == 1
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn claims(value: Value) -> Claims {
        let claims: Map<String, Value> = serde_json::from_value(value).unwrap();
        Claims::new(claims)
    }

    fn listed(claims: &Claims) -> Vec<String> {
        permissions(claims).map(String::from).collect()
    }

    #[test]
    fn version_2_permissions_are_spread_over_three_claims() {
        let o = |per: &str, fpm: &str| json!({ "id": "org_1", "per": per, "fpm": fpm });
        for (fea, organization, expected) in [
            (
                "o:articles,u:themes,ou:billing",
                o("read,manage", "3,2"),
                vec![
                    "org:articles:read",
                    "org:articles:manage",
                    "org:billing:manage",
                ],
            ),
            ("o:a", o("read", ""), vec![]),
            ("o:a", o("", "1"), vec![]),
            ("o:a", o("read", "x"), vec![]),
            ("o:a", o("read", "-1"), vec![]),
            ("u:a", o("read", "1"), vec![]),
            ("x:a,o:b", o("read", "1"), vec!["org:b:read"]),
            (
                "o:a",
                o("read,write", " 36893488147419103233 "),
                vec!["org:a:read"],
            ),
        ] {
            let claims = claims(json!({ "v": 2, "fea": fea, "o": organization }));
            assert_eq!(listed(&claims), expected, "{fea} {organization}");
        }
    }

    #[test]
    fn a_mask_of_a_hundred_digits_keeps_its_high_bits() {
        // 2 to the power of 300, the 301st action.
        let power = "2037035976334486086268445688409378161051468393665936250636140449354381299763336706183397376";
        let actions: Vec<String> = (0..=300).map(|i| format!("a{i}")).collect();
        let claims = claims(json!({
            "v": 2, "fea": "o:f", "o": { "id": "org_1", "per": actions.join(","), "fpm": power },
        }));
        assert_eq!(listed(&claims), ["org:f:a300"]);
    }

    #[test]
    fn version_1_permissions_are_taken_as_they_stand() {
        let claims = claims(json!({ "org_id": "org_1", "org_permissions": ["org:a:b", "c", 1] }));
        assert_eq!(listed(&claims), ["org:a:b", "c"]);
        let own: Vec<Permission<'_>> = permissions(&claims).collect();
        assert!(own[0].is_org("a:b") && !own[0].is_org("org:a:b"));
        assert!(!own[1].is_org("c"));
    }

    #[test]
    fn a_permission_is_compared_as_a_whole() {
        let permission = Permission::Pieces("a:b", "c");
        assert!(permission.is_org("a:b:c"));
        for other in ["a:b", "a:b:", "a:b:cc", "a:bc", "", ":a:b:c"] {
            assert!(!permission.is_org(other), "{other}");
        }
    }
}
