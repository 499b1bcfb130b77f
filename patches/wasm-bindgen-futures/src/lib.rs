//! Empty on purpose: never compiled for a desktop target (see Cargo.toml).
