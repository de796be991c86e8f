//! Code that the examples with pages share: the Clerk instance, the notes, and the assets.

mod assets;
mod notes;
mod sdk_source;
mod setup;

pub use assets::{Asset, HTMX_CONFIG, asset};
pub use notes::{Note, Notes};
pub use sdk_source::SdkSource;
pub use setup::{Application, appearance};
