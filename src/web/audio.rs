//! Sounds on their way to samples.

use js_sys::Float32Array;
use wasm_bindgen::prelude::*;

use super::value::{OrThrow, WebResult, floats_of, from_value, object, to_value};
use crate::data::Audio;
use crate::data::preprocessing::AudioEncoder;

/// Turns sounds into the numbers of samples.
#[wasm_bindgen(js_name = AudioEncoder)]
#[derive(Debug)]
pub struct WebAudioEncoder(AudioEncoder);

#[wasm_bindgen(js_class = AudioEncoder)]
impl WebAudioEncoder {
    /// # Errors
    /// What [`AudioEncoder::new`] refuses.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "AudioSpec")] spec: JsValue,
    ) -> WebResult<WebAudioEncoder> {
        AudioEncoder::new(from_value("audio", spec)?).or_throw().map(Self)
    }

    /// The shape of every sound, where the specification fixes its length.
    #[wasm_bindgen(unchecked_return_type = "[number, number, number] | undefined")]
    pub fn shape(&self) -> WebResult<JsValue> {
        self.0.shape().map_or(Ok(JsValue::UNDEFINED), |shape| to_value(&shape))
    }

    /// What a sound of these samples, frame after frame, becomes.
    ///
    /// # Errors
    /// What [`Audio::new`] and [`AudioEncoder::encode`] refuse.
    #[wasm_bindgen(
        unchecked_return_type = "{ data: Float32Array; shape: [number, number, number] }"
    )]
    pub fn encode(
        &mut self,
        samples: &Float32Array,
        channels: u32,
        rate: u32,
    ) -> WebResult<JsValue> {
        let samples = floats_of("the sound", samples)?;
        let sound = Audio::new(rate, channels as usize, samples).or_throw()?;
        let encoded = self.0.encode(&sound).or_throw()?;
        let data = Float32Array::from(encoded.data.as_slice()).into();
        object(&[("data", data), ("shape", to_value(&encoded.shape)?)])
    }
}
