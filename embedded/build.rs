//! The query macros read SQL files that Cargo does not know of: without this a changed statement would not be built in.

#[allow(clippy::print_stdout, reason = "this is how a build script speaks to Cargo")]
fn main() {
    println!("cargo::rerun-if-changed=sql");
}
