//! What was done to a dataset before it was trained on; stored with the model.

use crate::json::Json;
use crate::{Result, err};

/// A change of a dataset that its report suggests. Which samples it concerns follows from the
/// report; what is stored here is what was done.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Fix {
    /// Of samples with the same content, the first stays.
    DropDuplicates(SampleCount),
    /// Of samples that are nearly the same, the first stays.
    DropNearDuplicates(SampleCount),
    /// Samples with the same content and different classes go, all of them.
    DropConflicts(SampleCount),
    /// Samples of the validation or test part that are in another part, too, go.
    DropLeaks(SampleCount),
    /// Samples that are far from the others go.
    DropOutliers(SampleCount),
    /// Columns that say nothing go.
    DropColumns(ColumnNames),
    /// Missing numbers become the median of the column, missing texts its most frequent one.
    Impute(ColumnNames),
    /// The loss of each class counts so much: the number of samples over that of the classes and of
    /// the class's own.
    ClassWeights(ClassWeights),
}

/// How many samples a fix concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SampleCount {
    /// The number of samples.
    pub count: u32,
}

/// The columns that a fix concerns.
#[derive(Clone, Debug, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ColumnNames {
    /// Their names.
    pub columns: Vec<String>,
}

/// How much each class counts.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClassWeights {
    /// By the number of the class; 1 on average over the samples.
    pub weights: Vec<f32>,
}

impl ClassWeights {
    /// Weights that make classes of these numbers of samples count the same. A class without any
    /// weighs 0.
    #[must_use]
    pub fn balanced(counts: &[u32]) -> Self {
        let samples: f64 = counts.iter().map(|&count| f64::from(count)).sum();
        let classes = counts.iter().filter(|&&count| count > 0).count() as f64;
        let weight = |&count: &u32| match count {
            0 => 0.0,
            _ => (samples / (classes * f64::from(count))) as f32,
        };
        Self { weights: counts.iter().map(weight).collect() }
    }
}

impl Fix {
    /// Refuses what nobody can have done.
    ///
    /// # Errors
    /// `Argument` for weights that are no finite number from 0 on.
    pub fn validate(&self) -> Result<()> {
        match self {
            Self::ClassWeights(ClassWeights { weights }) => {
                match weights.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
                    Some(weight) => Err(err!(
                        Argument,
                        "classWeights: found {weight}, expected finite numbers from 0 on"
                    )),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn fixes_are_written_and_read_by_name() {
        let columns = || ColumnNames { columns: vec!["a".into(), "b".into()] };
        for (fix, json) in [
            (
                Fix::DropDuplicates(SampleCount { count: 3 }),
                r#"{"type":"dropDuplicates","count":3}"#,
            ),
            (Fix::DropLeaks(SampleCount { count: 0 }), r#"{"type":"dropLeaks","count":0}"#),
            (Fix::Impute(columns()), r#"{"type":"impute","columns":["a","b"]}"#),
            (
                Fix::ClassWeights(ClassWeights { weights: vec![0.5, 2.0] }),
                r#"{"type":"classWeights","weights":[0.5,2.0]}"#,
            ),
        ] {
            let written: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(fix.to_json(), written);
            assert_eq!(serde_json::from_str::<Fix>(json).unwrap(), fix);
            assert!(fix.validate().is_ok());
        }
        assert!(serde_json::from_str::<Fix>(r#"{"type":"dropAll"}"#).is_err());
        let wrong = Fix::ClassWeights(ClassWeights { weights: vec![-1.0] });
        assert_eq!(
            wrong.validate().unwrap_err().message(),
            "classWeights: found -1, expected finite numbers from 0 on"
        );
    }

    #[test]
    fn balanced_weights_make_every_class_count_the_same() {
        let counts = [10, 0, 30, 60];
        let ClassWeights { weights } = ClassWeights::balanced(&counts);
        let sums: Vec<f32> = counts.iter().zip(&weights).map(|(&n, w)| n as f32 * w).collect();
        assert!((sums[0] - sums[2]).abs() < 1e-4 && (sums[0] - sums[3]).abs() < 1e-4);
        assert_eq!(weights[1], 0.0);
        assert!((sums.iter().sum::<f32>() - 100.0).abs() < 1e-4);
    }
}
