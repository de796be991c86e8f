//! What the program says about its variables when it is started, and about requests that it refuses.
#![cfg(test)]

use clerk_test_support::start::{
    accepts_good_variables, logs_why_requests_are_refused, refuses_wrong_variables,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_axum-quickstart");

#[test]
fn each_wrong_variable_is_named_with_what_to_do() {
    refuses_wrong_variables(PROGRAM);
}

#[test]
fn good_variables_start_the_application() {
    accepts_good_variables(PROGRAM);
}

#[test]
fn the_log_says_why_requests_are_refused() {
    logs_why_requests_are_refused(PROGRAM);
}
