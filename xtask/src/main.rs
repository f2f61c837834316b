//! The build beyond `cargo build`: wasm-bindgen's command and its test runner, pinned by Cargo.lock.

fn main() {}
