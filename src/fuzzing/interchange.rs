//! Models of other systems: what can be read must predict without a panic. And weights alone, for models
//! that there are: all or nothing of a file is taken, and the report says of each tensor what became of it.

use super::model::{is_small, predict};
use crate::Result;
use crate::interchange::{Imported, keras, pytorch, tfjs, weights};
use crate::model::{Model, WeightsReport};

/// Networks with layers of all kinds that weights are turned for.
const IMAGES: &str = r#"{ "inputs": [{ "name": "input", "shape": [8, 10, 2] }], "nodes": [
    { "name": "layer0", "layer": { "type": "conv2d", "filters": 4, "kernelSize": 3, "padding": "same" },
      "inputs": ["input"] },
    { "name": "layer1", "layer": { "type": "batchNormalization" }, "inputs": ["layer0"] },
    { "name": "layer2", "layer": { "type": "prelu", "sharedAxes": [1, 2] }, "inputs": ["layer1"] },
    { "name": "layer3", "layer": { "type": "maxPooling2d" }, "inputs": ["layer2"] },
    { "name": "layer4", "layer": { "type": "depthwiseConv2d", "kernelSize": 3 }, "inputs": ["layer3"] },
    { "name": "layer5", "layer": { "type": "conv2dTranspose", "filters": 3, "kernelSize": 2,
      "strides": 2 }, "inputs": ["layer4"] },
    { "name": "layer6", "layer": { "type": "groupNormalization", "groups": 3 }, "inputs": ["layer5"] },
    { "name": "layer7", "layer": { "type": "flatten" }, "inputs": ["layer6"] },
    { "name": "layer8", "layer": { "type": "dense", "units": 5 }, "inputs": ["layer7"] },
    { "name": "layer9", "layer": { "type": "dense", "units": 3 }, "inputs": ["layer8"] }],
    "outputs": ["layer9"] }"#;
const TEXTS: &str = r#"{ "inputs": [{ "name": "input", "shape": [5] }], "nodes": [
    { "name": "words", "layer": { "type": "embedding", "inputDim": 9, "outputDim": 4 },
      "inputs": ["input"] },
    { "name": "lstm", "layer": { "type": "lstm", "units": 3, "returnSequences": true },
      "inputs": ["words"] },
    { "name": "layer3", "layer": { "type": "bidirectional", "layer": { "type": "gru", "units": 4,
      "returnSequences": true } }, "inputs": ["lstm"] },
    { "name": "layer4", "layer": { "type": "multiHeadAttention", "numHeads": 2, "keyDim": 3 },
      "inputs": ["layer3"] },
    { "name": "layer5", "layer": { "type": "simpleRnn", "units": 3 }, "inputs": ["layer4"] },
    { "name": "head", "layer": { "type": "dense", "units": 2 }, "inputs": ["layer5"] }],
    "outputs": ["head"] }"#;

fn model(spec: &str) -> Model {
    Model::new(serde_json::from_str(spec).expect("a specification")).expect("a model")
}

/// Reads weights into both networks.
fn take_weights(read: impl Fn(&mut Model) -> Result<WeightsReport>) {
    for spec in [IMAGES, TEXTS] {
        let mut model = model(spec);
        let before = [model.weights().to_vec(), model.state().to_vec()];
        match read(&mut model) {
            Err(_) => assert_eq!([model.weights(), model.state()], [&before[0][..], &before[1]]),
            Ok(report) => {
                let mut told = [&report.loaded[..], &report.missing].concat();
                told.extend(report.mismatched.iter().map(|mismatch| mismatch.name.clone()));
                told.sort_unstable();
                let mut names: Vec<_> =
                    model.tensors().iter().map(|slot| slot.name.clone()).collect();
                names.sort_unstable();
                assert_eq!(told, names, "the report tells of each tensor once");
                assert!(
                    model.weights().iter().chain(model.state()).all(|number| number.is_finite())
                );
                predict(&mut model);
            }
        }
    }
}

/// A state dict of PyTorch in safetensors; modules are found by their names and by their order.
pub(super) fn check_pytorch(bytes: &[u8]) {
    take_weights(|model| pytorch::load(model, bytes, &[]));
}

/// Tensors by our names.
pub(super) fn check_safetensors(bytes: &[u8]) {
    take_weights(|model| weights::read_safetensors(model, bytes));
}

/// Arrays of NumPy by our names.
pub(super) fn check_npz(bytes: &[u8]) {
    take_weights(|model| weights::read_npz(model, bytes));
}

fn use_model(imported: Result<Imported>) {
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

    use super::{IMAGES, TEXTS, model};
    use crate::formats::safetensors::{self, ModelInfo};
    use crate::interchange::weights::write_npz;

    /// State dicts that fit.
    pub fn pytorch() -> Vec<Vec<u8>> {
        vec![
            include_bytes!("../../tests/interchange/pytorch/cnn.safetensors").to_vec(),
            include_bytes!("../../tests/interchange/pytorch/text.safetensors").to_vec(),
            include_bytes!("../../tests/interchange/pytorch/mlp-bf16.safetensors").to_vec(),
        ]
    }

    /// The weights of both networks.
    pub fn safetensors() -> Vec<Vec<u8>> {
        let written = |spec| safetensors::write(&model(spec), &ModelInfo::default(), None);
        [IMAGES, TEXTS].map(|spec| written(spec).expect("a file")).to_vec()
    }

    /// The weights of both networks.
    pub fn npz() -> Vec<Vec<u8>> {
        [IMAGES, TEXTS].map(|spec| write_npz(&model(spec)).expect("an archive")).to_vec()
    }

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
