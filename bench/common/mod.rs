//! What every benchmark has: a clock, output, and a way to start in each place.

mod clock;

pub use clock::{median_seconds, report};

/// Starts a benchmark's `run` natively (`cargo bench`) and by the test runner of WebAssembly.
macro_rules! start {
    () => {
        #[cfg(not(target_arch = "wasm32"))]
        fn main() {
            // `cargo test --benches` only asks whether it builds.
            if std::env::args().any(|argument| argument == "--bench") {
                run();
            }
        }

        #[cfg(target_arch = "wasm32")]
        fn main() {}

        #[cfg(target_arch = "wasm32")]
        #[wasm_bindgen_test::wasm_bindgen_test]
        fn bench() {
            run();
        }
    };
}

pub(crate) use start;
