//! A tour of the Backend API client, with one stop for each of its features.
//!
//! It deletes everything that it creates, so you can also run it on a development instance.

use std::error::Error;
use std::time::Duration;

use clerk_backend_api::{
    ClerkClient, ErrorCode, Optional, OrganizationMembership, PageStream, RequestOptions, Retry,
    Upload, User,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A GIF image of one pixel.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\
    \x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// The data that the application stores in a user's private metadata.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Billing {
    customer: String,
}

/// Visits every stop and returns notes about it. `suffix` distinguishes names from those of other tours.
///
/// # Errors
/// Returns an error if a stop fails.
pub async fn tour(client: &ClerkClient, suffix: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut notes = Vec::new();
    let ada = create(client, suffix, &mut notes).await?;
    let visited = visit(client, &ada, suffix, &mut notes).await;
    // Clean up even if a stop failed.
    client.users().delete(&ada.id).send().await?;
    visited?;
    let gone = client.users().get(&ada.id).send().await.optional()?;
    notes.push(format!("a lookup of the deleted user returns {gone:?}"));
    Ok(notes)
}

async fn visit(
    client: &ClerkClient,
    ada: &User,
    suffix: &str,
    notes: &mut Vec<String>,
) -> Result<(), Box<dyn Error>> {
    list(client, ada, notes).await?;
    patch(client, ada, notes).await?;
    metadata(client, ada, notes).await?;
    upload(client, ada, notes).await?;
    errors(client, ada, notes).await?;
    options(client, ada, notes).await?;
    organization(client, ada, suffix, notes).await
}

/// Required values are arguments, and optional values are setters.
async fn create(
    client: &ClerkClient,
    suffix: &str,
    notes: &mut Vec<String>,
) -> Result<User, Box<dyn Error>> {
    let user = client
        .users()
        .create()
        .email_address([format!("ada-{suffix}@example.com")])
        .first_name("Ada")
        .last_name("Lovelace")
        .external_id(format!("tour-{suffix}"))
        .skip_password_requirement(true)
        .public_metadata(json!({ "plan": "trial", "trial": { "ends": "soon" } }))
        .send()
        .await?;
    notes.push(format!("created {}", user.full_name().unwrap_or_default()));
    Ok(user)
}

/// Lists one page with filters, and all pages as a stream.
async fn list(
    client: &ClerkClient,
    ada: &User,
    notes: &mut Vec<String>,
) -> Result<(), Box<dyn Error>> {
    let page = client
        .users()
        .list()
        .user_id([ada.id.as_str()])
        .order_by("-created_at")
        .limit(10)
        .send()
        .await?;
    notes.push(format!("users on the filtered page: {}", page.data.len()));

    // The stream fetches two users at a time, and only as many as the loop needs.
    let mut users = client.users().list().limit(2).stream();
    let mut seen = 0;
    while let Some(user) = users.try_next().await? {
        seen += 1;
        if user.id == ada.id {
            notes.push("found the user in the stream".to_owned());
        }
    }
    let count = client.users().count().send().await?;
    notes.push(format!("streamed {seen} of {count} users"));
    Ok(())
}

/// A value sets a field, `None` clears it, and a setter that is not called leaves it unchanged.
async fn patch(
    client: &ClerkClient,
    ada: &User,
    notes: &mut Vec<String>,
) -> Result<(), Box<dyn Error>> {
    let user = client
        .users()
        .update(&ada.id)
        .first_name("Augusta")
        .external_id(None)
        .send()
        .await?;
    notes.push(format!(
        "renamed to {}, external id {:?}",
        user.full_name().unwrap_or_default(),
        user.external_id
    ));
    Ok(())
}

/// Merging keeps the other keys, and null removes a key. Replacing removes the other keys.
async fn metadata(
    client: &ClerkClient,
    ada: &User,
    notes: &mut Vec<String>,
) -> Result<(), Box<dyn Error>> {
    let billing = Billing {
        customer: "cus_1".to_owned(),
    };
    let user = client
        .users()
        .update_metadata(&ada.id)
        .public_metadata(json!({ "plan": "team", "trial": null }))
        .private_metadata(&billing)
        .send()
        .await?;
    let plan: Option<String> = user.public_metadata.get("plan")?;
    notes.push(format!(
        "merged: plan {plan:?}, {} key left, {:?}",
        user.public_metadata.to_map()?.len(),
        user.private_metadata.parse::<Billing>()?
    ));
    let user = client
        .users()
        .replace_metadata(&ada.id)
        .public_metadata(json!({ "seats": 5 }))
        .send()
        .await?;
    notes.push(format!(
        "replaced: {}",
        serde_json::to_string(&user.public_metadata)?
    ));
    Ok(())
}

/// An upload owns its bytes, so the call can be retried.
async fn upload(
    client: &ClerkClient,
    ada: &User,
    notes: &mut Vec<String>,
) -> Result<(), Box<dyn Error>> {
    let image = Upload::bytes(PIXEL).file_name("ada.gif");
    let user = client
        .users()
        .set_profile_image(&ada.id, image)
        .send()
        .await?;
    notes.push(format!("has an image: {}", user.has_image));
    Ok(())
}

/// All operations share one error type, whose methods describe the failure.
async fn errors(
    client: &ClerkClient,
    ada: &User,
    notes: &mut Vec<String>,
) -> Result<(), Box<dyn Error>> {
    let email = ada
        .primary_email_address()
        .ok_or("a new user has an address")?;
    let again = client
        .users()
        .create()
        .email_address([email.email_address.as_str()])
        .skip_password_requirement(true)
        .send()
        .await;
    match again {
        Ok(user) => return Err(format!("{} has the same address", user.id).into()),
        Err(error) if error.has_code(ErrorCode::FORM_IDENTIFIER_EXISTS) => {
            notes.push("the address is taken".to_owned());
        }
        Err(error) if error.is_rate_limited() => {
            notes.push(format!("rate limited, wait {:?}", error.retry_after()));
        }
        Err(error) => return Err(error.into()),
    }
    let nobody = client.users().get("user_nobody").send().await.optional()?;
    notes.push(format!("a lookup of an unknown user returns {nobody:?}"));
    Ok(())
}

/// Options for a single call, and the complete response of a call.
async fn options(
    client: &ClerkClient,
    ada: &User,
    notes: &mut Vec<String>,
) -> Result<(), Box<dyn Error>> {
    let patient = RequestOptions::new()
        .timeout(Duration::from_secs(5))
        .retry(Retry::default().max_retries(4));
    let answer = client
        .users()
        .get(&ada.id)
        .with(patient)
        .send_with_response()
        .await?;
    notes.push(format!(
        "status {}, {} bytes",
        answer.status(),
        answer.body().len()
    ));
    Ok(())
}

/// Creates an organization and lists its members.
async fn organization(
    client: &ClerkClient,
    ada: &User,
    suffix: &str,
    notes: &mut Vec<String>,
) -> Result<(), Box<dyn Error>> {
    let organization = client
        .organizations()
        .create(format!("Analytical Engines {suffix}"))
        .created_by(ada.id.as_str())
        .send()
        .await?;
    let memberships = client
        .organization_memberships()
        .list(&organization.id)
        .stream();
    let listed = roles(memberships).await;
    client
        .organizations()
        .delete(&organization.id)
        .send()
        .await?;
    notes.push(format!("roles in {}: {}", organization.name, listed?));
    Ok(())
}

async fn roles(
    mut memberships: PageStream<OrganizationMembership>,
) -> Result<String, clerk_backend_api::Error> {
    let mut roles = Vec::new();
    while let Some(membership) = memberships.try_next().await? {
        roles.push(membership.role);
    }
    Ok(roles.join(", "))
}

#[cfg(test)]
mod tests {
    use clerk_emulator::{Emulator, UserSeed};

    use super::*;

    #[tokio::test]
    async fn the_tour_works_on_the_emulator() {
        let emulator = Emulator::builder()
            .user(UserSeed::new("alan@example.com"))
            .user(UserSeed::new("grace@example.com"))
            .start()
            .await
            .unwrap();
        let client = ClerkClient::builder()
            .secret_key(emulator.secret_key())
            .api_url(emulator.url())
            .build()
            .unwrap();
        let notes = tour(&client, "test").await.unwrap();
        for note in [
            "found the user in the stream",
            "streamed 3 of 3 users",
            "renamed to Augusta Lovelace, external id None",
            "replaced: {\"seats\":5}",
            "has an image: true",
            "the address is taken",
            "roles in Analytical Engines test: org:admin",
            "a lookup of the deleted user returns None",
        ] {
            assert!(
                notes.iter().any(|seen| seen == note),
                "{note} in {notes:#?}"
            );
        }
    }
}
