//! Convolutions, and what else goes over images and sequences by windows.

use super::Made;
use crate::Result;
use crate::interchange::keras::settings::Settings;
use crate::layers::{
    AveragePooling1d, AveragePooling2d, Conv1d, Conv2d, Conv2dTranspose, Cropping2d,
    DepthwiseConv2d, Edges, GlobalAveragePooling1d, GlobalAveragePooling2d, GlobalMaxPooling1d,
    GlobalMaxPooling2d, Interpolation, LayerSpec, MaxPooling1d, MaxPooling2d, Pair, Reshape,
    SeparableConv2d, UpSampling2d, ZeroPadding2d,
};

/// How the sizes of windows are written.
#[derive(Clone, Copy)]
struct Sizes {
    /// Those that must be given.
    given: fn(&Settings<'_>, &str) -> Result<Pair>,
    /// Those that are 1 if they are not given.
    or_one: fn(&Settings<'_>, &str) -> Result<Pair>,
}

/// Two, of images.
const IMAGE: Sizes =
    Sizes { given: pair, or_one: |s, setting| Ok(Pair(s.pair(setting)?.unwrap_or([1; 2]))) };

/// One, of sequences, which are images of one row.
const ROW: Sizes = Sizes {
    given: |s, setting| {
        let found = s.single(setting)?;
        found.map(|size| Pair([1, size])).ok_or_else(|| s.wrong(setting, "a whole number"))
    },
    or_one: |s, setting| Ok(Pair([1, s.single(setting)?.unwrap_or(1)])),
};

/// Two sizes that must be given.
fn pair(s: &Settings<'_>, setting: &str) -> Result<Pair> {
    let found = s.pair(setting)?;
    found.map(Pair).ok_or_else(|| s.wrong(setting, "two whole numbers"))
}

pub fn conv1d(s: &Settings<'_>) -> Result<Made> {
    s.channels_last()?;
    let (activation, after) = s.activation()?;
    let kernel_size = s.single("kernel_size")?.ok_or_else(|| s.wrong("kernel_size", "a size"))?;
    let layer = Conv1d {
        strides: s.single("strides")?.unwrap_or(1),
        padding: s.sequence_padding()?,
        dilation_rate: s.single("dilation_rate")?.unwrap_or(1),
        groups: s.size_or("groups", 1)?,
        use_bias: s.flag_or("use_bias", true)?,
        activation,
        ..Conv1d::new(s.size("filters")?, kernel_size)
    };
    Ok(Made::of(layer, after))
}

pub fn conv2d(s: &Settings<'_>) -> Result<Made> {
    s.channels_last()?;
    let (activation, after) = s.activation()?;
    let layer = Conv2d {
        strides: (IMAGE.or_one)(s, "strides")?,
        padding: s.padding()?,
        dilation_rate: (IMAGE.or_one)(s, "dilation_rate")?,
        groups: s.size_or("groups", 1)?,
        use_bias: s.flag_or("use_bias", true)?,
        activation,
        ..Conv2d::new(s.size("filters")?, pair(s, "kernel_size")?)
    };
    Ok(Made::of(layer, after))
}

fn depthwise(s: &Settings<'_>, sizes: Sizes) -> Result<Made> {
    s.channels_last()?;
    let (activation, after) = s.activation()?;
    let layer = DepthwiseConv2d {
        strides: (sizes.or_one)(s, "strides")?,
        padding: s.padding()?,
        depth_multiplier: s.size_or("depth_multiplier", 1)?,
        dilation_rate: (sizes.or_one)(s, "dilation_rate")?,
        use_bias: s.flag_or("use_bias", true)?,
        activation,
        ..DepthwiseConv2d::new((sizes.given)(s, "kernel_size")?)
    };
    Ok(Made::of(layer, after))
}

pub fn depthwise_conv2d(s: &Settings<'_>) -> Result<Made> {
    depthwise(s, IMAGE)
}

pub fn depthwise_conv1d(s: &Settings<'_>) -> Result<Made> {
    Ok(depthwise(s, ROW)?.row())
}

fn separable(s: &Settings<'_>, sizes: Sizes) -> Result<Made> {
    s.channels_last()?;
    let (activation, after) = s.activation()?;
    let layer = SeparableConv2d {
        strides: (sizes.or_one)(s, "strides")?,
        padding: s.padding()?,
        depth_multiplier: s.size_or("depth_multiplier", 1)?,
        dilation_rate: (sizes.or_one)(s, "dilation_rate")?,
        use_bias: s.flag_or("use_bias", true)?,
        activation,
        ..SeparableConv2d::new(s.size("filters")?, (sizes.given)(s, "kernel_size")?)
    };
    Ok(Made::of(layer, after))
}

pub fn separable_conv2d(s: &Settings<'_>) -> Result<Made> {
    separable(s, IMAGE)
}

pub fn separable_conv1d(s: &Settings<'_>) -> Result<Made> {
    Ok(separable(s, ROW)?.row())
}

fn transposed(s: &Settings<'_>, sizes: Sizes, output_padding: Option<Pair>) -> Result<Made> {
    s.channels_last()?;
    let (activation, after) = s.activation()?;
    let layer = Conv2dTranspose {
        strides: (sizes.or_one)(s, "strides")?,
        padding: s.padding()?,
        output_padding,
        dilation_rate: (sizes.or_one)(s, "dilation_rate")?,
        use_bias: s.flag_or("use_bias", true)?,
        activation,
        ..Conv2dTranspose::new(s.size("filters")?, (sizes.given)(s, "kernel_size")?)
    };
    Ok(Made::of(layer, after))
}

pub fn conv2d_transpose(s: &Settings<'_>) -> Result<Made> {
    transposed(s, IMAGE, s.pair("output_padding")?.map(Pair))
}

pub fn conv1d_transpose(s: &Settings<'_>) -> Result<Made> {
    let output_padding = s.single("output_padding")?.map(|size| Pair([0, size]));
    Ok(transposed(s, ROW, output_padding)?.row())
}

/// A pooling of sequences.
macro_rules! pooling1d {
    ($name:ident, $layer:ident) => {
        pub fn $name(s: &Settings<'_>) -> Result<Made> {
            s.channels_last()?;
            Ok(Made::one($layer {
                pool_size: s.single("pool_size")?.unwrap_or(2),
                strides: s.single("strides")?,
                padding: s.padding()?,
            }))
        }
    };
}

pooling1d!(max_pooling1d, MaxPooling1d);
pooling1d!(average_pooling1d, AveragePooling1d);

/// A pooling of images.
macro_rules! pooling2d {
    ($name:ident, $layer:ident) => {
        pub fn $name(s: &Settings<'_>) -> Result<Made> {
            s.channels_last()?;
            Ok(Made::one($layer {
                pool_size: Pair(s.pair("pool_size")?.unwrap_or([2; 2])),
                strides: s.pair("strides")?.map(Pair),
                padding: s.padding()?,
            }))
        }
    };
}

pooling2d!(max_pooling2d, MaxPooling2d);
pooling2d!(average_pooling2d, AveragePooling2d);

/// A pooling over everything; `kept` is what the axes become that are gone where they are to be kept.
fn global(s: &Settings<'_>, layer: impl Into<LayerSpec>, kept: &[i64]) -> Result<Made> {
    s.channels_last()?;
    let reshape = Reshape { target_shape: kept.to_vec() };
    let keeps = s.flag_or("keepdims", false)?;
    Ok(Made::of(layer, if keeps { vec![reshape.into()] } else { Vec::new() }))
}

pub fn global_average_pooling1d(s: &Settings<'_>) -> Result<Made> {
    global(s, GlobalAveragePooling1d {}, &[1, -1])
}

pub fn global_average_pooling2d(s: &Settings<'_>) -> Result<Made> {
    global(s, GlobalAveragePooling2d {}, &[1, 1, -1])
}

pub fn global_max_pooling1d(s: &Settings<'_>) -> Result<Made> {
    global(s, GlobalMaxPooling1d {}, &[1, -1])
}

pub fn global_max_pooling2d(s: &Settings<'_>) -> Result<Made> {
    global(s, GlobalMaxPooling2d {}, &[1, 1, -1])
}

/// Rows and columns: [[top, bottom], [left, right]], a pair or one for all.
fn edges(s: &Settings<'_>, setting: &str, otherwise: Edges) -> Result<Edges> {
    use crate::json::Json;
    let Some(value) = s.get(setting) else { return Ok(otherwise) };
    Edges::from_json(value).map_err(|_| s.wrong(setting, "[[top, bottom], [left, right]]"))
}

pub fn zero_padding2d(s: &Settings<'_>) -> Result<Made> {
    s.channels_last()?;
    Ok(Made::one(ZeroPadding2d { padding: edges(s, "padding", Edges([[1; 2]; 2]))? }))
}

pub fn cropping2d(s: &Settings<'_>) -> Result<Made> {
    s.channels_last()?;
    Ok(Made::one(Cropping2d { cropping: edges(s, "cropping", Edges([[0; 2]; 2]))? }))
}

pub fn up_sampling2d(s: &Settings<'_>) -> Result<Made> {
    s.channels_last()?;
    let interpolation = match s.get("interpolation").map(|value| value.as_str()) {
        None | Some(Some("nearest")) => Interpolation::Nearest,
        Some(Some("bilinear")) => Interpolation::Bilinear,
        _ => return Err(s.wrong("interpolation", "\"nearest\" or \"bilinear\"")),
    };
    let size = Pair(s.pair("size")?.unwrap_or([2; 2]));
    Ok(Made::one(UpSampling2d { size, interpolation }))
}

/// The front and the end of a sequence.
fn ends(s: &Settings<'_>, setting: &str) -> Result<Edges> {
    Ok(Edges([[0; 2], s.pair(setting)?.unwrap_or([1; 2])]))
}

pub fn zero_padding1d(s: &Settings<'_>) -> Result<Made> {
    s.channels_last()?;
    Ok(Made::one(ZeroPadding2d { padding: ends(s, "padding")? }).row())
}

pub fn cropping1d(s: &Settings<'_>) -> Result<Made> {
    Ok(Made::one(Cropping2d { cropping: ends(s, "cropping")? }).row())
}

pub fn up_sampling1d(s: &Settings<'_>) -> Result<Made> {
    let size = Pair([1, s.single("size")?.unwrap_or(2)]);
    Ok(Made::one(UpSampling2d { size, interpolation: Interpolation::Nearest }).row())
}
