//! Files that hold files.

use std::mem::take;

use super::arrange::stem;
use super::format::format_of;
use super::{Import, Kept, Work};
use crate::formats::Kind;
use crate::formats::archive::{self, Limits};
use crate::formats::records::Sink;
use crate::formats::source::Source;
use crate::{Result, err};

impl<S: Sink> Import<S> {
    pub(super) fn open_archive(&mut self, path: &str, source: Box<dyn Source>) -> Result<()> {
        match archive::open(source, Limits::default()) {
            Ok(archive) => {
                // It is a folder like any.
                let path = format!("{}/", stem(path));
                self.work = Work::Archive { path, archive, content: Vec::new() };
                Ok(())
            }
            Err(error) => {
                let leaf = self.leaves.begin(path, None);
                self.refuse(leaf, &error)
            }
        }
    }

    /// A file of an archive.
    pub(super) fn entry(
        &mut self,
        path: &str,
        read: Result<()>,
        content: &mut Vec<u8>,
    ) -> Result<()> {
        if self.skip(path)? {
            return Ok(());
        }
        let format = format_of(&mut content.as_slice());
        let leaf = self.leaves.begin(path, format.as_ref().ok().copied());
        if let Err(error) = read {
            return self.refuse(leaf, &error);
        }
        match format {
            Ok(format) if format.kind == Kind::Image => self.picture(leaf, content),
            Ok(format) if format.kind == Kind::Archive => {
                let error =
                    err!(Unsupported, "found an archive within an archive; unpack it first");
                self.refuse(leaf, &error)
            }
            Ok(format) if format.kind == Kind::Packed => {
                let bytes = Source::len(content);
                self.packed(leaf, Box::new(take(content)), bytes)
            }
            Ok(_) => {
                let bytes = Source::len(content);
                self.keep(leaf, Kept { packed: false, source: Box::new(take(content)) }, bytes)
            }
            Err(error) => self.unknown(leaf, Box::new(take(content)), error),
        }
    }
}
