//! Bytes that JavaScript keeps: files, as this side sees them.

use std::fmt;

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

use crate::formats::source::Source;
use crate::{Error, ErrorKind, Result, err};

/// What the generated types name.
#[wasm_bindgen(typescript_custom_section)]
const BYTES: &str = "/** Random access to the bytes of a file; each call does all or throws. */\n\
    export interface ByteSource { readonly length: number; \
    readAt(offset: number, into: Uint8Array): void; \
    /** Called once nobody reads any more. */ close?(): void }";

#[wasm_bindgen]
extern "C" {
    /// Random access to the bytes of a file.
    #[wasm_bindgen(typescript_type = "ByteSource")]
    pub type ByteSource;

    #[wasm_bindgen(method, getter)]
    fn length(this: &ByteSource) -> f64;

    #[wasm_bindgen(method, catch, js_name = readAt)]
    fn read_at(this: &ByteSource, offset: f64, into: &mut [u8])
    -> std::result::Result<(), JsValue>;

    #[wasm_bindgen(method, catch, structural)]
    fn close(this: &ByteSource) -> std::result::Result<(), JsValue>;
}

/// A file of JavaScript as a source.
pub(super) struct JsSource {
    source: ByteSource,
    len: u64,
}

impl JsSource {
    pub(super) fn new(source: ByteSource) -> Self {
        let len = source.length() as u64;
        Self { source, len }
    }
}

impl Drop for JsSource {
    fn drop(&mut self) {
        // It need not be there; where it fails there is nothing left to do.
        let _ = self.source.close();
    }
}

impl fmt::Debug for JsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsSource").field("len", &self.len).finish_non_exhaustive()
    }
}

impl Source for JsSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<()> {
        if offset.checked_add(into.len() as u64).is_none_or(|end| end > self.len) {
            let (wanted, len) = (into.len(), self.len);
            return Err(err!(
                Format,
                "file: {wanted} bytes at {offset} were asked for, found a file of {len}"
            ));
        }
        if into.is_empty() {
            return Ok(());
        }
        self.source.read_at(offset as f64, into).map_err(from_js)
    }
}

/// What JavaScript threw as an error of the engine: of the kind that its `code` says, or of storage.
pub(super) fn from_js(thrown: JsValue) -> Error {
    let text = |key: &str| Reflect::get(&thrown, &key.into()).ok().and_then(|v| v.as_string());
    let code = text("code").unwrap_or_default();
    let kind = ErrorKind::ALL.into_iter().find(|kind| kind.code() == code);
    Error::new(kind.unwrap_or(ErrorKind::Storage), text("message").unwrap_or_default())
}
