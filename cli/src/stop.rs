//! Ctrl-C, and the signal by which a server ends a program.

use std::sync::atomic::{AtomicBool, Ordering};

static WANTED: AtomicBool = AtomicBool::new(false);

/// From here on the first such signal is a wish that [`wanted`] tells; the second ends the program.
pub fn listen() {
    // Without a handler the first one ends the program, as ever.
    let _ = ctrlc::set_handler(|| {
        if WANTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
}

/// Whether someone wants the program to come to an end.
pub fn wanted() -> bool {
    WANTED.load(Ordering::Relaxed)
}
