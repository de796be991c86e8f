//! Step-by-step sign-up, as performed by the browser SDK.

mod completion;
mod fields;
mod lookup;
mod mode;
mod requirements;
mod verification;

pub(crate) use completion::{complete_if_ready, take_provider_account};
pub(crate) use fields::{SignUpFields, create, update};
pub(crate) use lookup::{by_id, find, heed, update_by_server};
pub(crate) use requirements::{
    missing_fields, optional_fields, required_fields, unverified_fields,
};
pub(crate) use verification::{attempt_verification, prepare_verification};
