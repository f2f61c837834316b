//! From the crate to `js/generated`: cargo, then wasm-bindgen, then wasm-opt.

use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

const TARGET: &str = "wasm32-unknown-unknown";
/// What a build leaves in `js/generated`.
const OUTPUTS: [&str; 4] =
    ["tabgrad.js", "tabgrad.d.ts", "tabgrad_bg.wasm", "tabgrad_bg.wasm.d.ts"];
/// Holds the fingerprint of the inputs that the outputs were made from.
const STAMP: &str = ".stamp";

/// Builds the engine for the web; leaves the outputs alone if nothing they depend on has changed.
pub fn build() -> Result<()> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has a parent folder")?;
    let generated = root.join("js/generated");

    let built = compile(root)?;
    let optimizer = root.join("node_modules/binaryen");
    let fingerprint =
        fingerprint(&[&built, &std::env::current_exe()?, &optimizer.join("package.json")])?;
    let stamp = generated.join(STAMP);
    let whole = OUTPUTS.iter().all(|name| generated.join(name).is_file());
    if whole && fs::read_to_string(&stamp).is_ok_and(|found| found == fingerprint) {
        return Ok(());
    }

    fs::create_dir_all(&generated)?;
    // An interrupted build must not look finished.
    if stamp.exists() {
        fs::remove_file(&stamp)?;
    }
    bind(&built, &generated)?;
    optimize(&optimizer.join("bin/wasm-opt"), &generated.join("tabgrad_bg.wasm"))?;
    fs::write(&stamp, fingerprint)?;
    Ok(())
}

/// Runs cargo and says where it put the module.
fn compile(root: &Path) -> Result<PathBuf> {
    // Cargo sets CARGO for what it runs; it names the toolchain's own cargo.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo)
        .current_dir(root)
        // It would replace the flags of .cargo/config.toml, SIMD among them.
        .env_remove("RUSTFLAGS")
        .args(["build", "--release", "--package", "tabgrad", "--lib", "--target", TARGET]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |dir| root.join(dir));
    Ok(target.join(TARGET).join("release/tabgrad.wasm"))
}

/// Writes the module's JavaScript glue and types.
fn bind(module: &Path, generated: &Path) -> Result<()> {
    let args: [&OsStr; 9] = [
        "wasm-bindgen".as_ref(),
        module.as_ref(),
        "--target".as_ref(),
        "web".as_ref(),
        "--out-dir".as_ref(),
        generated.as_ref(),
        "--out-name".as_ref(),
        "tabgrad".as_ref(),
        "--remove-producers-section".as_ref(),
    ];
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(args).context("wasm-bindgen")
}

/// Optimises the module in place.
fn optimize(tool: &Path, module: &Path) -> Result<()> {
    ensure!(tool.is_file(), "{} is missing: run npm ci first", tool.display());
    let optimized = module.with_extension("wasm.tmp");
    run(Command::new("node").arg(tool).arg("-O3").arg(module).arg("-o").arg(&optimized))?;
    fs::rename(&optimized, module)?;
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    let status =
        command.status().with_context(|| format!("cannot start {:?}", command.get_program()))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}

/// Tells changed inputs from unchanged ones (no protection against forgery is needed).
fn fingerprint(files: &[&Path]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file)
            .with_context(|| format!("cannot read {}", file.display()))?
            .hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}
