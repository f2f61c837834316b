//! The build beyond `cargo build`.
//!
//! ```text
//! cargo xtask wasm            engine -> js/generated: wasm, its JavaScript glue and its types
//! cargo xtask test-runner ..  wasm-bindgen's test runner, for cargo test on wasm32
//! ```

mod names;
mod split;
mod wasm;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask wasm | test-runner ARGS...";

fn main() -> ExitCode {
    match run(std::env::args_os().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: Vec<OsString>) -> Result<()> {
    if args.is_empty() {
        bail!("no task named; {USAGE}");
    }
    // What remains begins with the name of the task: the programs behind it take that for argv[0].
    let task = args[0].clone();
    match task.to_str() {
        Some("wasm") if args.len() == 1 => wasm::build(),
        Some("test-runner") => {
            args[0] = "wasm-bindgen-test-runner".into();
            wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(args)
        }
        _ => bail!("unknown task {args:?}; {USAGE}"),
    }
}
