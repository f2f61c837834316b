//! The house rules, as far as a program can see them.

#![cfg(not(target_arch = "wasm32"))] // reads the project's folder

mod files;
mod licences;

use std::fs;
use std::path::Path;
use std::process::Command;

use files::{
    Source, imports, links, locked_version, module_of, read, root, sources, static_imports,
};
use licences::{listed, permits};

/// The engine's modules from the bottom up (docs/architecture.md): each imports only from those before it.
const FLOORS: &[&str] = &[
    "error",
    "memory",
    "json",
    "named",
    "simd",
    "kernels",
    "rng",
    "constraints",
    "initializers",
    "regularizers",
    "layers",
    "spec",
    "graph",
    "inspect",
    "plan",
    "model",
    "generation",
    "schedules",
    "optimizers",
    "losses",
    "metrics",
    "data",
    "formats",
    "import",
    "interchange",
    "objective",
    "trainer",
    "evaluation",
    "fuzzing",
    "web",
];

/// Files of a person's size: split by theme before it gets longer.
const MAX_LINES: usize = 400;

/// Left behind by someone who meant to come back. (In two parts: this file is checked too.)
const LEFTOVERS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("db", "g!("),
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("debu", "gger;"),
    concat!("@ts-", "ignore"),
    concat!("@ts-", "nocheck"),
    // Paths of one machine.
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/wo", "rk/"),
    concat!("/tm", "p/"),
];

/// Functions whose bits differ between platforms, or between a fused and an unfused multiply-add.
/// The engine takes `kernels::vecmath` or `libm` instead.
const PLATFORM_DEPENDENT: &[&str] = &[
    ".exp()",
    ".exp2()",
    ".exp_m1()",
    ".ln()",
    ".ln_1p()",
    ".log(",
    ".log2()",
    ".log10()",
    ".sin()",
    ".cos()",
    ".tan()",
    ".sin_cos()",
    ".sinh()",
    ".cosh()",
    ".tanh()",
    ".asin()",
    ".acos()",
    ".atan()",
    ".atan2(",
    ".powf(",
    ".powi(",
    ".cbrt()",
    ".hypot(",
    ".mul_add(",
];
/// Where those names are our own.
const OWN_MATH: &[&str] =
    &["src/simd.rs", "src/simd/", "src/kernels/vecmath.rs", "src/kernels/vecmath/"];

/// The engine is a value: it does no IO, reads no clock, starts no thread and has no order that changes from
/// run to run. And it answers bad input with an error.
const NOT_IN_ENGINE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::time",
    "std::thread",
    "std::env",
    "HashMap",
    "HashSet",
    ".unwrap()",
    "panic!(",
];

/// What makes markup or code of text, and so of what a file says. Trusted Types do not see Svelte's.
const NOT_IN_PAGES: &[&str] = &[
    concat!("{", "@html"),
    concat!("inner", "HTML"),
    concat!("outer", "HTML"),
    concat!("insertAdjacent", "HTML"),
    concat!("document.wri", "te"),
    concat!("DOM", "Parser"),
    concat!("createContextual", "Fragment"),
    concat!("src", "doc"),
    concat!("ev", "al("),
    concat!("new Func", "tion("),
    concat!("__pro", "to__"),
];

/// The only files that may hold `unsafe`: without it there are no SSE2 intrinsics, and native training would
/// run on the array fallback (the intrinsics of wasm are safe); and no allocator that remembers what a browser
/// refused.
const MAY_BE_UNSAFE: &[&str] = &["src/simd/sse2.rs", "src/web/memory.rs"];

/// What a newcomer runs before the packages are installed.
const BEFORE_INSTALLATION: &[&str] =
    &["scripts/start.mjs", "scripts/test.mjs", "scripts/build.mjs"];

#[test]
fn modules_import_only_from_lower_floors() {
    let mut faults = Vec::new();
    for file in engine() {
        let module = module_of(&file.path);
        let Some(floor) = floor(module) else {
            if module != "lib" {
                faults.push(format!("{}: `{module}` has no floor in tests/tidy", file.path));
            }
            continue;
        };
        // Joined, since a group of imports may run over several lines.
        let code: Vec<&str> = file.code().map(|(_, line)| line).collect();
        for import in imports(&code.join("\n")) {
            // What stands in the crate's root (`crate::Error`, `crate::err!`) has no floor: it is the lowest.
            if self::floor(import) > Some(floor) {
                faults.push(format!("{}: `{module}` imports `{import}` from above", file.path));
            }
        }
    }
    report(&faults);
}

#[test]
fn files_are_short() {
    let faults: Vec<String> = sources()
        .iter()
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(file, lines)| format!("{}: {lines} lines, at most {MAX_LINES}", file.path))
        .collect();
    report(&faults);
}

#[test]
fn nothing_is_left_behind() {
    let mut faults = Vec::new();
    for file in sources() {
        for (number, line) in file.text.lines().enumerate() {
            for word in LEFTOVERS.iter().filter(|word| line.contains(**word)) {
                faults.push(format!("{}:{}: {word}", file.path, number + 1));
            }
        }
    }
    report(&faults);
}

#[test]
fn the_engine_gives_the_same_bits_everywhere() {
    let files =
        engine().into_iter().filter(|file| !OWN_MATH.iter().any(|own| file.path.starts_with(own)));
    report(&words_in_code(files, PLATFORM_DEPENDENT));
}

#[test]
fn the_engine_is_a_value() {
    let files = engine().into_iter().filter(|file| module_of(&file.path) != "web");
    report(&words_in_code(files, NOT_IN_ENGINE));
}

#[test]
fn unsafe_code_is_where_it_was_measured() {
    let files = engine().into_iter().filter(|file| !MAY_BE_UNSAFE.contains(&file.path.as_str()));
    report(&words_in_code(files, &["unsafe ", "allow(unsafe_code)"]));
}

#[test]
fn pages_make_neither_markup_nor_code_of_text() {
    let tests = |path: &str| path.contains(".test.") || path.contains(".spec.");
    let files = sources().into_iter().filter(|file| {
        (file.path.starts_with("js/") || file.path.starts_with("www/")) && !tests(&file.path)
    });
    report(&words_in_code(files, NOT_IN_PAGES));
}

#[test]
fn lock_files_name_only_the_standard_registries() {
    let cargo = read("Cargo.lock");
    let npm = read("package-lock.json");
    let foreign = |text: &str, key: &str, allowed: &str| -> Vec<String> {
        let lines = text.lines().map(str::trim).filter(|line| line.starts_with(key));
        lines.filter(|line| !line.contains(allowed)).map(str::to_owned).collect()
    };
    let mut faults =
        foreign(&cargo, "source = ", "\"registry+https://github.com/rust-lang/crates.io-index\"");
    faults.extend(foreign(&npm, "\"resolved\":", "\"https://registry.npmjs.org/"));
    report(&faults);
}

#[test]
fn dependencies_have_licences_that_are_allowed() {
    let policy = read("deny.toml");
    let allowed = listed(&policy, "allow");
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["metadata", "--locked", "--format-version", "1"])
        // What other systems need may not be there.
        .args(["--filter-platform", "host-tuple", "--filter-platform", "wasm32-unknown-unknown"])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("metadata are JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    assert!(packages.len() > 100, "{} packages", packages.len());
    let faults: Vec<String> = packages
        .iter()
        .filter(|package| !permits(&allowed, package["license"].as_str().unwrap_or_default()))
        .map(|package| format!("{}: {} (deny.toml)", package["name"], package["license"]))
        .collect();
    report(&faults);
}

#[test]
fn wasm_bindgen_and_its_tool_have_one_version() {
    let lock = read("Cargo.lock");
    let library = locked_version(&lock, "wasm-bindgen");
    assert!(library.is_some(), "Cargo.lock does not name wasm-bindgen");
    for tool in ["wasm-bindgen-cli", "wasm-bindgen-cli-support", "wasm-bindgen-shared"] {
        assert_eq!(
            locked_version(&lock, tool),
            library,
            "{tool} (left) and wasm-bindgen (right) in Cargo.lock"
        );
    }
}

#[test]
fn the_package_and_the_crate_have_one_version_and_licence() {
    let package: serde_json::Value =
        serde_json::from_str(&read("package.json")).expect("package.json is JSON");
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(package["license"], env!("CARGO_PKG_LICENSE"));
}

#[test]
fn links_of_documents_lead_somewhere() {
    let mut faults = Vec::new();
    let mut documents = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned).to_vec();
    let docs = fs::read_dir(root().join("docs")).into_iter().flatten().flatten();
    documents.extend(docs.map(|entry| format!("docs/{}", entry.file_name().to_string_lossy())));
    for document in documents.iter().filter(|name| name.ends_with(".md")) {
        let folder = root().join(document).parent().map(Path::to_path_buf).unwrap_or_default();
        for link in links(&read(document)) {
            if !folder.join(link).exists() {
                faults.push(format!("{document}: {link} does not exist"));
            }
        }
    }
    report(&faults);
}

#[test]
fn what_installs_the_packages_imports_none() {
    let mut scripts: Vec<String> =
        BEFORE_INSTALLATION.iter().map(|path| (*path).to_owned()).collect();
    let mut faults = Vec::new();
    let mut next = 0;
    while next < scripts.len() {
        let path = scripts[next].clone();
        let text = read(&path);
        for module in static_imports(&text) {
            if let Some(name) = module.strip_prefix("./") {
                let other = format!("scripts/{name}");
                if !scripts.contains(&other) {
                    scripts.push(other);
                }
            } else if !module.starts_with("node:") {
                faults
                    .push(format!("{path}: {module} before npm ci (import it when it is needed)"));
            }
        }
        next += 1;
    }
    assert!(scripts.contains(&"scripts/install.mjs".to_owned()), "imports are followed");
    report(&faults);
}

#[test]
fn the_rules_see_what_they_forbid() {
    let file = Source {
        path: "src/kernels/sum.rs".into(),
        text: "//! See crate::web.\nuse crate::{err, model::Model};\nlet y = x.exp(); // .ln()\n\
               #[cfg(test)]\nmod tests {\n    x.tanh()\n}\n"
            .into(),
    };
    let code: Vec<_> = file.code().collect();
    assert_eq!(
        code,
        [(2, "use crate::{err, model::Model};"), (3, "let y = x.exp(); ")],
        "comments and tests are not code"
    );
    assert_eq!(imports(code[0].1), ["err", "model"]);
    assert!(floor("model") > floor(module_of(&file.path)));
    assert_eq!(words_in_code([file], PLATFORM_DEPENDENT), ["src/kernels/sum.rs:3: .exp()"]);
    assert_eq!(
        imports("pub use crate::layers::conv2d::Conv2d; crate::rng::key()"),
        ["layers", "rng"]
    );
    assert_eq!(imports("use crate::{\n    data::{Dataset, web},\n    plan,\n};"), ["data", "plan"]);
    assert_eq!(imports("use super::web;"), Vec::<&str>::new());
    let text = "[a](docs/a.md#b) ![c](d.png) [e](https://e.org/f) [g](#h)";
    assert_eq!(links(text).collect::<Vec<_>>(), ["docs/a.md", "d.png"]);
    let text =
        "import { a } from \"./a.mjs\";\nimport {\n  b,\n} from \"b\";\nawait import(\"c\");\n";
    assert_eq!(static_imports(text).collect::<Vec<_>>(), ["./a.mjs", "b"]);
    assert_eq!(locked_version("name = \"a\"\nversion = \"1.2\"\n", "a"), Some("1.2"));
}

fn engine() -> Vec<Source> {
    sources().into_iter().filter(|file| file.path.starts_with("src/")).collect()
}

fn words_in_code(files: impl IntoIterator<Item = Source>, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for (number, line) in file.code() {
            for word in words.iter().filter(|word| line.contains(**word)) {
                found.push(format!("{}:{number}: {word}", file.path));
            }
        }
    }
    found
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|name| *name == module)
}

#[track_caller]
fn report(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}
