//! How JavaScript drives an import.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use super::bytes::{ByteSource, JsSource, from_js};
use super::value::{OrThrow, WebResult, bytes_of, from_value, object, to_shape, to_value};
use crate::data::{Audio, Image, LabelledBox, Values};
use crate::formats::records::Sink;
use crate::formats::source::Source;
use crate::import::{Export, Foreign, Import, read_sound};
use crate::{Error, ErrorKind, Result};

/// What the generated types name.
#[wasm_bindgen(typescript_custom_section)]
const SINK: &str = "/** A file that can be written anywhere; each call does all or throws. */\n\
    export interface ByteSink extends ByteSource { writeAt(offset: number, bytes: Uint8Array): void; \
    truncate(length: number): void; flush(): void }";

#[wasm_bindgen]
extern "C" {
    /// A file that can be written.
    #[wasm_bindgen(extends = ByteSource, typescript_type = "ByteSink")]
    pub type ByteSink;

    #[wasm_bindgen(method, getter)]
    fn length(this: &ByteSink) -> f64;

    #[wasm_bindgen(method, catch, js_name = readAt)]
    fn read_at(this: &ByteSink, offset: f64, into: &mut [u8]) -> std::result::Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = writeAt)]
    fn write_at(this: &ByteSink, offset: f64, bytes: &[u8]) -> std::result::Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn truncate(this: &ByteSink, len: f64) -> std::result::Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn flush(this: &ByteSink) -> std::result::Result<(), JsValue>;
}

/// A file of JavaScript as a sink.
struct JsSink(ByteSink);

impl Source for JsSink {
    fn len(&self) -> u64 {
        self.0.length() as u64
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.0.read_at(offset as f64, into).map_err(from_js)
    }
}

impl Sink for JsSink {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.0.write_at(offset as f64, bytes).map_err(from_js)
    }

    fn truncate(&mut self, len: u64) -> Result<()> {
        self.0.truncate(len as f64).map_err(from_js)
    }

    fn flush(&mut self) -> Result<()> {
        self.0.flush().map_err(from_js)
    }
}

/// Files on their way into records.
#[wasm_bindgen(js_name = Import)]
pub struct WebImport(Import<JsSink>);

/// A picture in a format that only a browser may know.
#[wasm_bindgen(js_name = Foreign)]
#[derive(Debug)]
pub struct WebForeign(Foreign);

#[wasm_bindgen(js_class = Foreign)]
impl WebForeign {
    /// Whether it is a sound, and not a picture.
    #[wasm_bindgen(getter, js_name = isSound)]
    pub fn is_sound(&self) -> bool {
        self.0.is_sound
    }

    /// Its bytes.
    pub fn bytes(&self) -> Uint8Array {
        Uint8Array::from(self.0.bytes.as_slice())
    }
}

#[wasm_bindgen(js_class = Import)]
impl WebImport {
    /// An import into a file, or the rest of one that was interrupted there. `source` says what is
    /// imported.
    ///
    /// # Errors
    /// What [`Import::new`] refuses.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "ImportOptions")] options: JsValue,
        source: &str,
        file: ByteSink,
    ) -> WebResult<WebImport> {
        let options = from_value("options", options)?;
        Import::new(options, source, JsSink(file)).or_throw().map(Self)
    }

    /// Whether the next file was read before the interruption.
    ///
    /// # Errors
    /// What [`Import::skip`] refuses.
    pub fn skip(&mut self, path: &str) -> WebResult<bool> {
        self.0.skip(path).or_throw()
    }

    /// Reads a file that is here as a whole; false if it is to be opened instead.
    ///
    /// # Errors
    /// What [`Import::add`] refuses.
    pub fn add(&mut self, path: &str, bytes: &Uint8Array) -> WebResult<bool> {
        self.0.add(path, bytes_of("a file", bytes)?).or_throw()
    }

    /// Reads a file by random access.
    ///
    /// # Errors
    /// What [`Import::open`] refuses.
    pub fn open(&mut self, path: &str, source: ByteSource) -> WebResult<()> {
        self.0.open(path, Box::new(JsSource::new(source))).or_throw()
    }

    /// Notes a file that JavaScript could not read.
    ///
    /// # Errors
    /// What [`Import::fail`] refuses.
    pub fn fail(&mut self, path: &str, error: JsValue) -> WebResult<()> {
        self.0.fail(path, &of_a_file(error)).or_throw()
    }

    /// Does some of what is to be done; true when nothing is left.
    ///
    /// # Errors
    /// What [`Import::advance`] refuses.
    pub fn advance(&mut self) -> WebResult<bool> {
        self.0.advance().or_throw()
    }

    /// The bytes, or samples, of what is being read that lie behind, and all of them.
    pub fn progress(&self) -> Vec<f64> {
        let (done, total) = self.0.progress();
        vec![done as f64, total as f64]
    }

    /// Whether that is bytes, not samples.
    #[wasm_bindgen(getter, js_name = countsBytes)]
    pub fn counts_bytes(&self) -> bool {
        self.0.counts_bytes()
    }

    /// Samples so far.
    #[wasm_bindgen(getter)]
    pub fn samples(&self) -> f64 {
        self.0.samples() as f64
    }

    /// Bytes of the records so far.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> f64 {
        self.0.bytes() as f64
    }

    /// A picture that was found last and is in no format that is read here.
    #[wasm_bindgen(js_name = takeForeign)]
    pub fn take_foreign(&mut self) -> Option<WebForeign> {
        self.0.take_foreign().map(WebForeign)
    }

    /// The RGBA pixels of such a picture.
    ///
    /// # Errors
    /// What [`Import::add_foreign`] refuses.
    #[wasm_bindgen(js_name = addPixels)]
    pub fn add_pixels(
        &mut self,
        foreign: &WebForeign,
        rgba: &Uint8Array,
        width: u32,
        height: u32,
    ) -> WebResult<()> {
        let rgba = bytes_of("a picture", rgba)?;
        let image = Image::new(height as usize, width as usize, 4, rgba);
        self.0.add_foreign(&foreign.0, image).or_throw()
    }

    /// The samples of such a sound, frame after frame.
    ///
    /// # Errors
    /// What [`Import::add_foreign_sound`] refuses.
    #[wasm_bindgen(js_name = addSound)]
    pub fn add_sound(
        &mut self,
        foreign: &WebForeign,
        samples: Vec<f32>,
        channels: u32,
        rate: u32,
    ) -> WebResult<()> {
        let sound = Audio::new(rate, channels as usize, samples);
        self.0.add_foreign_sound(&foreign.0, sound).or_throw()
    }

    /// Notes that nobody can read such a picture or sound.
    ///
    /// # Errors
    /// What [`Import::add_foreign`] refuses.
    #[wasm_bindgen(js_name = failForeign)]
    pub fn fail_foreign(&mut self, foreign: &WebForeign, error: JsValue) -> WebResult<()> {
        self.0.add_foreign(&foreign.0, Err(of_a_file(error))).or_throw()
    }

    /// Says that all files were handed over.
    ///
    /// # Errors
    /// What [`Import::close`] refuses.
    pub fn close(&mut self) -> WebResult<()> {
        self.0.close().or_throw()
    }

    /// Writes the end.
    ///
    /// # Errors
    /// What [`Import::finish`] refuses.
    #[wasm_bindgen(unchecked_return_type = "ImportSummary")]
    pub fn finish(self) -> WebResult<JsValue> {
        let (_, summary) = self.0.finish().or_throw()?;
        to_value(&summary)
    }
}

/// The samples of a WAV file, as they are prepared for a prediction.
///
/// # Errors
/// What [`read_sound`] refuses.
#[wasm_bindgen(
    js_name = readSound,
    unchecked_return_type = "{ samples: Float32Array; channels: number; rate: number }"
)]
pub fn read_wav(bytes: &Uint8Array) -> WebResult<JsValue> {
    let sound = read_sound(bytes_of("a sound", bytes)?).or_throw()?;
    let samples = js_sys::Float32Array::from(sound.samples());
    object(&[
        ("samples", samples.into()),
        ("channels", (sound.channels() as u32).into()),
        ("rate", sound.rate().into()),
    ])
}

/// What is wrong with a file, not with where the records are.
fn of_a_file(error: JsValue) -> Error {
    let error = from_js(error);
    match error.kind() {
        ErrorKind::Storage | ErrorKind::Quota => Error::new(ErrorKind::Format, error.message()),
        _ => error,
    }
}

/// A zip archive of samples.
#[wasm_bindgen(js_name = Export)]
pub struct WebExport(Export<JsSink>);

#[wasm_bindgen(js_class = Export)]
impl WebExport {
    /// An archive in this file.
    ///
    /// # Errors
    /// What [`Export::new`] refuses.
    #[wasm_bindgen(constructor)]
    pub fn new(
        file: ByteSink,
        #[wasm_bindgen(unchecked_param_type = "PartFolders")] parts: JsValue,
    ) -> WebResult<WebExport> {
        let parts = from_value("parts", parts)?;
        Export::new(JsSink(file), parts).or_throw().map(Self)
    }

    /// Adds a sample of bytes.
    ///
    /// # Errors
    /// What [`Export::add`] refuses.
    #[wasm_bindgen(js_name = addBytes)]
    pub fn add_bytes(
        &mut self,
        folder: &str,
        #[wasm_bindgen(unchecked_param_type = "Part | undefined")] part: JsValue,
        shape: &[u32],
        values: Vec<u8>,
    ) -> WebResult<()> {
        let part = from_value("part", part)?;
        self.0.add(folder, part, &to_shape(shape), &Values::U8(values)).or_throw()
    }

    /// Adds a sample of numbers.
    ///
    /// # Errors
    /// What [`Export::add`] refuses.
    #[wasm_bindgen(js_name = addFloats)]
    pub fn add_floats(
        &mut self,
        folder: &str,
        #[wasm_bindgen(unchecked_param_type = "Part | undefined")] part: JsValue,
        shape: &[u32],
        values: Vec<f32>,
    ) -> WebResult<()> {
        let part = from_value("part", part)?;
        self.0.add(folder, part, &to_shape(shape), &Values::F32(values)).or_throw()
    }

    /// Adds a text.
    ///
    /// # Errors
    /// What [`Export::add_text`] refuses.
    #[wasm_bindgen(js_name = addText)]
    pub fn add_text(
        &mut self,
        folder: &str,
        #[wasm_bindgen(unchecked_param_type = "Part | undefined")] part: JsValue,
        text: &str,
    ) -> WebResult<()> {
        self.0.add_text(folder, from_value("part", part)?, text).or_throw()
    }

    /// Adds rows to the table of a part.
    ///
    /// # Errors
    /// What [`Export::add_rows`] refuses.
    #[wasm_bindgen(js_name = addRows)]
    pub fn add_rows(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Part | undefined")] part: JsValue,
        names: Vec<String>,
        cells: Vec<String>,
        numbers: Option<Vec<f32>>,
    ) -> WebResult<()> {
        let part = from_value("part", part)?;
        self.0.add_rows(part, &names, &cells, numbers.as_deref()).or_throw()
    }

    /// Says what is to be seen in the image that was added last: of each box left, top, width and height,
    /// and its class.
    ///
    /// # Errors
    /// What [`Export::annotate`] refuses.
    pub fn annotate(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Part | undefined")] part: JsValue,
        extents: &[f64],
        classes: &[u32],
    ) -> WebResult<()> {
        let part = from_value("part", part)?;
        let boxes = extents.as_chunks().0.iter().zip(classes);
        let boxes = boxes.map(|(&extent, &class)| LabelledBox::of_extent(extent, class)).collect();
        self.0.annotate(part, boxes).or_throw()
    }

    /// Writes the boxes, of these classes, and the archive's directory.
    ///
    /// # Errors
    /// What [`Export::finish`] refuses.
    pub fn finish(self, box_class_names: Vec<String>) -> WebResult<()> {
        self.0.finish(&box_class_names).or_throw().map(drop)
    }
}
