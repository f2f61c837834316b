//! The one error type of the crate.

use std::fmt;

/// What kind of thing went wrong; JavaScript sees it as `error.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Shapes of tensors or layers do not fit each other.
    Shape,
    /// An argument or attribute has a value that is not allowed.
    Argument,
    /// Data (pixels, labels, weights) hold something that is not allowed, such as NaN.
    Data,
    /// A file or byte string is not what it should be.
    Format,
    /// What was asked for exists but is not offered here.
    Unsupported,
    /// The loss or a gradient is not finite.
    Diverged,
    /// A name (layer, parameter, metric) is not there.
    NotFound,
    /// More memory than can be had, or than the limit allows.
    TooLarge,
    /// What keeps bytes cannot be read or written.
    Storage,
    /// What keeps bytes is full.
    Quota,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Shape,
        Self::Argument,
        Self::Data,
        Self::Format,
        Self::Unsupported,
        Self::Diverged,
        Self::NotFound,
        Self::TooLarge,
        Self::Storage,
        Self::Quota,
    ];

    /// The code that JavaScript sees.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Argument => "argument",
            Self::Data => "data",
            Self::Format => "format",
            Self::Unsupported => "unsupported",
            Self::Diverged => "diverged",
            Self::NotFound => "notFound",
            Self::TooLarge => "tooLarge",
            Self::Storage => "storage",
            Self::Quota => "quota",
        }
    }
}

/// An error whose message names the thing, what was found and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    /// The layer at which it arose, where there is one.
    layer: Option<String>,
    /// The inputs of a file that leaves sizes of them open, where it is about those.
    open_inputs: Vec<OpenInput>,
}

/// An input of a model's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenInput {
    /// What the file calls it.
    pub name: String,
    /// The shape of a sample, for images with the channels last; `None` where the file leaves a size open.
    pub shape: Vec<Option<usize>>,
}

/// A result of the crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of this kind. Build it with the macro [`err!`](crate::err).
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), layer: None, open_inputs: Vec::new() }
    }

    /// The same error, said to have arisen at this layer.
    #[must_use]
    pub fn at_layer(mut self, name: &str) -> Self {
        self.layer.get_or_insert_with(|| name.to_owned());
        self
    }

    /// The same error, said to be about sizes that a file leaves open.
    #[must_use]
    pub fn with_open_inputs(mut self, inputs: Vec<OpenInput>) -> Self {
        self.open_inputs = inputs;
        self
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The layer at which it arose, where there is one.
    pub fn layer(&self) -> Option<&str> {
        self.layer.as_deref()
    }

    /// All inputs of a file that leaves sizes of them open, in its order, where that is the error; else none.
    pub fn open_inputs(&self) -> &[OpenInput] {
        &self.open_inputs
    }

    /// The message without the layer's name.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.layer {
            Some(layer) => write!(f, "layer \"{layer}\": {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Error {}

/// `err!(Shape, "conv2d: input has rank {}, expected 3", rank)` makes an [`Error`].
#[macro_export]
macro_rules! err {
    ($kind:ident, $($arg:tt)*) => {
        $crate::Error::new($crate::ErrorKind::$kind, format!($($arg)*))
    };
}
