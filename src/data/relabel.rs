//! Other classes for samples that stay as they are.

use super::dataset::{Dataset, check_length};
use super::targets::Targets;
use crate::{Result, err};

impl Dataset {
    /// The same samples, of these of its classes.
    ///
    /// # Errors
    /// `Data` where targets are not classes and for a class that there is not, with its place;
    /// `Shape` unless there is a label for each sample.
    pub fn with_labels(mut self, labels: Vec<u32>) -> Result<Self> {
        if self.labels().is_none() {
            return Err(err!(
                Data,
                "labels: the dataset has no classes, expected some to choose from"
            ));
        }
        check_length("labels", labels.len(), self.len(), 1)?;
        let classes = self.class_names().len();
        if let Some(sample) = labels.iter().position(|&label| label as usize >= classes) {
            return Err(err!(
                Data,
                "labels: the label of sample {sample} is {}, expected less than {classes}, the \
                 number of classes",
                labels[sample]
            ));
        }
        let (_, targets, _) = self.samples_mut();
        *targets = Targets::Classes(labels);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Column, Preprocessing, Values};
    use super::*;
    use crate::ErrorKind;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn numbers(targets: Targets) -> Dataset {
        let column = Column::new(vec![1], Values::U8(vec![5, 6, 7])).unwrap();
        Dataset::new(vec![column], targets, vec![], Preprocessing::default()).unwrap()
    }

    #[test]
    fn samples_stay_and_classes_change() {
        let before = numbers(Targets::Classes(vec![0, 1, 2]));
        let after = before.clone().with_labels(vec![2, 2, 0]).unwrap();
        assert_eq!(after.inputs(), before.inputs());
        assert_eq!(after.labels(), Some(&[2, 2, 0][..]));
        // A class that no sample has any more is still one.
        assert_eq!(after.counts(), [1, 0, 2]);
        assert_eq!(after.class_names(), ["0", "1", "2"]);
    }

    #[test]
    fn labels_that_do_not_fit_are_refused() {
        let refused = |targets, labels: &[u32], kind, message| {
            let error = numbers(targets).with_labels(labels.to_vec()).unwrap_err();
            assert_eq!((error.kind(), error.message()), (kind, message));
        };
        let classes = || Targets::Classes(vec![0, 1, 2]);
        refused(
            classes(),
            &[0, 3, 1],
            ErrorKind::Data,
            "labels: the label of sample 1 is 3, expected less than 3, the number of classes",
        );
        let error = numbers(classes()).with_labels(vec![0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Shape);
        refused(
            Targets::None,
            &[0, 0, 0],
            ErrorKind::Data,
            "labels: the dataset has no classes, expected some to choose from",
        );
    }
}
