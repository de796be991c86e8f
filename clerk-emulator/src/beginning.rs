use std::time::SystemTime;

use crate::http::expectations::Expectation;
use crate::http::fault::Fault;
use crate::store::tables::TablesDump;

/// The configuration that an emulator starts with, and that a reset restores.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) state: TablesDump,
    pub(crate) faults: Vec<Fault>,
    pub(crate) expectations: Vec<Expectation>,
    /// The time at which the clock is stopped; real time if not set.
    pub(crate) clock: Option<SystemTime>,
}
