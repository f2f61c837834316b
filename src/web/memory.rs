//! What the browser refuses.
//!
//! The engine asks for everything large in a way that makes a refusal an error (`crate::memory`).
//! Where the rest, or a library, is refused memory, Rust ends the program, which traps without a word
//! about the reason. This allocator is that of the target and remembers the reason.

// An allocator is unsafe code.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use wasm_bindgen::prelude::*;

struct Remembering;

#[global_allocator]
static ALLOCATOR: Remembering = Remembering;

/// The size of what was refused last, in bytes.
static REFUSED: AtomicUsize = AtomicUsize::new(0);

/// A pointer as it is, after a look at it.
fn noted(pointer: *mut u8, size: usize) -> *mut u8 {
    if pointer.is_null() {
        REFUSED.store(size, Ordering::Relaxed);
    }
    pointer
}

// SAFETY: every call is passed on to the target's allocator.
unsafe impl GlobalAlloc for Remembering {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        noted(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        noted(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        noted(unsafe { System.realloc(pointer, layout, size) }, size)
    }
}

/// The bytes that were refused since this was asked last; 0 if none were.
#[wasm_bindgen(js_name = refusedBytes)]
#[must_use]
pub fn refused_bytes() -> usize {
    REFUSED.swap(0, Ordering::Relaxed)
}
