//! Any bytes as a file of the format that the binary is named after.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tabgrad::formats::{FORMATS, Format, SNIFFED};

/// The format of this binary.
fn format() -> &'static Format {
    let named = |format: &&Format| format.name.to_lowercase().replace(' ', "-") == env!("CARGO_BIN_NAME");
    FORMATS.iter().find(named).expect("a binary is named after each format")
}

fuzz_target!(|bytes: &[u8]| {
    let format = format();
    let _ = (format.sniff)(&bytes[..bytes.len().min(SNIFFED)], bytes.len() as u64);
    let _ = (format.check)(bytes);
});
