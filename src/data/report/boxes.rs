//! What annotations say of pictures.

use serde::{Deserialize, Serialize};

use crate::data::Boxes;

/// Refused boxes and missing pictures that are listed.
const MOST_LISTED: usize = 1000;

/// What annotations say of pictures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct BoxReport {
    /// How many boxes there are.
    pub count: u32,
    /// Their classes, by their number.
    pub classes: Vec<BoxCount>,
    /// Samples in which annotations say that there is nothing to be seen.
    pub empty: Vec<u32>,
    /// Samples of which annotations say nothing.
    pub unannotated: Vec<u32>,
    /// Boxes that stuck out of their picture by more than a pixel and were clipped.
    pub clipped: u32,
    /// Boxes of which the steps of the preprocessing leave too little to be seen
    /// ([`LEAST_VISIBLE`](crate::data::LEAST_VISIBLE)).
    pub cut_off: u32,
    /// Why boxes were left out, the first 1000 of them.
    pub refused: Vec<String>,
    /// How many boxes were left out.
    pub refused_count: u32,
    /// Pictures that annotations name and that are not there, the first 1000 of them.
    pub missing: Vec<String>,
    /// How many pictures are not there.
    pub missing_count: u32,
}

/// The boxes of a class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct BoxCount {
    /// Its name.
    pub name: String,
    /// How many there are.
    pub boxes: u32,
    /// How many samples have any.
    pub samples: u32,
}

impl BoxReport {
    /// Notes a box that is left out.
    pub(crate) fn refuse(&mut self, reason: String) {
        self.refused_count = self.refused_count.saturating_add(1);
        if self.refused.len() < MOST_LISTED {
            self.refused.push(reason);
        }
    }

    /// Counts boxes that are left out for reasons that are not listed.
    pub(crate) fn refuse_more(&mut self, count: u32) {
        self.refused_count = self.refused_count.saturating_add(count);
    }

    /// Notes a picture that is not there.
    pub(crate) fn miss(&mut self, name: &str) {
        self.missing_count = self.missing_count.saturating_add(1);
        if self.missing.len() < MOST_LISTED {
            self.missing.push(name.into());
        }
    }

    /// Counts boxes by their class.
    pub(crate) fn tally(&mut self, boxes: &Boxes) {
        let named = |name: &String| BoxCount { name: name.clone(), ..BoxCount::default() };
        self.count = boxes.all().len() as u32;
        self.classes = boxes.class_names().iter().map(named).collect();
        let mut last = vec![usize::MAX; self.classes.len()];
        for sample in 0..boxes.samples() {
            for labelled in boxes.of(sample) {
                let class = labelled.class as usize;
                self.classes[class].boxes += 1;
                if last[class] != sample {
                    last[class] = sample;
                    self.classes[class].samples += 1;
                }
            }
        }
    }
}
