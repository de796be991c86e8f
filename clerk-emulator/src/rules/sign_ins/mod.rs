//! Step-by-step sign-in, as performed by the browser SDK.

mod completion;
mod creation;
mod factors;
mod first_factor;
mod lookup;
mod new_password;
mod second_factor;

pub(crate) use completion::advance;
pub(in crate::rules) use creation::check_no_session;
pub(crate) use creation::{NewSignIn, create};
pub(crate) use factors::{Factor, FactorTarget, enterprise_factors, first_factors, second_factors};
pub(crate) use first_factor::{
    FirstFactorAnswer, attempt_first_factor, incorrect_password, prepare_first_factor,
};
pub(crate) use lookup::{find, find_shown, heed};
pub(crate) use new_password::reset_password;
pub(in crate::rules) use second_factor::{answer_second_factor, phone_challenge};
pub(crate) use second_factor::{attempt_second_factor, prepare_second_factor};
