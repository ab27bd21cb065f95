//! Nothing: this crate is its list of dependencies, and Cargo.toml says what for.
