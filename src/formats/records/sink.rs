//! What records are written to.

use crate::Result;
use crate::formats::source::Source;

/// A file that can be written anywhere and be cut off.
pub trait Sink: Source {
    /// Writes bytes from `offset` on; the file grows as needed.
    ///
    /// # Errors
    /// `Quota` where there is no room, `Storage` where it cannot be written.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<()>;

    /// Cuts it off after so many bytes.
    ///
    /// # Errors
    /// As [`write_at`](Self::write_at).
    fn truncate(&mut self, len: u64) -> Result<()>;

    /// Has everything written to where it stays.
    ///
    /// # Errors
    /// As [`write_at`](Self::write_at).
    fn flush(&mut self) -> Result<()>;
}

impl Sink for Vec<u8> {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        let begin = offset as usize;
        let end = begin + bytes.len();
        if Self::len(self) < end {
            self.resize(end, 0);
        }
        self[begin..end].copy_from_slice(bytes);
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> Result<()> {
        Self::truncate(self, len as usize);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
