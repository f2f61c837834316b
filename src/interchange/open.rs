//! Sizes of inputs that a file leaves open, and those that are given for them.

use crate::error::OpenInput;
use crate::layers::Shape;
use crate::{Error, ErrorKind, Result, err};

/// The shapes of a sample of each input: those that are `given`, or if none are, those of the file, of the
/// format `of`.
///
/// # Errors
/// `Unsupported` with all inputs (see [`Error::open_inputs`]) if sizes are open and none are given; `Argument`
/// for another number of shapes; `Shape` for one that the file contradicts.
pub fn settle(of: &str, inputs: Vec<OpenInput>, given: &[Shape]) -> Result<Vec<Shape>> {
    if given.is_empty() {
        let shapes = inputs.iter().map(|input| input.shape.iter().copied().collect()).collect();
        return match shapes {
            Some(shapes) => Ok(shapes),
            None => Err(open(of, inputs)),
        };
    }
    if given.len() != inputs.len() {
        let (found, expected) = (given.len(), inputs.len());
        return Err(err!(
            Argument,
            "{of}: found {found} shapes of inputs, expected {expected} or none"
        ));
    }
    let settled = inputs.iter().zip(given).map(|(input, given)| {
        // A sample that is one number has no axes in the file.
        if input.shape.is_empty() {
            return Ok(Shape::new());
        }
        let mut sizes = input.shape.iter().zip(given);
        let fit = sizes.all(|(size, &given)| given > 0 && size.is_none_or(|size| size == given));
        if !fit || input.shape.len() != given.len() {
            return Err(err!(
                Shape,
                "{of}: input \"{}\" was given the shape {given:?}, expected one that fits {} of the file",
                input.name,
                said(&input.shape)
            ));
        }
        Ok(given.clone())
    });
    settled.collect()
}

/// The error that names every input with open sizes.
fn open(of: &str, inputs: Vec<OpenInput>) -> Error {
    let shapes: Vec<String> = inputs
        .iter()
        .filter(|input| input.shape.contains(&None))
        .map(|input| format!("input \"{}\" has the shape {}", input.name, said(&input.shape)))
        .collect();
    let message = format!(
        "{of}: {}, expected sizes: what the file leaves open must be given, for images with the channels last",
        shapes.join(", ")
    );
    Error::new(ErrorKind::Unsupported, message).with_open_inputs(inputs)
}

/// A shape with `?` for what is open.
fn said(shape: &[Option<usize>]) -> String {
    let sizes: Vec<String> =
        shape.iter().map(|size| size.map_or("?".into(), |size| size.to_string())).collect();
    format!("[{}]", sizes.join(", "))
}
