//! clerk-emulator
