//! Time and output, natively and in JavaScript.

/// Samples a figure is the median of.
const SAMPLES: usize = 15;

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

/// The median time of one call over [`SAMPLES`] samples, in seconds. Calls are repeated until a sample takes some
/// milliseconds; the first samples also let a browser optimise the code.
pub fn median_seconds(mut call: impl FnMut()) -> f64 {
    const SAMPLE: f64 = 0.005;
    let mut repeats = 1;
    let mut time = |repeats: usize| {
        let start = host::seconds();
        (0..repeats).for_each(|_| call());
        host::seconds() - start
    };
    loop {
        let elapsed = time(repeats);
        if elapsed >= SAMPLE {
            break;
        }
        repeats = if elapsed > 0.0 {
            ((SAMPLE / elapsed * 1.2).ceil() as usize).clamp(1, 10) * repeats
        } else {
            repeats * 10
        };
    }
    let mut samples: [f64; SAMPLES] = std::array::from_fn(|_| time(repeats) / repeats as f64);
    samples.sort_by(f64::total_cmp);
    samples[SAMPLES / 2]
}
