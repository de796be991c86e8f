use super::organization_memberships::{OrganizationMembership, PublicUserData};
use crate::answer::Name;

/// A membership is addressed by its user.
impl Name for Option<PublicUserData> {
    fn name(&self) -> Option<&str> {
        let id = self.as_ref().map(|data| data.user_id.as_str());
        id.filter(|id| !id.is_empty())
    }
}

impl OrganizationMembership {
    /// Returns true if the member's role includes a permission, such as `org:billing:manage`.
    ///
    /// ```
    /// use clerk_backend_api::OrganizationMembership;
    ///
    /// let membership: OrganizationMembership = serde_json::from_str(
    ///     r#"{ "id": "orgmem_1", "permissions": ["org:billing:manage"] }"#,
    /// )?;
    /// assert!(membership.has_permission("org:billing:manage"));
    /// assert!(!membership.has_permission("org:billing"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn has_permission(&self, permission: &str) -> bool {
        self.permissions.iter().any(|known| known == permission)
    }
}
