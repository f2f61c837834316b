use ndarray::{Array, Array1, Array2, Ix2, IxDyn};

use super::*;
use crate::ErrorKind;
use crate::initializers::Initializer;
use crate::layers::{ActivationName, BatchNormalization, Conv2d, Dense, Flatten, LayerSpec};
use crate::spec::{InputSpec, NodeSpec};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn spec(seed: u64) -> ModelSpec {
    let layers: Vec<LayerSpec> = vec![
        Conv2d { use_bias: false, ..Conv2d::new(2, 3) }.into(),
        BatchNormalization::default().into(),
        Flatten {}.into(),
        Dense { activation: ActivationName::Softmax, ..Dense::new(3) }.into(),
    ];
    ModelSpec::sequential(None, vec![4, 5, 1], layers).with_seed(seed)
}

fn samples(n: usize) -> ArrayD<f32> {
    let values = (0..n * 20).map(|i| (i * 37 % 101) as f32 / 50.0 - 1.0).collect();
    Array::from_shape_vec(IxDyn(&[n, 4, 5, 1]), values).expect("a shape that fits")
}

#[test]
fn the_seed_decides_the_first_weights() {
    let weights = |seed| Model::new(spec(seed)).expect("a valid model").weights().to_vec();
    assert_eq!(weights(1), weights(1));
    assert_ne!(weights(1), weights(2));
    let model = Model::new(spec(1)).expect("a valid model");
    let filled = |name: &str| model.tensor(name).expect("a parameter").iter().copied().collect();
    assert_eq!(filled("batchNormalization/gamma"), vec![1.0; 2]);
    assert_eq!(filled("batchNormalization/movingVariance"), vec![1.0; 2]);
    assert_eq!(filled("dense/bias"), vec![0.0; 3]);
    // Glorot: within sqrt(6 / (fan in + fan out)).
    let kernel: Vec<f32> = filled("conv2d/kernel");
    let limit = (6.0f32 / (9.0 + 18.0)).sqrt();
    assert!(
        kernel.iter().all(|w| w.abs() <= limit) && kernel.iter().any(|w| w.abs() > limit / 2.0)
    );
}

#[test]
fn equal_layers_begin_differently() {
    let layer = || {
        let begin = Initializer::FanInUniform;
        LayerSpec::from(Dense {
            bias_initializer: begin,
            kernel_initializer: begin,
            ..Dense::new(4)
        })
    };
    let model = Model::new(ModelSpec::sequential(None, vec![4], vec![layer(), layer()]));
    let model = model.expect("a valid model");
    let tensor = |name: &str| model.tensor(name).expect("a parameter").to_owned();
    assert_ne!(tensor("dense/kernel"), tensor("dense_1/kernel"));
    assert_ne!(tensor("dense/bias"), tensor("dense_1/bias"));
    // A bias goes by the fan in of its kernel.
    assert!(tensor("dense/bias").iter().all(|b| b.abs() <= 0.5));
}

#[test]
fn predictions_are_the_same_in_batches_of_any_size() {
    let mut model = Model::new(spec(3)).expect("a valid model");
    let n = PREDICT_BATCH + 9;
    let x = samples(n);
    let together = model.predict(&[x.view()]).expect("inputs that fit").remove(0);
    assert_eq!(together.shape(), [n, 3]);
    for row in together.rows() {
        assert!((row.sum() - 1.0).abs() < 1e-6);
    }
    for i in [0, 1, n - 1] {
        let one = x.slice_axis(Axis(0), (i..=i).into());
        let alone = model.predict(&[one]).expect("inputs that fit").remove(0);
        assert_eq!(alone.index_axis(Axis(0), 0), together.index_axis(Axis(0), i));
    }
    let none = model.predict(&[samples(0).view()]).expect("no samples");
    assert_eq!(none[0].shape(), [0, 3]);
    // A view that is not contiguous.
    let reversed = x.slice_axis(Axis(0), ndarray::Slice::new(0, None, -1));
    let backwards = model.predict(&[reversed]).expect("inputs that fit").remove(0);
    assert_eq!(backwards.index_axis(Axis(0), 0), together.index_axis(Axis(0), n - 1));
}

#[test]
fn layers_can_be_looked_into() {
    let mut model = Model::new(spec(3)).expect("a valid model");
    let x = samples(70);
    let found = model.activations(&[x.view()], &["conv2d", "dense", "input"]).expect("layers");
    assert_eq!(found[0].shape(), [70, 2, 3, 2]);
    // Predictions fold the batch normalisation into the weights, which rounds otherwise.
    let predicted = &model.predict(&[x.view()]).expect("inputs that fit")[0];
    assert!(found[1].iter().zip(predicted).all(|(found, y)| (found - y).abs() < 1e-6));
    assert_eq!(found[2], x);
    let error = model.activations(&[x.view()], &["conv"]).expect_err("no such layer");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn tensors_are_read_and_written_by_name() {
    let mut model = Model::new(spec(3)).expect("a valid model");
    let kernel = Array2::from_shape_fn((12, 3), |(i, j)| (3 * i + j) as f32);
    model.set_tensor("dense/kernel", kernel.view().into_dyn()).expect("a parameter");
    let read = model.tensor("dense/kernel").expect("a parameter").to_owned();
    assert_eq!(read.into_dimensionality::<Ix2>().expect("two axes"), kernel);
    let transposed = Array2::from_shape_fn((3, 12), |(j, i)| kernel[[i, j]]);
    model.set_tensor("dense/kernel", transposed.t().into_dyn()).expect("a parameter");
    assert_eq!(model.tensor("dense/kernel").expect("a parameter"), kernel.view().into_dyn());

    let mean = Array1::from_elem(2, 0.5);
    model.set_tensor("batchNormalization/movingMean", mean.view().into_dyn()).expect("a parameter");
    assert_eq!(model.state(), [0.5, 0.5, 1.0, 1.0]);

    let nan = Array1::from_elem(3, f32::NAN);
    for (name, values, kind, expected) in [
        ("dense/weight", &mean, ErrorKind::NotFound, "no parameter \"dense/weight\""),
        ("dense/bias", &mean, ErrorKind::Shape, "\"dense/bias\" has shape [3], found [2]"),
        ("dense/bias", &nan, ErrorKind::Data, "found NaN, expected finite numbers"),
    ] {
        let error = model.set_tensor(name, values.view().into_dyn()).expect_err("a fault");
        assert_eq!(error.kind(), kind);
        assert!(error.message().contains(expected), "{error}");
    }
    assert_eq!(model.tensor("dense/bias").expect("a parameter").sum(), 0.0);
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let mut model = Model::new(spec(3)).expect("a valid model");
    let wrong = Array2::<f32>::zeros((2, 20)).into_dyn();
    let error = model.predict(&[wrong.view()]).expect_err("a fault");
    assert_eq!(error.message(), "input \"input\" has shape [2, 20], expected [n, 4, 5, 1]");
    let error = model.predict(&[]).expect_err("a fault");
    assert_eq!(error.message(), "found 0 inputs, expected the model's 1");
    let scalar = ArrayD::<f32>::zeros(IxDyn(&[]));
    assert_eq!(model.predict(&[scalar.view()]).expect_err("a fault").kind(), ErrorKind::Shape);

    let input = |name: &str| InputSpec { name: name.into(), shape: vec![2] };
    let two = ModelSpec {
        name: None,
        seed: 0,
        winograd: true,
        inputs: vec![input("a"), input("b")],
        nodes: vec![NodeSpec::new(
            "sum",
            crate::layers::Add {}.into(),
            vec!["a".into(), "b".into()],
        )],
        outputs: vec!["sum".into(), "a".into()],
    };
    let mut model = Model::new(two).expect("a valid model");
    let (a, b) = (Array2::ones((2, 2)).into_dyn(), Array2::ones((3, 2)).into_dyn());
    let error = model.predict(&[a.view(), b.view()]).expect_err("a fault");
    assert!(error.message().ends_with("with the same n for all"), "{error}");
    let outputs = model.predict(&[a.view(), a.view()]).expect("inputs that fit");
    assert_eq!((&outputs[0], &outputs[1]), (&(&a + &a), &a));
}
