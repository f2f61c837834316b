//! The files that are read and written.

use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use tabgrad::data::{Dataset, Preprocessing, Values};
use tabgrad::formats::idx::{self, Idx};

/// The page's static files.
pub fn public() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("www/public")
}

/// A part of MNIST, `train` or `t10k`, with the preprocessing of digits.
pub fn mnist(part: &str) -> Result<Dataset, Box<dyn Error>> {
    let unpacked = |name: &str| -> Result<Vec<u8>, Box<dyn Error>> {
        let path = public().join(format!("mnist/{part}-{name}.gzip"));
        let packed = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut bytes = Vec::new();
        GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let (images, labels) = (unpacked("images.idx3")?, unpacked("labels.idx1")?);
    Ok(idx::read_dataset(&images, Some(&labels), Vec::new(), Preprocessing::digits())?)
}

/// Writes a file below the page's static files.
pub fn write(name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let path = public().join(name);
    fs::create_dir_all(path.parent().unwrap_or(&path))?;
    fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("{}: {} bytes", path.display(), bytes.len());
    Ok(())
}

/// Writes grey images with their classes as two gzipped IDX files.
pub fn write_samples(name: &str, dataset: &Dataset) -> Result<(), Box<dyn Error>> {
    let [height, width, _] = dataset.inputs()[0].shape() else {
        return Err("expected images".into());
    };
    let mut pixels = Vec::new();
    for index in 0..dataset.len() as u32 {
        if let Values::U8(sample) = dataset.sample(index)? {
            pixels.extend(sample);
        }
    }
    let labels = dataset.labels().ok_or("expected classes")?;
    let labels = labels.iter().map(|&label| u8::try_from(label)).collect::<Result<_, _>>()?;
    let shape = vec![dataset.len(), *height, *width];
    let images = Idx { shape, values: Values::U8(pixels) };
    let labels = Idx { shape: vec![dataset.len()], values: Values::U8(labels) };
    write(&format!("{name}-images.idx3.gzip"), &gzip(&idx::write(&images)?)?)?;
    write(&format!("{name}-labels.idx1.gzip"), &gzip(&idx::write(&labels)?)?)
}

/// Without a name or a time, so that the same bytes come out every time.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
