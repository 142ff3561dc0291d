//! One appointment as an iCalendar file (RFC 5545). Pure. Times are instants in UTC, which every calendar shows in its
//! own zone, on the days too on which clocks change. Nothing of what is done stands in it: calendars are shared.

use chrono::NaiveDateTime;

pub struct Entry<'e> {
    /// Stays the same when the appointment is moved, so that a calendar moves its entry.
    pub number: &'e str,
    pub version: i64,
    pub organisation: &'e str,
    pub phone: &'e str,
    pub starts_at: NaiveDateTime,
    pub ends_at: NaiveDateTime,
    pub now: NaiveDateTime,
}

pub fn file(entry: &Entry<'_>) -> String {
    let at = |moment: NaiveDateTime| moment.format("%Y%m%dT%H%M%SZ").to_string();
    let with = escaped(&format!("Appointment with {}", entry.organisation));
    let words = escaped(&format!(
        "We come to you within these hours. If something comes up, ring {} on {}.",
        entry.organisation, entry.phone
    ));
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Kinbridge//Appointments//EN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@kinbridge", entry.number),
        format!("SEQUENCE:{}", entry.version),
        format!("DTSTAMP:{}", at(entry.now)),
        format!("DTSTART:{}", at(entry.starts_at)),
        format!("DTEND:{}", at(entry.ends_at)),
        format!("SUMMARY:{with}"),
        format!("DESCRIPTION:{words}"),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    lines.iter().map(|line| folded(line)).collect()
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,");
    text.split(['\r', '\n']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\\n")
}

/// Octets of a line.
const LONGEST: usize = 75;

/// A line with its end; a long one goes on in the next after a space, and no letter is cut in two.
fn folded(line: &str) -> String {
    let (mut all, mut length) = (String::new(), 0);
    for letter in line.chars() {
        if length + letter.len_utf8() > LONGEST {
            all.push_str("\r\n ");
            length = 1;
        }
        all.push(letter);
        length += letter.len_utf8();
    }
    all.push_str("\r\n");
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_appointment_becomes_one_entry_at_the_right_instant() {
        let at = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        let file = file(&Entry {
            number: "apt_1",
            version: 3,
            organisation: "Müller, Sons; Daughters & a very long name that has to go on in another line",
            phone: "01423 496000",
            starts_at: at("2026-07-06T06:00:00"),
            ends_at: at("2026-07-06T08:00:00"),
            now: at("2026-07-01T09:00:00"),
        });
        for line in [
            "UID:apt_1@kinbridge\r\n",
            "SEQUENCE:3\r\n",
            "DTSTART:20260706T060000Z\r\n",
            "DTEND:20260706T080000Z\r\n",
        ] {
            assert!(file.contains(line), "{file}");
        }
        assert!(file.lines().all(|line| line.len() <= LONGEST), "{file}");
        let whole = file.replace("\r\n ", "");
        assert!(
            whole.contains("SUMMARY:Appointment with Müller\\, Sons\\; Daughters & a very long name"),
            "{whole}"
        );
        assert!(file.starts_with("BEGIN:VCALENDAR\r\n") && file.ends_with("END:VCALENDAR\r\n"));
    }
}
