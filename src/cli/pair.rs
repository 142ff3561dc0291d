//! `kinbridge pair`: the pairing engine on two CSV files, for trying it out and measuring it.
//!
//! Reads and writes text; every decision is the engine's.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::domain::pairing::matching::{self, Decisions, Kind, Outcome, Reason, Record, System};

/// Two lists of people to pair.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system that the other list comes from
    #[arg(long, value_enum)]
    system: SystemName,
    /// Whether the lists hold residents and clients, or staff
    #[arg(long, value_enum)]
    kind: KindName,
    /// Our list: id, first_name, last_name and what else the system compares
    #[arg(long, value_name = "FILE")]
    ours: PathBuf,
    /// Their list: external_id, first_name, last_name and what else the system sends
    #[arg(long, value_name = "FILE")]
    theirs: PathBuf,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum SystemName {
    Nourish,
    Kareinn,
    Pcs,
    Fhir,
    Ensora,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum KindName {
    People,
    Staff,
}

impl From<SystemName> for System {
    fn from(name: SystemName) -> Self {
        match name {
            SystemName::Nourish => Self::Nourish,
            SystemName::Kareinn => Self::KareInn,
            SystemName::Pcs => Self::Pcs,
            SystemName::Fhir => Self::Fhir,
            SystemName::Ensora => Self::Ensora,
        }
    }
}

impl From<KindName> for Kind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::People => Self::People,
            KindName::Staff => Self::Staff,
        }
    }
}

/// Pairs the two files onto standard output. Exit code 2 and one line on standard error if a file is wrong.
pub fn run(args: &Args) -> ExitCode {
    let (system, kind) = (args.system.into(), args.kind.into());
    let lists = read(&args.ours, &Layout::ours(system, kind))
        .and_then(|ours| Ok((ours, read(&args.theirs, &Layout::theirs(system, kind))?)));
    let (ours, theirs) = match lists {
        Ok(lists) => lists,
        Err(wrong) => return refuse(&wrong),
    };
    let outcome = matching::pair(system, kind, &ours, &theirs, &Decisions::default());
    match write(&outcome, &ours, &theirs) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => refuse(&Wrong::Output(error)),
    }
}

fn refuse(wrong: &Wrong) -> ExitCode {
    // Nothing is left to tell it to when standard error is closed.
    let _ = writeln!(io::stderr(), "kinbridge pair: {wrong}");
    ExitCode::from(2)
}

/// Why a file cannot be used: the file, the line where there is one, and what to do.
enum Wrong {
    File { file: PathBuf, problem: String },
    Line { file: PathBuf, line: u64, problem: String },
    Output(io::Error),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, problem } => write!(f, "{}: {problem}", file.display()),
            Self::Line { file, line, problem } => write!(f, "{}, line {line}: {problem}", file.display()),
            Self::Output(error) => write!(f, "The result could not be written ({error}). Is the disk full?"),
        }
    }
}

/// The columns of a list.
struct Layout {
    id: &'static str,
    needed: Vec<&'static str>,
    /// Read where present.
    welcome: Vec<&'static str>,
}

impl Layout {
    fn ours(system: System, kind: Kind) -> Self {
        let mut layout = Self::shared("id", system, kind);
        let place = match (system, kind) {
            (System::Ensora, Kind::People) => "agency",
            (_, Kind::People) => "zone",
            (_, Kind::Staff) => "site",
        };
        layout.needed.push(place);
        layout
    }

    fn theirs(system: System, kind: Kind) -> Self {
        let mut layout = Self::shared("external_id", system, kind);
        match (system, kind) {
            (System::Ensora, _) | (_, Kind::Staff) => layout.needed.push("site"),
            (System::Nourish, Kind::People) => layout.needed.extend(["service", "resident_type", "status"]),
            (_, Kind::People) => layout.needed.push("service"),
        }
        layout
    }

    fn shared(id: &'static str, system: System, kind: Kind) -> Self {
        let mut needed = vec![id, "first_name", "last_name"];
        match (system, kind) {
            (_, Kind::Staff) => needed.push("email"),
            (System::Ensora, Kind::People) => needed.push("dob"),
            // Nobody can name the last one here: its people are not read.
            (System::Pcs | System::Fhir | System::AllyHealth, Kind::People) => needed.push("room"),
            (System::Nourish | System::KareInn, Kind::People) => needed.extend(["dob", "nhs_number", "room"]),
        }
        let welcome =
            vec!["known_as", "dob", "nhs_number", "room", "email", "resident_type", "status", "archived"];
        Self { id, needed, welcome }
    }
}

/// Longer values are no name, number or address, but a quotation mark that was never closed.
const LONGEST_VALUE: usize = 1_000;

fn read(file: &Path, layout: &Layout) -> Result<Vec<Record>, Wrong> {
    let whole = |problem: String| Wrong::File { file: file.to_owned(), problem };
    let bytes = fs::read(file).map_err(|error| whole(unreadable(&error)))?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(whole("is saved as UTF-16. Save it as \"CSV UTF-8\" and try again.".to_owned()));
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader.byte_headers().map_err(|error| whole(format!("is not CSV ({error}).")))?.clone();
    let columns = Columns::find(&header, layout).map_err(&whole)?;
    let mut records = Vec::with_capacity(bytes.len() / 60);
    let mut lines: HashMap<String, u64> = HashMap::with_capacity(bytes.len() / 60);
    let mut row = csv::ByteRecord::new();
    loop {
        let line = reader.position().line();
        let wrong = |problem: String| Wrong::Line { file: file.to_owned(), line, problem };
        match reader.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => return Ok(records),
            Err(error) => return Err(wrong(format!("is not CSV ({error})."))),
        }
        let line = row.position().map_or(line, csv::Position::line);
        let wrong = |problem: String| Wrong::Line { file: file.to_owned(), line, problem };
        if row.len() != header.len() {
            let (has, expected) = (row.len(), header.len());
            return Err(wrong(format!(
                "has {has} values where the header has {expected}. Put values that hold a comma in quotation marks."
            )));
        }
        let record = columns.record(&row).map_err(&wrong)?;
        if record.key.is_empty() {
            return Err(wrong(format!("has no {}. Give every row its own.", layout.id)));
        }
        if let Some(earlier) = lines.insert(record.key.clone(), line) {
            let (id, key) = (layout.id, shown(&record.key));
            return Err(wrong(format!(
                "has the {id} {key}, which line {earlier} has too. Remove one or give it another."
            )));
        }
        records.push(record);
    }
}

fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "is not there. Check the path.".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by you. Check its permissions.".to_owned(),
        io::ErrorKind::IsADirectory => "is a folder. Give the CSV file in it.".to_owned(),
        _ => format!("cannot be read ({error})."),
    }
}

/// Where each column stands.
struct Columns {
    id: usize,
    at: HashMap<&'static str, usize>,
}

const PLACES: [&str; 5] = ["zone", "service", "agency", "site", "home"];

impl Columns {
    fn find(header: &csv::ByteRecord, layout: &Layout) -> Result<Self, String> {
        if header.iter().all(<[u8]>::is_empty) {
            return Err(format!(
                "is empty. Its first line must name the columns: {}.",
                layout.needed.join(",")
            ));
        }
        let mut names = Vec::new();
        for name in header {
            let name = std::str::from_utf8(name).map_err(not_utf8)?;
            if name.contains('\0') {
                return Err("line 1 holds a NUL character. Save the file as \"CSV UTF-8\".".to_owned());
            }
            names.push(name.trim().to_lowercase());
        }
        let mut at = HashMap::new();
        for column in layout.needed.iter().chain(&layout.welcome) {
            let mut places = names.iter().enumerate().filter(|(_, name)| name == column);
            if let Some((place, _)) = places.next() {
                at.insert(*column, place);
            }
            if places.next().is_some() {
                return Err(format!("line 1 names the column {column} twice. Remove one."));
            }
        }
        let missing: Vec<&str> =
            layout.needed.iter().copied().filter(|column| !at.contains_key(column)).collect();
        match at.get(layout.id).copied() {
            Some(id) if missing.is_empty() => Ok(Self { id, at }),
            _ => Err(format!(
                "line 1 has no column {}. Add it (empty where nothing is known); needed are {}.",
                missing.join(", "),
                layout.needed.join(",")
            )),
        }
    }

    fn record(&self, row: &csv::ByteRecord) -> Result<Record, String> {
        let at = |place: usize| -> Result<String, String> {
            let bytes = row.get(place).unwrap_or_default();
            if bytes.len() > LONGEST_VALUE {
                return Err(format!(
                    "has a value of {} bytes. Look for a quotation mark that is not closed.",
                    bytes.len()
                ));
            }
            let text = std::str::from_utf8(bytes).map_err(not_utf8)?;
            if text.contains('\0') {
                return Err("holds a NUL character. Save the file as \"CSV UTF-8\".".to_owned());
            }
            Ok(text.to_owned())
        };
        let named = |column: &str| self.at.get(column).map_or(Ok(String::new()), |place| at(*place));
        let place = PLACES.iter().find(|column| self.at.contains_key(*column)).copied().unwrap_or("site");
        Ok(Record {
            key: at(self.id)?.trim().to_owned(),
            first_name: named("first_name")?,
            last_name: named("last_name")?,
            known_as: Some(named("known_as")?).filter(|name| !name.trim().is_empty()),
            date_of_birth: named("dob")?,
            nhs_number: named("nhs_number")?,
            email: named("email")?,
            room: named("room")?,
            place: named(place)?,
            resident_type: named("resident_type")?,
            status: named("status")?,
            archived: matches!(named("archived")?.trim().to_lowercase().as_str(), "1" | "true" | "yes"),
        })
    }
}

fn not_utf8(_: std::str::Utf8Error) -> String {
    "is not UTF-8 text. Save the file as \"CSV UTF-8\".".to_owned()
}

/// At most forty characters of a value, without control characters, for a message of one line.
fn shown(value: &str) -> String {
    let clean: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).take(40).collect();
    format!("\"{clean}\"")
}

fn write(outcome: &Outcome, ours: &[Record], theirs: &[Record]) -> io::Result<()> {
    let autos = outcome
        .autos
        .iter()
        .map(|auto| (auto.ours, auto.theirs, "auto", 1_u8, auto.score, auto.reasons.as_slice()));
    let suggested = outcome
        .suggestions
        .iter()
        .map(|one| (one.ours, one.theirs, "suggested", one.rank, one.score, one.reasons.as_slice()));
    let mut rows: Vec<_> = autos
        .chain(suggested)
        .filter_map(|(a, b, kind, rank, score, reasons)| {
            Some((ours.get(a)?.key.as_str(), rank, theirs.get(b)?.key.as_str(), kind, score, reasons))
        })
        .collect();
    rows.sort_by_key(|row| (row.0, row.1));
    let out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut writer = csv::Writer::from_writer(out);
    writer
        .write_record(["portal_id", "external_id", "kind", "rank", "score", "reason"])
        .map_err(io::Error::from)?;
    for (portal, rank, external, kind, score, reasons) in rows {
        let score = score.to_string();
        let score = score.trim_start_matches('+');
        let row = [portal, external, kind, &rank.to_string(), score, &sentences(reasons)];
        writer.write_record(row).map_err(io::Error::from)?;
    }
    writer.flush()
}

/// `First names agree. [+7.60] Last names agree. [+8.80]`: the weights in square brackets add up to the score.
fn sentences(reasons: &[Reason]) -> String {
    let sentences: Vec<String> =
        reasons.iter().map(|reason| format!("{} [{}]", reason.words, reason.weight)).collect();
    sentences.join(" ")
}
