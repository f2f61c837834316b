//! Some cases of every group inside the test itself, so that they run on WebAssembly too, where
//! there is no folder to read: whole runs of training among them.

use crate::case::{Case, Failure, Outcome};
use crate::run;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

macro_rules! cases {
    ($($path:literal,)*) => {
        &[$((
            $path,
            include_bytes!(concat!("cases/", $path, ".json")).as_slice(),
            include_bytes!(concat!("cases/", $path, ".safetensors")).as_slice(),
        ),)*]
    };
}

/// Path, description and tensors.
const CASES: &[(&str, &[u8], &[u8])] = cases![
    "activation/elu",
    "activation/gelu",
    "activation/hard_silu",
    "activation/log_softmax_extreme",
    "activation/mish_extreme",
    "activation/prelu",
    "activation/selu_extreme",
    "activation/softmax_extreme",
    "activation/tanh",
    "attention/cross_masked",
    "attention/self_causal",
    "audio/log_mel_htk",
    "audio/mfcc_13",
    "audio/resample_odd",
    "audio/trim_odd",
    "class_weight/adam",
    "class_weight/sgd",
    "conv1d/k3_causal_dil4",
    "conv2d/c13_c17_tail",
    "conv2d/dw_k3_s2_mult2",
    "conv2d/explicit_asym",
    "conv2d/k3_groups4_s2",
    "conv2d/k3_dil2_same",
    "conv2d/k3_s2x1",
    "conv2d/sep_k3_s2_mult2",
    "conv2d_transpose/t_k3_s2_same",
    "dense/3d_input",
    "embedding/basic",
    "image/gaussian_narrow",
    "image/hog",
    "image/pca",
    "image/resize_lanczos3_mixed",
    "loss/bce_logits",
    "loss/cce_int",
    "merge/concat_height",
    "merge/maximum",
    "merge/multiply_broadcast",
    "merge/residual_projection",
    "metrics/ordinary",
    "metrics/numbers",
    "metrics/ranks",
    "metrics/ranks_absent",
    "metrics/ranks_each",
    "norm/bn2d_eval",
    "norm/bn2d_running",
    "norm/bn2d_train",
    "norm/gn2",
    "norm/ln_hwc",
    "optimizer/keras_adam_gathered",
    "optimizer/keras_adamw",
    "optimizer/keras_nadam",
    "optimizer/torch_adam",
    "optimizer/torch_nesterov",
    "optimizer/torch_rmsprop_all",
    "pool/avg1d_4_s2_same",
    "pool/avg_3x3_s2_overlap_same",
    "pool/max_3x3_s2_overlap_same",
    "resample/bilinear_3x2",
    "shape/permute",
    "table/categories",
    "table/dates",
    "table/numbers",
    "text/bpe_400",
    "rnn/bi_gru_sum_lengths",
    "rnn/gru_backwards",
    "rnn/lstm_lengths",
    "rnn/lstm_lengths_outputs",
    "rnn/simple_relu",
    "trajectory/w1_adam",
    "trajectory/w1_sgd",
    "trajectory/w2_adam",
];

#[test]
fn embedded_goldens() {
    for (path, description, tensors) in CASES {
        let case = Case::parse(description, || Ok(*tensors));
        let outcome: Result<Outcome, Failure> = case.and_then(|case| run(&case));
        match outcome {
            Ok(Outcome::Agreed) => {}
            Ok(Outcome::LeftOut(why)) => panic!("{path} was left out: {why}"),
            Err(why) => panic!("{path}: {why}"),
        }
    }
}
