//! Dates of birth as written: reading them, and telling a real one from a placeholder.
//!
//! Knows no clock: a date is judged by the calendar and by what people type when they do not know it.

/// A calendar date that may be somebody's birthday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Birth {
    /// 1901 or later.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to the length of the month.
    pub day: u8,
}

/// Why a text is no date of birth that can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// Nothing was entered, or words such as "unknown".
    Missing,
    /// Not a date of the calendar, such as 30 February.
    Impossible,
    /// A date that stands for "unknown", such as 1 January 1900.
    Placeholder,
}

impl Birth {
    /// Reads ISO dates (with or without a time behind them) and British ones, day first.
    pub fn parse(written: &str) -> Result<Self, Flaw> {
        let text = written.trim();
        if !text.bytes().any(|b| b.is_ascii_digit()) {
            return Err(Flaw::Missing);
        }
        let (year, month, day) = numbers(text).ok_or(Flaw::Impossible)?;
        if month == 0 || day == 0 || month > 12 || day > days_in(year, month) || year > 2199 {
            return Err(if year == 0 || (month == 0 && day == 0) {
                Flaw::Placeholder
            } else {
                Flaw::Impossible
            });
        }
        if year <= 1900 || matches!((year, month, day), (1901 | 1970 | 2099, 1, 1) | (2099, 12, 31)) {
            return Err(Flaw::Placeholder);
        }
        Ok(Self { year, month, day })
    }

    /// 1 January: the birthday agreed on where only the year is known. It may be real.
    pub fn is_new_year(self) -> bool {
        self.month == 1 && self.day == 1
    }

    /// Year, month and day as eight decimal digits, four bits each.
    pub fn packed(self) -> u32 {
        let two = |n: u8| (u32::from(n) / 10) << 4 | (u32::from(n) % 10);
        let year = u32::from(self.year);
        let year = (year / 1000) << 12 | (year / 100 % 10) << 8 | (year / 10 % 10) << 4 | (year % 10);
        year << 16 | two(self.month) << 8 | two(self.day)
    }

    /// Days since a day long ago; only differences mean anything.
    pub fn day_number(self) -> i32 {
        let (year, month) = (i32::from(self.year), i32::from(self.month));
        let shifted = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
        let (y, m) = shifted;
        365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + i32::from(self.day)
    }

    /// "4 March 1938".
    pub fn words(self) -> String {
        let month = MONTHS.get(usize::from(self.month).saturating_sub(1)).copied().unwrap_or("");
        format!("{} {month} {}", self.day, self.year)
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn numbers(text: &str) -> Option<(u16, u8, u8)> {
    if let [_, _, _, _, b'-', _, _, b'-', _, _] = text.as_bytes() {
        return Some((
            text.get(..4)?.parse().ok()?,
            text.get(5..7)?.parse().ok()?,
            text.get(8..)?.parse().ok()?,
        ));
    }
    let date = text.split(['T', ' ']).next().unwrap_or(text);
    let date = if date.contains(['-', '/', '.']) || date.len() == 8 { date } else { text };
    if date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()) {
        return Some((
            date.get(..4)?.parse().ok()?,
            date.get(4..6)?.parse().ok()?,
            date.get(6..)?.parse().ok()?,
        ));
    }
    let parts: Vec<&str> = date.split(['-', '/', '.', ' ']).filter(|part| !part.is_empty()).collect();
    let [one, two, three] = parts.as_slice() else { return None };
    if one.len() == 4 {
        Some((one.parse().ok()?, month_number(two)?, three.parse().ok()?))
    } else if three.len() == 4 {
        Some((three.parse().ok()?, month_number(two)?, one.parse().ok()?))
    } else {
        None
    }
}

fn month_number(text: &str) -> Option<u8> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let text = text.to_ascii_lowercase();
    let known = |name: &str| text.len() >= 3 && name.to_ascii_lowercase().starts_with(&text);
    MONTHS.iter().zip(1..).find_map(|(name, number)| known(name).then_some(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_written() {
        let day = Birth { year: 1938, month: 3, day: 4 };
        for written in [
            "1938-03-04",
            " 1938-03-04 ",
            "1938-03-04T00:00:00Z",
            "1938-03-04 00:00",
            "04/03/1938",
            "4.3.1938",
            "04-03-1938",
            "1938/03/04",
            "19380304",
            "4 March 1938",
            "04 Mar 1938",
            "4-mar-1938",
        ] {
            assert_eq!(Birth::parse(written), Ok(day), "{written}");
        }
        assert_eq!(day.words(), "4 March 1938");
        assert_eq!(day.packed(), 0x1938_0304);
    }

    #[test]
    fn what_is_no_birthday_says_why() {
        for (written, flaw) in [
            ("", Flaw::Missing),
            ("unknown", Flaw::Missing),
            ("1939-02-30", Flaw::Impossible),
            ("1900-02-29", Flaw::Impossible),
            ("1938-13-01", Flaw::Impossible),
            ("38-03-04", Flaw::Impossible),
            ("03/1938", Flaw::Impossible),
            ("1900-01-01", Flaw::Placeholder),
            ("1899-12-30", Flaw::Placeholder),
            ("1970-01-01", Flaw::Placeholder),
            ("0001-01-01", Flaw::Placeholder),
            ("0000-00-00", Flaw::Placeholder),
        ] {
            assert_eq!(Birth::parse(written), Err(flaw), "{written}");
        }
        assert!(Birth::parse("1940-01-01").is_ok_and(Birth::is_new_year));
    }

    #[test]
    fn days_are_counted_across_years() {
        let number = |text| Birth::parse(text).unwrap().day_number();
        assert_eq!(number("1940-03-01") - number("1940-02-28"), 2);
        assert_eq!(number("1941-01-01") - number("1940-12-31"), 1);
    }
}
