use super::{
    email_addresses::EmailAddress,
    phone_numbers::PhoneNumber,
    users::{User, Web3Wallet},
};

impl User {
    /// Returns the first and last name, or whichever of the two is set.
    ///
    /// ```
    /// use clerk_backend_api::User;
    ///
    /// let user: User = serde_json::from_str(
    ///     r#"{ "id": "user_1", "first_name": "Ada", "last_name": "Lovelace" }"#,
    /// )?;
    /// assert_eq!(user.full_name().as_deref(), Some("Ada Lovelace"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn full_name(&self) -> Option<String> {
        let known = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        match (known(&self.first_name), known(&self.last_name)) {
            (Some(first), Some(last)) => Some(format!("{first} {last}")),
            (first, last) => first.or(last),
        }
    }

    /// Returns the primary email address.
    ///
    /// ```
    /// use clerk_backend_api::User;
    ///
    /// let user: User = serde_json::from_str(
    ///     r#"{
    ///         "id": "user_1",
    ///         "primary_email_address_id": "idn_2",
    ///         "email_addresses": [
    ///             { "id": "idn_1", "email_address": "old@example.com" },
    ///             { "id": "idn_2", "email_address": "ada@example.com" }
    ///         ]
    ///     }"#,
    /// )?;
    /// let primary = user.primary_email_address().map(|email| email.email_address.as_str());
    /// assert_eq!(primary, Some("ada@example.com"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn primary_email_address(&self) -> Option<&EmailAddress> {
        let id = self.primary_email_address_id.as_ref()?;
        self.email_addresses.iter().find(|email| email.id == *id)
    }

    /// Returns the primary phone number.
    #[must_use]
    pub fn primary_phone_number(&self) -> Option<&PhoneNumber> {
        let id = self.primary_phone_number_id.as_ref()?;
        self.phone_numbers.iter().find(|phone| phone.id == *id)
    }

    /// Returns the primary Web3 wallet.
    #[must_use]
    pub fn primary_web3_wallet(&self) -> Option<&Web3Wallet> {
        let id = self.primary_web3_wallet_id.as_ref()?;
        self.web3_wallets.iter().find(|wallet| wallet.id == *id)
    }
}
