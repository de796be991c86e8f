use super::tables::Tables;
use crate::error::Error;

/// Where the state is kept.
///
/// Whoever changes tables ends with [`commit`](Self::commit) or [`roll_back`](Self::roll_back).
pub(crate) trait Storage: std::fmt::Debug + Send {
    /// Returns the state.
    fn tables(&self) -> &Tables;

    /// Returns the state to change.
    fn tables_mut(&mut self) -> &mut Tables;

    /// Keeps the changes since the last commit.
    fn commit(&mut self) -> Result<(), Error>;

    /// Takes the changes since the last commit back.
    fn roll_back(&mut self);
}
