//! An application whose only backend of `jsonwebtoken` is `rust_crypto`, and which uses the emulator in its tests.
