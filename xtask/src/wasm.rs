//! From the crate to `js/generated`: cargo, then wasm-bindgen, then wasm-opt, then the cut in two, for
//! two modules of the engine with one JavaScript glue; and without the cut for the module that reads
//! files, which has a glue of its own.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use anyhow::{Context, Result, bail, ensure};

use crate::{names, split};

const TARGET: &str = "wasm32-unknown-unknown";
/// What the two builds share.
const SHARED: [&str; 2] = ["tabgrad_bg.js", "tabgrad.d.ts"];
/// In place of what wasm-bindgen writes for bundlers that load the module themselves: js/worker/wasm.ts
/// loads both parts of it.
const ENTRY: [(&str, &str); 2] = [
    ("tabgrad.js", "export * from \"./tabgrad_bg.js\";\n"),
    (
        "tabgrad_bg.d.ts",
        "export * from \"./tabgrad.js\";\n\
         export function __wbg_set_wasm(exports: WebAssembly.Exports): void;\n",
    ),
];
/// What happens up to the first prediction, and what it reads.
const SCENARIO: [&str; 3] =
    ["scripts/first-prediction.mjs", "www/public/models/digits.safetensors", "bench/fit/w1.json"];
/// The module that reads files.
const DATA: Build = Build {
    first: "tabgrad_data_bg.wasm",
    rest: "",
    args: &["--features", "data"],
    folder: "data",
};
/// Its glue and types.
const DATA_SHARED: [&str; 2] = ["tabgrad_data_bg.js", "tabgrad_data.d.ts"];
const DATA_ENTRY: [(&str, &str); 2] = [
    ("tabgrad_data.js", "export * from \"./tabgrad_data_bg.js\";\n"),
    (
        "tabgrad_data_bg.d.ts",
        "export * from \"./tabgrad_data.js\";\n\
         export function __wbg_set_wasm(exports: WebAssembly.Exports): void;\n",
    ),
];
/// Holds the fingerprint of the inputs that the outputs were made from.
const STAMP: &str = ".stamp";

/// One module of the engine.
struct Build {
    /// The name in `js/generated` of its first part.
    first: &'static str,
    /// That of the rest.
    rest: &'static str,
    /// Cargo's arguments beyond those for all.
    args: &'static [&'static str],
    /// Within the target folder: cargo would overwrite one module by the other.
    folder: &'static str,
}

const BUILDS: [Build; 2] = [
    Build {
        first: "tabgrad_bg.wasm",
        rest: "tabgrad_rest.wasm",
        args: &["--features", "engine", "--config", NOTED],
        folder: "",
    },
    Build {
        first: "tabgrad_relaxed_bg.wasm",
        rest: "tabgrad_relaxed_rest.wasm",
        args: &RELAXED,
        folder: "relaxed",
    },
];
/// Has the linker note what the cut wants to know (`split::Constants`), and LLVM inline what is small or says
/// that it wants to be: by default it trades a page's download for less than can be measured (docs/download.md).
const NOTED: &str = "target.wasm32-unknown-unknown.rustflags=[\"-C\", \"link-arg=--emit-relocs\", \
    \"-C\", \"llvm-args=-inline-threshold=40\"]";
const RELAXED: [&str; 6] =
    ["--features", "engine", "--config", NOTED, "--config", ".cargo/relaxed.toml"];

/// Builds the engine for the web; leaves the outputs alone if nothing they depend on has changed.
pub fn build() -> Result<()> {
    // Where it is now, not where it was compiled: a checkout may be copied with its target folder.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").context("run it as `cargo xtask wasm`")?;
    let root = Path::new(&xtask).parent().context("xtask has a parent folder")?;
    let generated = root.join("js/generated");
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |dir| root.join(dir));

    let modules = compile(root, &target)?;
    let optimizer = root.join("node_modules/binaryen");
    let mut inputs = modules.clone();
    inputs.extend([std::env::current_exe()?, optimizer.join("package.json")]);
    inputs.extend(SCENARIO.map(|path| root.join(path)));
    let fingerprint = fingerprint(&inputs)?;
    let stamp = generated.join(STAMP);
    let glue = SHARED.into_iter().chain(DATA_SHARED);
    let entries = ENTRY.into_iter().chain(DATA_ENTRY);
    let outputs = glue.chain(entries.clone().map(|(name, _)| name)).chain([DATA.first]);
    let mut outputs = outputs.chain(BUILDS.iter().flat_map(|b| [b.first, b.rest]));
    let whole = outputs.all(|name| generated.join(name).is_file());
    if whole && fs::read_to_string(&stamp).is_ok_and(|found| found == fingerprint) {
        return Ok(());
    }

    fs::create_dir_all(&generated)?;
    // An interrupted build must not look finished.
    if stamp.exists() {
        fs::remove_file(&stamp)?;
    }
    for (build, module) in BUILDS.iter().zip(&modules) {
        let bound = target.join("bound").join(build.folder);
        fs::create_dir_all(&bound)?;
        let linked = fs::read(module)?;
        let mut constants = split::Constants::parse(&linked)?;
        let plain = bound.join("linked.wasm");
        fs::write(&plain, split::without_notes(&linked)?)?;
        bind(&plain, &bound, "tabgrad")?;
        for name in SHARED {
            share(&bound.join(name), &generated.join(name), build.folder.is_empty())?;
        }
        let (hidden, optimized) = (bound.join("hidden.wasm"), bound.join("optimized.wasm"));
        fs::write(&hidden, constants.hide(&fs::read(bound.join("tabgrad_bg.wasm"))?)?)?;
        optimize(&optimizer.join("bin/wasm-opt"), &hidden, &optimized)?;
        let parts = cut(root, &split::show(&fs::read(&optimized)?)?, &constants, &bound)?;
        fs::write(generated.join(build.first), parts.first)?;
        fs::write(generated.join(build.rest), parts.rest)?;
    }
    let bound = target.join("bound").join(DATA.folder);
    bind(&modules[BUILDS.len()], &bound, "tabgrad_data")?;
    for name in DATA_SHARED {
        share(&bound.join(name), &generated.join(name), true)?;
    }
    let optimized = generated.join(DATA.first);
    optimize(&optimizer.join("bin/wasm-opt"), &bound.join(DATA.first), &optimized)?;
    for (name, text) in entries {
        fs::write(generated.join(name), text)?;
    }
    fs::write(&stamp, fingerprint)?;
    Ok(())
}

/// Runs cargo for all builds at a time (linking one keeps one core busy) and says where it put the
/// modules.
fn compile(root: &Path, target: &Path) -> Result<Vec<PathBuf>> {
    // Cargo sets CARGO for what it runs; it names the toolchain's own cargo.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let start = |build: &Build| {
        let folder = target.join(build.folder);
        let child = Command::new(&cargo)
            .current_dir(root)
            // It would replace the flags of .cargo/config.toml, SIMD among them.
            .env_remove("RUSTFLAGS")
            .args(["build", "--release", "--package", "tabgrad", "--lib", "--target", TARGET])
            // Reading the files that people have is not the engine's business, nor computing that of what
            // reads them.
            .arg("--no-default-features")
            .args(build.args)
            .arg("--target-dir")
            .arg(&folder)
            .spawn()
            .with_context(|| format!("cannot start {}", cargo.display()))?;
        Ok((child, folder.join(TARGET).join("release/tabgrad.wasm")))
    };
    let builds = BUILDS.iter().chain([&DATA]);
    let started: Vec<(Child, PathBuf)> = builds.map(start).collect::<Result<_>>()?;
    // All have ended before the first failure is told.
    let ended = started.into_iter().map(|(mut cargo, module)| (cargo.wait(), module));
    ended
        .collect::<Vec<_>>()
        .into_iter()
        .map(|(status, module)| {
            let status = status?;
            ensure!(status.success(), "cargo failed to make {}: {status}", module.display());
            Ok(module)
        })
        .collect()
}

/// Writes the module as JavaScript calls it, its glue and its types.
fn bind(module: &Path, folder: &Path, name: &str) -> Result<()> {
    let args: [&OsStr; 9] = [
        "wasm-bindgen".as_ref(),
        module.as_ref(),
        "--target".as_ref(),
        "bundler".as_ref(),
        "--out-dir".as_ref(),
        folder.as_ref(),
        "--out-name".as_ref(),
        name.as_ref(),
        "--remove-producers-section".as_ref(),
    ];
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(args).context("wasm-bindgen")?;
    let (glue, bound) =
        (folder.join(format!("{name}_bg.js")), folder.join(format!("{name}_bg.wasm")));
    let (text, module) = names::shorten(&fs::read_to_string(&glue)?, &fs::read(&bound)?)?;
    fs::write(&glue, text)?;
    fs::write(&bound, module)?;
    Ok(())
}

/// Writes the optimised module.
fn optimize(tool: &Path, module: &Path, optimized: &Path) -> Result<()> {
    ensure!(tool.is_file(), "{} is missing: run npm ci first", tool.display());
    run(Command::new("node")
        .arg(tool)
        // A function with one caller stays one of its own: rustc has inlined what is worth it, and the
        // cut goes between functions.
        .args(["-O3", "--one-caller-inline-max-function-size=0"])
        .arg(module)
        .arg("-o")
        .arg(optimized))
}

/// Cuts a module between what runs up to the first prediction and the rest.
fn cut(
    root: &Path,
    module: &[u8],
    constants: &split::Constants,
    folder: &Path,
) -> Result<split::Parts> {
    let marked = folder.join("marked.wasm");
    fs::write(&marked, split::mark(module)?)?;
    let output = Command::new("node")
        .arg(root.join(SCENARIO[0]))
        .arg(root.join("js/generated/tabgrad_bg.js"))
        .arg(&marked)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot start node")?;
    ensure!(output.status.success(), "{} failed: {}", SCENARIO[0], output.status);
    let numbers = String::from_utf8(output.stdout)?;
    let marks: BTreeSet<u32> =
        numbers.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let outlined = split::outline(module, &marks, constants)?;
    split::cut(&outlined.module, &outlined.ran, constants)
}

/// Copies what the first build made; what the others made must be the same.
fn share(made: &Path, shared: &Path, first: bool) -> Result<()> {
    if first {
        fs::copy(made, shared).with_context(|| format!("cannot write {}", shared.display()))?;
        return Ok(());
    }
    ensure!(
        fs::read(made)? == fs::read(shared)?,
        "{} differs from {}: both modules are to run behind one",
        made.display(),
        shared.display()
    );
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
fn fingerprint(files: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file)
            .with_context(|| format!("cannot read {}", file.display()))?
            .hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}
