//! Any bytes for the reader that the binary is named after.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tabgrad::fuzzing::{READERS, Reader};

/// The reader of this binary.
static READER: LazyLock<&'static Reader> = LazyLock::new(|| {
    let named = |reader: &&Reader| reader.name == env!("CARGO_BIN_NAME");
    READERS.iter().find(named).expect("a binary is named after each reader")
});

fuzz_target!(|bytes: &[u8]| (READER.check)(bytes));
