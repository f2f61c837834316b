//! Every case that runs, inside of the test itself, so that they run on WebAssembly too, where there is
//! no folder to read. Natively they are read from the folder, by a test that sees that this list is theirs.

macro_rules! cases {
    ($($what:ident $group:literal: $($name:literal)*;)*) => {
        &[$($((
            concat!($group, "/", $name),
            include_bytes!(concat!("cases/", $group, "/", $name, ".json")).as_slice(),
            tensors!($what $group $name),
        ),)*)*]
    };
}

macro_rules! tensors {
    (whole $group:literal $name:literal) => {
        include_bytes!(concat!("cases/", $group, "/", $name, ".safetensors")).as_slice()
    };
    (described $group:literal $name:literal) => {
        [].as_slice()
    };
}

/// Path, description and tensors of cases that have some (whole) or none (described).
pub const CASES: &[(&str, &[u8], &[u8])] = cases! {
    whole "activation":
        "elu" "elu_extreme" "exponential" "gelu" "gelu_extreme" "gelu_tanh" "hard_sigmoid"
        "hard_silu" "leaky_relu_0.01" "leaky_relu_0.3" "log_softmax" "log_softmax_extreme"
        "mish" "mish_extreme" "prelu" "relu" "relu6" "relu_at_zero" "selu" "selu_extreme"
        "sigmoid" "sigmoid_extreme" "silu" "silu_extreme" "softmax" "softmax_axes_3_1"
        "softmax_axis_1" "softmax_extreme" "softplus" "softplus_extreme" "softsign" "tanh"
        "tanh_extreme";
    whole "attention":
        "cross_masked" "self_2h" "self_causal" "self_keydim" "self_value_dim"
        "three_inputs";
    whole "audio":
        "log_mel" "log_mel_htk" "log_spectrogram" "mel" "mel_odd" "mfcc" "mfcc_13"
        "resample_down" "resample_odd" "resample_up" "spectrogram" "trim" "trim_long"
        "trim_odd";
    whole "class_weight":
        "adam" "sgd";
    whole "conv1d":
        "k3_causal_dil4" "k3_groups" "k3_same" "k5_s2_valid" "k7_s2_same_odd";
    whole "conv2d":
        "c13_c17_tail" "dw_k3_dil2" "dw_k3_s2_mult2" "dw_k3_same" "dw_k5_valid"
        "explicit_asym" "explicit_sym1_s2" "k1_s1" "k1_s2_same" "k1x5_same"
        "k2_s2_valid_odd" "k3_c16_c16_winograd_size" "k3_dil2_same" "k3_dil2_valid"
        "k3_groups2" "k3_groups4_s2" "k3_s1_same" "k3_s1_valid" "k3_s2_same_even"
        "k3_s2_same_odd" "k3_s2_valid" "k3_s2x1" "k4_s2_same" "k5_s1_same"
        "k5_s1_valid_w1_first" "k5_s1_valid_w1_second" "k7_s1_valid" "k7_s2_same"
        "n1_1x1_input" "sep_k3" "sep_k3_s2_mult2";
    whole "conv2d_transpose":
        "t_k2_s2_valid" "t_k2x3_dilated" "t_k3_s2_same" "t_k3_s2_valid"
        "t_k3_s3x2_output_padding" "t_k4_s2_same" "t_k4x3_s3x2_same_output_padding"
        "t_k5_s1_same" "t_k5_s2_same_output_padding" "t_k5_s3_valid";
    whole "dense":
        "13_17_relu" "256_10" "3d_input" "7_5_nobias" "batch1";
    described "dropout":
        "dropout_0.0" "dropout_0.25" "dropout_0.5" "dropout_0.9";
    whole "embedding":
        "basic" "masked_average" "masked_lstm" "one_row";
    whole "image":
        "gaussian_narrow" "gaussian_wide" "hog" "hog_rgb" "median_3" "median_5" "median_9"
        "pca" "pca_whiten" "resize_area_down" "resize_bicubic_down" "resize_bicubic_mixed"
        "resize_bicubic_up" "resize_bilinear_down" "resize_bilinear_mixed"
        "resize_bilinear_up" "resize_lanczos3_down" "resize_lanczos3_mixed"
        "resize_lanczos3_up" "resize_nearest_down" "resize_nearest_mixed"
        "resize_nearest_up";
    whole "loss":
        "bce_extreme" "bce_logits" "bce_smooth" "categorical_hinge" "cce_class_weight"
        "cce_extreme" "cce_int" "cce_onehot" "cce_probs" "cce_sample_weight" "cce_smooth"
        "cce_soft" "cce_spatial" "cosine" "focal_binary" "focal_categorical" "hinge" "huber"
        "kl" "log_cosh" "mae" "mse" "mse_sample_weight" "poisson" "squared_hinge";
    whole "merge":
        "add3" "average" "concat_channels" "concat_height" "maximum" "minimum" "multiply"
        "multiply_broadcast" "residual_identity" "residual_projection" "subtract";
    whole "metrics":
        "absent" "all_wrong" "binary_scores" "multilabel" "never_predicted" "numbers"
        "numbers_constant" "numbers_single" "ordinary" "perfect" "ranks" "ranks_absent"
        "ranks_alone" "ranks_alone_right" "ranks_each" "ranks_each_absent" "ranks_no"
        "ranks_single" "ranks_ties" "ranks_two_classes" "ranks_yes" "regression"
        "single_class" "ten_classes" "ties";
    whole "norm":
        "bn1d_eval" "bn1d_running" "bn1d_train" "bn2d_eval" "bn2d_running" "bn2d_train"
        "gn2" "instance_norm" "ln_hwc" "ln_last";
    whole "optimizer":
        "keras_adadelta" "keras_adagrad" "keras_adagrad_weight_decay" "keras_adam"
        "keras_adam_gathered" "keras_adam_global_clipnorm" "keras_adamw" "keras_amsgrad"
        "keras_lion" "keras_momentum" "keras_momentum_cosine_warmup" "keras_nadam"
        "keras_nesterov" "keras_rmsprop" "keras_rmsprop_all" "keras_sgd"
        "keras_sgd_clipnorm_per_tensor" "keras_sgd_clipvalue" "muon" "muon_match_rms"
        "muon_unadjusted" "torch_adadelta" "torch_adagrad" "torch_adam"
        "torch_adam_clipvalue" "torch_adam_sparse_zero_grads" "torch_adam_weight_decay_l2"
        "torch_adamw" "torch_adamw_amsgrad" "torch_adamw_biases_spared" "torch_amsgrad"
        "torch_ema" "torch_ema_every_3" "torch_momentum" "torch_momentum_cosine_warmup"
        "torch_nadam" "torch_nadam_weight_decay" "torch_nesterov" "torch_rmsprop"
        "torch_rmsprop_all" "torch_sgd" "torch_sgd_global_clipnorm"
        "torch_sgd_weight_decay_l2";
    whole "pool":
        "avg1d_4_s2_same" "avg_2x2_s2_odd_same" "avg_2x2_s2_odd_valid" "avg_2x2_s2_valid"
        "avg_3x2_s2x1" "avg_3x3_s1_same" "avg_3x3_s2_overlap_same"
        "avg_3x3_s2_overlap_valid" "gap1d" "gap2d" "gmp1d" "gmp2d" "max1d_2"
        "max1d_3_s1_same" "max_2x2_s2_odd_same" "max_2x2_s2_odd_valid" "max_2x2_s2_valid"
        "max_3x2_s2x1" "max_3x3_s1_same" "max_3x3_s2_overlap_same"
        "max_3x3_s2_overlap_valid" "max_ties";
    whole "position_embedding":
        "learned" "sinusoidal";
    whole "resample":
        "bilinear_2" "bilinear_3x2" "nearest_2";
    whole "rnn":
        "bi_gru_sum_lengths" "bi_lstm_ave_lengths" "bi_lstm_concat" "bi_simple_mul" "gru"
        "gru_backwards" "gru_initial_state" "gru_lengths" "lstm" "lstm_backwards"
        "lstm_backwards_outputs" "lstm_initial_state" "lstm_initial_state_outputs"
        "lstm_lengths" "lstm_lengths_outputs" "lstm_long" "lstm_long_outputs" "lstm_outputs"
        "simple" "simple_backwards" "simple_initial_state" "simple_lengths" "simple_relu";
    described "schedule":
        "cosine" "cosine_restarts" "cosine_warmup" "exponential" "one_cycle" "piecewise"
        "polynomial" "step";
    whole "shape":
        "cropping2d" "flatten" "flip" "permute" "repeat_vector" "reshape" "zero_padding2d";
    whole "table":
        "categories" "categories_2" "dates" "numbers";
    whole "text":
        "bpe_400" "bpe_all_pairs" "bpe_min_count";
    whole "time_distributed":
        "conv2d" "dense";
    whole "trajectory":
        "w1_adam" "w1_sgd" "w2_adam" "w2_sgd";
};

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen_test::wasm_bindgen_test]
fn embedded_goldens() {
    use crate::case::{Case, Outcome};

    // What reads rows and texts is in the module of readers.
    let needs_readers = |path: &str| path.starts_with("table/") || path.starts_with("text/");
    let readers = cfg!(feature = "data");
    for (path, description, tensors) in
        CASES.iter().filter(|case| readers || !needs_readers(case.0))
    {
        let case = Case::parse(description, || Ok(*tensors));
        match case.and_then(|case| crate::run(&case)) {
            Ok(Outcome::Agreed) => {}
            Ok(Outcome::LeftOut(why)) => panic!("{path} was left out: {why}"),
            Err(why) => panic!("{path}: {why}"),
        }
    }
}
