//! A report on samples that JavaScript has.

use wasm_bindgen::prelude::*;

use super::value::{OrThrow, WebResult, from_value, to_shape, to_value};
use crate::data::report::{BoxCollector, Collector, DataReport, Impression, Observed};
use crate::data::{LabelledBox, Values};

/// Looks at samples one after the other.
#[wasm_bindgen(js_name = Examination)]
#[derive(Debug)]
pub struct WebExamination {
    samples: Collector,
    /// Where it is known of some samples what is to be seen in them.
    boxes: Option<BoxCollector>,
}

#[wasm_bindgen(js_class = Examination)]
impl WebExamination {
    /// One of samples of these classes, with boxes of these.
    #[wasm_bindgen(constructor)]
    pub fn new(class_names: Vec<String>, box_class_names: Option<Vec<String>>) -> Self {
        let boxes = box_class_names.map(BoxCollector::new);
        Self { samples: Collector::new(class_names), boxes }
    }

    /// Looks at the boxes of the sample that was added last, left, top, width and height of each, and its
    /// class; or notes that nobody knows them.
    #[wasm_bindgen(js_name = addBoxes)]
    pub fn add_boxes(&mut self, extents: Option<Vec<f64>>, classes: &[u32]) {
        let Some(collector) = &mut self.boxes else { return };
        let of = |extents: Vec<f64>| -> Vec<LabelledBox> {
            let boxes = extents.as_chunks().0.iter().zip(classes);
            boxes.map(|(&extent, &class)| LabelledBox::of_extent(extent, class)).collect()
        };
        collector.take(extents.map(of).as_deref());
    }

    /// Looks at a sample of bytes, of this class and part.
    ///
    /// # Errors
    /// What [`Collector::take`] refuses.
    #[wasm_bindgen(js_name = addBytes)]
    pub fn add_bytes(
        &mut self,
        shape: &[u32],
        values: Vec<u8>,
        class: Option<u32>,
        #[wasm_bindgen(unchecked_param_type = "Part | undefined")] part: JsValue,
    ) -> WebResult<()> {
        self.add(shape, &Values::U8(values), class, part)
    }

    /// Looks at a sample of numbers, of this class and part.
    ///
    /// # Errors
    /// What [`Collector::take`] refuses.
    #[wasm_bindgen(js_name = addFloats)]
    pub fn add_floats(
        &mut self,
        shape: &[u32],
        values: Vec<f32>,
        class: Option<u32>,
        #[wasm_bindgen(unchecked_param_type = "Part | undefined")] part: JsValue,
    ) -> WebResult<()> {
        self.add(shape, &Values::F32(values), class, part)
    }

    /// What was found.
    ///
    /// # Errors
    /// As [`BoxCollector::finish`].
    #[wasm_bindgen(unchecked_return_type = "DataReport")]
    pub fn finish(self) -> WebResult<JsValue> {
        let boxes = self.boxes.map(BoxCollector::finish).transpose().or_throw()?;
        to_value(&DataReport { boxes, ..self.samples.finish() })
    }

    fn add(
        &mut self,
        shape: &[u32],
        values: &Values,
        class: Option<u32>,
        part: JsValue,
    ) -> WebResult<()> {
        let part = from_value("part", part)?;
        let observed = Observed { class, part, group: None };
        self.samples.take(observed, &Impression::of_values(&to_shape(shape), values)).or_throw()
    }
}
