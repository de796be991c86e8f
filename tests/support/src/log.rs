//! Captures the log output of a thread.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The captured log, one record per line, without times.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Captures what this thread logs at INFO and above, until the guard is dropped.
    #[must_use]
    pub fn start() -> (Self, DefaultGuard) {
        Self::start_at(LevelFilter::INFO)
    }

    /// Captures what this thread logs at this level and above, until the guard is dropped.
    #[must_use]
    pub fn start_at(level: LevelFilter) -> (Self, DefaultGuard) {
        // As long as a process has only one dispatcher, the first thread to reach an event determines for good whether it is
        // enabled. Here, that could be a test without a log.
        static SECOND: OnceLock<Dispatch> = OnceLock::new();
        SECOND.get_or_init(|| Self::default().dispatch(LevelFilter::TRACE));
        let log = Self::default();
        let guard = tracing::dispatcher::set_default(&log.dispatch(level));
        (log, guard)
    }

    fn dispatch(&self, level: LevelFilter) -> Dispatch {
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .without_time()
            .with_writer(self.clone())
            .finish()
            .into()
    }

    /// Returns everything logged so far.
    #[must_use]
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns everything logged so far, record by record.
    #[must_use]
    pub fn records(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Runs the closure and returns its result with everything that this thread logged meanwhile, at every level.
pub fn captured<T>(work: impl FnOnce() -> T) -> (T, String) {
    let (log, guard) = Log::start_at(LevelFilter::TRACE);
    let result = work();
    drop(guard);
    (result, log.text())
}
