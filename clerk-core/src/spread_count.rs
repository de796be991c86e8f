//! A counter that threads add to without waiting for each other.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The number of cells. Threads beyond it share cells.
const CELLS: usize = 8;

/// A counter whose cells stand on separate cache lines, so that counting requests does not make cores wait for each other.
#[derive(Debug, Default)]
pub(crate) struct SpreadCount([Cell; CELLS]);

/// Two lines, because processors fetch lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Cell(AtomicU64);

thread_local! {
    /// The cell of this thread. Threads take turns in choosing one.
    static CELL: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) % CELLS
    };
}

impl SpreadCount {
    pub(crate) fn add_one(&self) {
        let Self(cells) = self;
        CELL.with(|cell| cells[*cell].0.fetch_add(1, Ordering::Relaxed));
    }

    pub(crate) fn read(&self) -> u64 {
        let Self(cells) = self;
        cells
            .iter()
            .map(|cell| cell.0.load(Ordering::Relaxed))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_all_threads_add_up() {
        let count = SpreadCount::default();
        std::thread::scope(|scope| {
            for _ in 0..2 * CELLS {
                scope.spawn(|| (0..100).for_each(|_| count.add_one()));
            }
        });
        assert_eq!(count.read(), 200 * CELLS as u64);
    }
}
