//! Models of other systems: what can be read must predict without a panic.

use super::model::{is_small, predict};
use crate::interchange::{Imported, keras, tfjs};

fn use_model(imported: crate::Result<Imported>) {
    if let Ok(Imported { mut model, .. }) = imported
        && is_small(model.graph())
    {
        predict(&mut model);
    }
}

/// A file of Keras; JSON is a configuration, whose weights are zeros.
pub(super) fn check_keras(bytes: &[u8]) {
    if bytes.starts_with(b"{") {
        use_model(keras::check::read(bytes));
    } else {
        use_model(keras::read(bytes, &[]));
    }
}

/// `model.json` up to the first zero, behind it the only file of weights.
pub(super) fn check_tfjs(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |&byte| byte == 0);
    let (model, weights) = (parts.next().unwrap_or(&[]), parts.next().unwrap_or(&[]));
    use_model(tfjs::read(model, &[("weights.bin", weights)], &[]));
}

/// Small files for tests.
#[cfg(test)]
pub(super) mod examples {
    use std::io::Read;

    use flate2::read::GzDecoder;

    /// A file, and configurations of several networks.
    pub fn keras() -> Vec<Vec<u8>> {
        let mut whole = Vec::new();
        let packed = include_bytes!("../../tests/interchange/keras/text.h5.gz");
        GzDecoder::new(&packed[..]).read_to_end(&mut whole).expect("a gzip file");
        let networks: &[&str] = &[
            r#"{"class_name":"Sequential","config":{"name":"s","layers":[
                {"class_name":"InputLayer","config":{"batch_shape":[null,6,5,2],"name":"i"}},
                {"class_name":"Conv2D","config":{"name":"c","filters":2,"kernel_size":[3,2],
                    "padding":"same","activation":"leaky_relu"}},
                {"class_name":"BatchNormalization","config":{"name":"b","axis":-1}},
                {"class_name":"Flatten","config":{"name":"f"}},
                {"class_name":"Dense","config":{"name":"d","units":3,"activation":"softmax"}}]}}"#,
            r#"{"class_name":"Functional","config":{"name":"m","layers":[
                {"class_name":"InputLayer","config":{"batch_input_shape":[null,4],"name":"a"},
                    "name":"a","inbound_nodes":[]},
                {"class_name":"Dense","config":{"name":"d","units":4},"name":"d",
                    "inbound_nodes":[[["a",0,0,{}]],[["d",0,0,{}]]]},
                {"class_name":"Add","config":{"name":"s"},"name":"s","inbound_nodes":[
                    {"args":[[{"class_name":"__keras_tensor__","config":{"keras_history":["d",1,0]}},
                    {"class_name":"__keras_tensor__","config":{"keras_history":["a",0,0]}}]],
                    "kwargs":{}}]}],
                "input_layers":[["a",0,0]],"output_layers":[["s",0,0]]}}"#,
            r#"{"class_name":"Sequential","config":[
                {"class_name":"Embedding","config":{"name":"e","input_dim":5,"output_dim":2,
                    "mask_zero":true,"batch_input_shape":[null,3]}},
                {"class_name":"Bidirectional","config":{"name":"b","merge_mode":"concat",
                    "layer":{"class_name":"LSTM","config":{"name":"l","units":2,
                    "recurrent_activation":"hard_sigmoid","return_sequences":true}}}},
                {"class_name":"TimeDistributed","config":{"name":"t","layer":
                    {"class_name":"Dense","config":{"name":"d","units":2}}}}]}"#,
        ];
        let mut examples: Vec<Vec<u8>> =
            networks.iter().map(|json| json.as_bytes().to_vec()).collect();
        examples.push(whole);
        examples
    }

    /// A model with its weights.
    pub fn tfjs() -> Vec<Vec<u8>> {
        let mut model = br#"{"format":"layers-model","modelTopology":{"class_name":"Sequential","config":
            {"name":"s","layers":[{"class_name":"Dense","config":{"name":"d","units":2,
            "batch_input_shape":[null,3]}}]},"keras_version":"tfjs-layers 4.22.0"},"weightsManifest":[
            {"paths":["weights.bin"],"weights":[{"name":"d/kernel","shape":[3,2],"dtype":"float32",
            "quantization":{"dtype":"uint8","scale":0.5,"min":-1}},
            {"name":"d/bias","shape":[2],"dtype":"float32"}]}]}"#
            .to_vec();
        model.push(0);
        model.extend(0..14);
        vec![model]
    }
}
