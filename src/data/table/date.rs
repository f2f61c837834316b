//! Dates as milliseconds since the first of January 1970, and their parts. Times have no zone unless
//! it is written with them: what is written is what counts.
//!
//! Read are `2024-02-29`, `2024/2/29`, `29.2.2024`, `2/29/2024` (or `29/2/2024`, by the column),
//! `29 Feb 2024`, `29-Feb-2024` and `February 29, 2024`; after any of them, behind a space or a `T`,
//! a time `13:05`, `13:05:59` or `13:05:59.123`, `am` or `pm`, and a zone, `Z` or `+01:00`.
//! Days are counted by the Gregorian calendar, also before it came.

/// Milliseconds of a day.
pub const DAY: f64 = 86_400_000.0;

/// What JavaScript's dates can be.
const MOST: f64 = 8.64e15;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Whether this may be a date.
pub(crate) fn in_range(milliseconds: f64) -> bool {
    (-MOST..=MOST).contains(&milliseconds)
}

/// The parts of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// By the Gregorian calendar.
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    /// 0 is Monday.
    pub weekday: u32,
    /// 1 is the first of January.
    pub day_of_year: u32,
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
}

impl Parts {
    /// Of a date that is finite.
    pub fn new(milliseconds: f64) -> Self {
        let days = (milliseconds / DAY).floor();
        let minutes = ((milliseconds - days * DAY) / 60_000.0) as u32;
        let days = days as i64;
        let (year, month, day) = civil(days);
        Self {
            year,
            month,
            day,
            weekday: (days + 3).rem_euclid(7) as u32,
            day_of_year: (days - days_from_civil(year, 1, 1)) as u32 + 1,
            hour: minutes / 60,
            minute: minutes % 60,
        }
    }
}

/// Days from the first of January 1970 (Hinnant: chrono-compatible low-level date algorithms, 2013).
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    // Years begin in March, so that leap days end them.
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * i64::from((month + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of so many days after the first of January 1970.
fn civil(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * from_march + 2) / 5 + 1) as u32;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The date that a text is, in milliseconds since 1970; `None` if it is none.
pub fn parse(text: &str, day_first: bool) -> Option<f64> {
    let (day, rest) = date(text, day_first)?;
    let milliseconds = if rest.is_empty() { 0.0 } else { time(rest)? };
    Some(day as f64 * DAY + milliseconds)
}

/// Whether a text is a date of three numbers between slashes whose first cannot be a month; `None`
/// for other texts, and where both could be.
pub(super) fn has_day_first(text: &str) -> Option<bool> {
    let (first, rest) = digits(text, 2)?;
    let (second, _) = digits(rest.strip_prefix('/')?, 2)?;
    match (first > 12, second > 12) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// The number of up to `most` (at most 9) digits at the beginning, and what follows.
fn digits(text: &str, most: usize) -> Option<(u32, &str)> {
    let mut digits = text.bytes().take(most).take_while(u8::is_ascii_digit);
    let first = digits.next()?;
    let (mut count, mut number) = (1, u32::from(first - b'0'));
    for digit in digits {
        (count, number) = (count + 1, 10 * number + u32::from(digit - b'0'));
    }
    Some((number, &text[count..]))
}

/// The month whose name or its first three letters stand at the beginning, and what follows.
fn month_name(text: &str) -> Option<(u32, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    // Most dates are digits.
    if count < 3 {
        return None;
    }
    let (name, rest) = text.split_at(count);
    let is =
        |month: &str| name.eq_ignore_ascii_case(month) || name.eq_ignore_ascii_case(&month[..3]);
    let month = (1..).zip(MONTHS).find(|(_, month)| is(month))?.0;
    Some((month, rest.strip_prefix('.').unwrap_or(rest)))
}

/// Days since 1970 of the date at the beginning, and what follows.
fn date(text: &str, day_first: bool) -> Option<(i64, &str)> {
    if let Some((month, rest)) = month_name(text) {
        let (day, rest) = digits(rest.trim_start(), 2)?;
        let (year, rest) = digits(rest.trim_start_matches([',', ' ']), 4)?;
        return Some((checked(year, month, day)?, rest));
    }
    let year_first = text.bytes().take_while(u8::is_ascii_digit).count() == 4;
    let (first, rest) = digits(text, if year_first { 4 } else { 2 })?;
    let mark = rest.chars().next()?;
    if year_first {
        if !matches!(mark, '-' | '/' | '.') {
            return None;
        }
        let (month, rest) = digits(&rest[1..], 2)?;
        let (day, rest) = digits(rest.strip_prefix(mark)?, 2)?;
        return Some((checked(first, month, day)?, rest));
    }
    let after = rest.strip_prefix(['-', ' ', '.']).map(str::trim_start);
    let named = after.and_then(month_name);
    if let Some((month, rest)) = named {
        let (year, rest) = digits(rest.trim_start_matches(['-', ' ', ',']), 4)?;
        return Some((checked(year, month, first)?, rest));
    }
    if !matches!(mark, '/' | '.' | '-') {
        return None;
    }
    let (second, rest) = digits(&rest[1..], 2)?;
    let (year, rest) = digits(rest.strip_prefix(mark)?, 4)?;
    let day_first = day_first || mark == '.';
    let (day, month) = if day_first { (first, second) } else { (second, first) };
    Some((checked(year, month, day)?, rest))
}

/// Years of two digits are not read: nobody could say of which century.
fn checked(year: u32, month: u32, day: u32) -> Option<i64> {
    if year < 1000 || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let days = days_from_civil(year.into(), month, day);
    (civil(days) == (year.into(), month, day)).then_some(days)
}

/// Milliseconds of the time of day that a text is, less its zone's.
fn time(text: &str) -> Option<f64> {
    let text = text.strip_prefix(['T', 't', ' '])?.trim_start();
    let (mut hour, rest) = digits(text, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => digits(rest, 2)?,
        None => (0, rest),
    };
    let (fraction, rest) = match rest.strip_prefix(['.', ',']) {
        Some(rest) => {
            let count = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, after) = rest.split_at(count);
            (format!("0.{fraction}").parse::<f64>().ok()?, after)
        }
        None => (0.0, rest),
    };
    let mut rest = rest.trim_start();
    for (half, hours) in [("am", 0), ("pm", 12)] {
        if let Some((found, after)) = rest.split_at_checked(2)
            && found.eq_ignore_ascii_case(half)
            && (1..=12).contains(&hour)
        {
            (hour, rest) = (hour % 12 + hours, after);
            break;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let zone = zone(rest)?;
    let seconds = f64::from((hour * 60 + minute) * 60 + second) - f64::from(zone) * 60.0;
    Some(seconds * 1000.0 + (fraction * 1000.0).floor())
}

/// Minutes that a zone is ahead.
fn zone(text: &str) -> Option<i32> {
    if matches!(text, "" | "Z" | "z" | "UTC" | "GMT") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, rest) = digits(&text[1..], 2)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let (minutes, rest) = if rest.is_empty() { (0, rest) } else { digits(rest, 2)? };
    let inside = rest.is_empty() && hours < 24 && minutes < 60;
    inside.then_some(sign * (hours * 60 + minutes).cast_signed())
}
