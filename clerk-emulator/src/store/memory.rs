use super::storage::Storage;
use super::tables::Tables;
use crate::error::Error;

/// State that lives as long as the process.
#[derive(Debug, Default)]
pub(crate) struct Memory(Tables);

impl Storage for Memory {
    fn tables(&self) -> &Tables {
        &self.0
    }

    fn tables_mut(&mut self) -> &mut Tables {
        &mut self.0
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.0.commit();
        Ok(())
    }

    fn roll_back(&mut self) {
        self.0.roll_back();
    }
}
