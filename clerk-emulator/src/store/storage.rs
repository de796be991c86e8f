use super::tables::Tables;
use crate::error::Error;

/// The storage of the state.
///
/// Every change to the tables ends with [`commit`](Self::commit) or [`roll_back`](Self::roll_back).
pub(crate) trait Storage: std::fmt::Debug + Send {
    /// Returns the state.
    fn tables(&self) -> &Tables;

    /// Returns the state for changes.
    fn tables_mut(&mut self) -> &mut Tables;

    /// Stores the changes since the last commit.
    fn commit(&mut self) -> Result<(), Error>;

    /// Undoes the changes since the last commit.
    fn roll_back(&mut self);
}
