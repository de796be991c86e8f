//! A response about a different object than the requested one is rejected.

use clerk_backend_api::Error;
use serde_json::{Value, json};

use crate::{
    client,
    server::{Server, json as answer_json},
};

async fn server(body: Value) -> Server {
    Server::start([answer_json(200, &body.to_string())]).await
}

fn is_other<T>(result: Result<T, Error>) -> bool {
    match result {
        Err(Error::Decode(error)) => error.is_other_object(),
        _ => false,
    }
}

#[tokio::test]
async fn look_ups_by_id_refuse_another_object() {
    let other = json!({ "id": "other", "slug": "else", "key": "role:x", "deleted": true, "user_id": "other",
        "subject": "user_1", "revoked": false, "expired": false });
    macro_rules! refused {
        ($($group:ident.$operation:ident($($arg:expr),*);)+) => {$(
            let server = self::server(other.clone()).await;
            let request = client(&server).$group().$operation("mine" $(, $arg)*);
            assert!(is_other(request.send().await), stringify!($group.$operation));
            let server = self::server(other.clone()).await;
            let request = client(&server).$group().$operation("other" $(, $arg)*);
            assert!(request.send().await.is_ok(), stringify!($group.$operation));
        )+};
    }
    refused! {
        users.get();
        users.update();
        users.delete();
        users.ban();
        users.update_metadata();
        users.disable_mfa();
        sessions.get();
        sessions.revoke();
        clients.get();
        organizations.get();
        organizations.update();
        email_addresses.get();
        email_addresses.delete();
        phone_numbers.update();
        api_keys.get();
        api_keys.revoke();
        machines.get();
        oauth_applications.get();
        enterprise_connections.get();
        directories.delete();
        jwt_templates.get();
        organization_roles.get();
        organization_roles.assign_permission("perm_1");
        role_sets.get();
        invitations.revoke();
        sign_ups.get();
        redirect_urls.get();
    }
    // The second of two IDs names the object.
    let one = server(json!({ "id": "orginv_2" })).await;
    let request = client(&one)
        .organization_invitations()
        .get("org_1", "orginv_1");
    assert!(is_other(request.send().await));
}

#[tokio::test]
async fn other_unique_names_are_names_too() {
    let organization = json!({ "id": "org_1", "slug": "acme" });
    for asked in ["org_1", "acme"] {
        let server = server(organization.clone()).await;
        client(&server)
            .organizations()
            .get(asked)
            .send()
            .await
            .unwrap();
    }
    let set = json!({ "id": "rset_1", "key": "role_set:default" });
    for asked in ["rset_1", "role_set:default"] {
        let server = server(set.clone()).await;
        client(&server).role_sets().get(asked).send().await.unwrap();
    }
    // The remains of a deleted object may have no ID.
    let server = server(json!({ "object": "user", "deleted": true })).await;
    assert!(
        client(&server)
            .users()
            .delete("user_1")
            .send()
            .await
            .unwrap()
            .deleted
    );
}

#[tokio::test]
async fn a_membership_of_another_user_is_refused() {
    let of =
        |user: Value| json!({ "id": "orgmem_1", "role": "org:admin", "public_user_data": user });
    for (user, good) in [
        (json!({ "user_id": "user_1" }), true),
        (json!({ "user_id": "user_2" }), false),
        (json!({}), true),
        (Value::Null, true),
    ] {
        let server = server(of(user.clone())).await;
        let update =
            client(&server)
                .organization_memberships()
                .update("org_1", "user_1", "org:admin");
        assert_eq!(is_other(update.send().await), !good, "{user}");
    }
}
