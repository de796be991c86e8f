//! State that is kept, exported, seeded and restored.

#![cfg(test)]

mod api;
mod bundles;
mod command;
mod data_file;
mod load;
mod seeds;
mod snapshots;
mod start;
