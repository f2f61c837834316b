//! What is told on standard error: notes, and how far a command is.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::shown::shown;

/// How often a terminal is told, and where there is none, a log.
const BAR_EVERY: Duration = Duration::from_millis(100);
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Who is told, and whether at all.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// Nobody wants to hear of anything but errors.
    pub quiet: bool,
}

/// In what progress is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Samples,
    Bytes,
}

impl Console {
    /// A line of its own.
    pub fn note(self, text: &str) {
        if !self.quiet {
            // Where standard error is closed there is nobody to tell.
            let _ = writeln!(io::stderr(), "{}", shown(text));
        }
    }

    /// Progress from `done` to `total`: a bar on a terminal, else a line every few seconds.
    pub fn progress(self, what: &'static str, unit: Unit, done: u64, total: u64) -> Progress {
        let bar = (!self.quiet && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{prefix} {bar:24} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(what);
            bar
        });
        let now = Instant::now();
        Progress { console: self, what, unit, begin: done, total, began: now, told: now, bar }
    }
}

/// Something that takes long.
pub struct Progress {
    console: Console,
    what: &'static str,
    unit: Unit,
    begin: u64,
    total: u64,
    began: Instant,
    told: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// So much is done; `note` is asked for when it is told.
    pub fn set(&mut self, done: u64, note: impl FnOnce() -> String) {
        let every = if self.bar.is_some() { BAR_EVERY } else { LINE_EVERY };
        if self.console.quiet || self.told.elapsed() < every {
            return;
        }
        self.told = Instant::now();
        let status = self.status(done, &note());
        match &self.bar {
            Some(bar) => {
                bar.set_length(self.total.max(done));
                bar.set_position(done);
                bar.set_message(status);
            }
            None => self.console.note(&format!("{} {status}", self.what)),
        }
    }

    /// As much is there to be done, as is known by now.
    pub fn expect(&mut self, total: u64) {
        self.total = total;
    }

    /// A line that stays.
    pub fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(shown(text)),
            None => self.console.note(text),
        }
    }

    /// Takes the bar away.
    pub fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    fn status(&self, done: u64, note: &str) -> String {
        let seconds = self.began.elapsed().as_secs_f64();
        let rate = (done - self.begin.min(done)) as f64 / seconds.max(1e-9);
        let total = self.total.max(done);
        let mut status = match self.unit {
            Unit::Samples => {
                let [done, total] = [done, total].map(grouped);
                format!("{done} of {total}, {} a second", grouped(rate.round() as u64))
            }
            Unit::Bytes => format!("{:.1} of {:.1} MB", done as f64 / 1e6, total as f64 / 1e6),
        };
        if rate > 0.0 && done < total {
            status += &format!(", {} left", duration((total - done) as f64 / rate));
        }
        if !note.is_empty() {
            status += &format!("; {}", shown(note));
        }
        status
    }
}

/// A number with a comma between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seconds as people say them.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_as_people_read_them() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        for (seconds, text) in [(0.2, "1 s"), (60.0, "1 min 0 s"), (7322.0, "2 h 2 min")] {
            assert_eq!(duration(seconds), text);
        }
    }
}
