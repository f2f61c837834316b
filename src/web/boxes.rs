//! What is to be seen where in pictures.

use js_sys::{Float32Array, Uint32Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::builder::WebDatasetBuilder;
use super::dataset::WebDataset;
use super::value::{OrThrow, WebResult, floats_of, object, to_value, words_of};
use crate::data::{Boxes, LabelledBox};

/// A box as JavaScript sees it.
#[derive(Serialize)]
struct Shown<'a> {
    label: u32,
    name: &'a str,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// Boxes as JavaScript sees them, of these classes.
pub(super) fn shown(class_names: &[String], boxes: &[LabelledBox]) -> WebResult<JsValue> {
    let show = |labelled: &LabelledBox| {
        let [x, y, width, height] = labelled.extent();
        let name = class_names.get(labelled.class as usize).map_or("", String::as_str);
        Shown { label: labelled.class, name, x, y, width, height }
    };
    to_value(&boxes.iter().map(show).collect::<Vec<_>>())
}

#[wasm_bindgen(js_class = Dataset)]
impl WebDataset {
    /// Names of the classes of boxes; nothing where it is not known what is to be seen where.
    #[wasm_bindgen(js_name = boxClassNames)]
    pub fn box_class_names(&self) -> Option<Vec<String>> {
        self.inner().boxes().map(|boxes| boxes.class_names().to_vec())
    }

    /// The boxes of these samples.
    ///
    /// # Errors
    /// None in practice: they can always be written.
    #[wasm_bindgen(
        unchecked_return_type = "{ label: number; name: string; x: number; y: number; width: number; height: number }[][]"
    )]
    pub fn boxes(&self, indices: &[u32]) -> WebResult<Vec<JsValue>> {
        let boxes = self.inner().boxes();
        let of = |&index: &u32| match boxes {
            Some(boxes) => shown(boxes.class_names(), boxes.of(index as usize)),
            None => shown(&[], &[]),
        };
        indices.iter().map(of).collect()
    }

    /// All boxes as [`with_boxes`](Self::with_boxes) takes them; undefined where there are none.
    ///
    /// # Errors
    /// None in practice: they can always be written.
    #[wasm_bindgen(
        js_name = boxParts,
        unchecked_return_type = "{ classNames: string[]; counts: Uint32Array; corners: Float32Array; classes: Uint32Array } | undefined"
    )]
    pub fn box_parts(&self) -> WebResult<JsValue> {
        self.inner().boxes().map_or(Ok(JsValue::UNDEFINED), parts)
    }

    /// The same samples with other boxes, as [`WebDatasetBuilder::set_boxes`] takes them.
    ///
    /// # Errors
    /// What [`Boxes::new`] and [`Dataset::with_boxes`](crate::data::Dataset::with_boxes) refuse.
    #[wasm_bindgen(js_name = withBoxes)]
    pub fn with_boxes(
        &self,
        class_names: Vec<String>,
        counts: &Uint32Array,
        corners: &Float32Array,
        classes: &Uint32Array,
    ) -> WebResult<WebDataset> {
        let boxes = boxes_of(class_names, counts, corners, classes)?;
        self.inner().clone().with_boxes(boxes).or_throw().map(Self::from)
    }
}

/// Boxes from plain arrays.
fn boxes_of(
    class_names: Vec<String>,
    counts: &Uint32Array,
    corners: &Float32Array,
    classes: &Uint32Array,
) -> WebResult<Boxes> {
    let counts = words_of("the numbers of boxes", counts)?;
    let (corners, classes) =
        (floats_of("the boxes", corners)?, words_of("their classes", classes)?);
    let corners = corners.as_chunks().0.iter().zip(classes);
    let all = corners.map(|(&corners, class)| LabelledBox { corners, class }).collect();
    Boxes::new(class_names, &counts, all).or_throw()
}

/// All boxes as plain arrays, as [`WebDatasetBuilder::set_boxes`] takes them.
fn parts(boxes: &Boxes) -> WebResult<JsValue> {
    let counts: Vec<u32> = boxes.counts().collect();
    let corners: Vec<f32> = boxes.all().iter().flat_map(|labelled| labelled.corners).collect();
    let classes: Vec<u32> = boxes.all().iter().map(|labelled| labelled.class).collect();
    object(&[
        ("classNames", to_value(&boxes.class_names())?),
        ("counts", Uint32Array::from(counts.as_slice()).into()),
        ("corners", Float32Array::from(corners.as_slice()).into()),
        ("classes", Uint32Array::from(classes.as_slice()).into()),
    ])
}

#[wasm_bindgen(js_class = DatasetBuilder)]
impl WebDatasetBuilder {
    /// Boxes: how many each sample has, and of all one after the other left, top, right and bottom, and
    /// the class.
    ///
    /// # Errors
    /// What [`Boxes::new`] refuses.
    #[wasm_bindgen(js_name = setBoxes)]
    pub fn set_boxes(
        &mut self,
        class_names: Vec<String>,
        counts: &Uint32Array,
        corners: &Float32Array,
        classes: &Uint32Array,
    ) -> WebResult<()> {
        self.boxes = Some(boxes_of(class_names, counts, corners, classes)?);
        Ok(())
    }
}
