use std::time::SystemTime;

use crate::http::expectations::Expectation;
use crate::http::fault::Fault;
use crate::store::tables::TablesDump;

/// What an emulator starts with, and what a reset brings back.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) state: TablesDump,
    pub(crate) faults: Vec<Fault>,
    pub(crate) expectations: Vec<Expectation>,
    /// Where the clock stands still; real time without it.
    pub(crate) clock: Option<SystemTime>,
}
