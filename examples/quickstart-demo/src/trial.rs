//! Requests to try with curl.

use std::time::Duration;

use clerk_emulator::Emulator;

use crate::instance::{ADMIN, MEMBER, ORGANIZATION, SetUpError};

/// The lifetime of the tokens.
const TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// A request to try.
pub(crate) struct Call {
    /// The status of the response.
    pub(crate) status: u16,
    /// Why this is the status.
    pub(crate) why: &'static str,
    /// The shell variable of the token to send.
    pub(crate) token: Option<&'static str>,
    options: &'static str,
    path: &'static str,
}

impl Call {
    /// Returns the command.
    pub(crate) fn command(&self, origin: &str) -> String {
        let Self { options, path, .. } = self;
        match self.token {
            Some(token) => {
                format!("curl -i {options}-H \"Authorization: Bearer ${token}\" {origin}{path}")
            }
            None => format!("curl -i {options}{origin}{path}"),
        }
    }
}

/// The requests to try, from what works to what is refused.
pub(crate) const CALLS: [Call; 8] = [
    call(
        200,
        "the signed-in user, from the Backend API",
        Some("ADA"),
        "",
        "/me",
    ),
    call(200, "an admin may see this", Some("ADA"), "", "/admin"),
    call(
        200,
        "an admin has the permission to create invoices",
        Some("ADA"),
        "-X POST ",
        "/api/invoices",
    ),
    call(401, "nobody is signed in", None, "", "/me"),
    call(401, "the token has expired", Some("EXPIRED"), "", "/me"),
    call(403, "a member is not an admin", Some("ALAN"), "", "/admin"),
    call(
        403,
        "a member may not create invoices",
        Some("ALAN"),
        "-X POST ",
        "/api/invoices",
    ),
    call(
        307,
        "browsers are redirected to the sign-in page",
        None,
        "-H \"Accept: text/html\" ",
        "/dashboard",
    ),
];

const fn call(
    status: u16,
    why: &'static str,
    token: Option<&'static str>,
    options: &'static str,
    path: &'static str,
) -> Call {
    Call {
        status,
        why,
        token,
        options,
        path,
    }
}

/// Returns the shell variables with tokens that [`CALLS`] use.
pub(crate) fn tokens(
    emulator: &Emulator,
    origin: &str,
) -> Result<[(&'static str, String); 3], SetUpError> {
    let token = |person: &str| {
        emulator
            .session_token(person)
            .organization(ORGANIZATION)
            .authorized_party(origin)
            .lifetime(TOKEN_LIFETIME)
    };
    Ok([
        ("ADA", token(ADMIN).mint()?),
        ("ALAN", token(MEMBER).mint()?),
        ("EXPIRED", token(MEMBER).expired().mint()?),
    ])
}
