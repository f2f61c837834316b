//! Time and output, natively and in JavaScript.

/// Samples a figure is the median of.
const SAMPLES: usize = 15;
/// The same of calls that take [`LONG`] and more.
const FEW: usize = 3;
/// Seconds.
const LONG: f64 = 0.5;

#[cfg(target_arch = "wasm32")]
mod host {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance, js_name = now)]
        fn milliseconds() -> f64;
        #[wasm_bindgen(js_namespace = console)]
        fn log(line: &str);
    }

    pub fn seconds() -> f64 {
        milliseconds() / 1e3
    }

    pub fn print(line: &str) {
        log(line);
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod host {
    use std::sync::OnceLock;
    use std::time::Instant;

    pub fn seconds() -> f64 {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_secs_f64()
    }

    #[allow(clippy::print_stdout)]
    pub fn print(line: &str) {
        println!("{line}");
    }
}

/// Writes a line.
pub fn report(line: &str) {
    host::print(line);
}

/// The median time of one call over [`SAMPLES`] samples, fewer of what takes seconds, in seconds. Calls are
/// repeated until a sample takes some milliseconds; the first samples also let a browser optimise the code.
pub fn median_seconds(mut call: impl FnMut()) -> f64 {
    const SAMPLE: f64 = 0.005;
    let mut repeats = 1;
    let mut time = |repeats: usize| {
        let start = host::seconds();
        (0..repeats).for_each(|_| call());
        host::seconds() - start
    };
    let samples = loop {
        let elapsed = time(repeats);
        if elapsed >= SAMPLE {
            break if elapsed < LONG { SAMPLES } else { FEW };
        }
        repeats = if elapsed > 0.0 {
            ((SAMPLE / elapsed * 1.2).ceil() as usize).clamp(1, 10) * repeats
        } else {
            repeats * 10
        };
    };
    let mut found: Vec<f64> = (0..samples).map(|_| time(repeats) / repeats as f64).collect();
    found.sort_by(f64::total_cmp);
    found[samples / 2]
}
