//! `tabgrad convert`: a model from one format to another.

use std::path::Path;

use crate::console::Console;
use crate::failure::Result;
use crate::models;

/// Writes the model of one file to another, in the formats that the names say.
pub fn run(from: &Path, to: &Path, console: Console) -> Result<()> {
    models::check_writable(to)?;
    let mut loaded = models::read(from)?;
    if let Some(compiled) = loaded.compiled() {
        // The state of the optimiser stays behind; what the model was trained by does not.
        models::keep_compiled(&mut loaded.info.extra, &compiled);
    }
    loaded.notes.iter().for_each(|note| console.note(&format!("note: {note}")));
    models::write(to, &loaded.model, &loaded.info)
}
