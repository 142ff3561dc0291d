//! `kinbridge pair` on files: what it prints, and what it says about a file that is wrong.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Row {
    portal: String,
    external: String,
    kind: String,
    rank: u8,
    score: String,
    reason: String,
}

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/pairing").join(name)
}

fn run_pair(system: &str, kind: &str, ours: &Path, theirs: &Path) -> (i32, String, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_kinbridge"))
        .args(["pair", "--system", system, "--kind", kind, "--ours"])
        .arg(ours)
        .arg("--theirs")
        .arg(theirs)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn rows(out: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let header = reader.headers().unwrap().iter().collect::<Vec<_>>().join(",");
    assert_eq!(header, "portal_id,external_id,kind,rank,score,reason");
    let row = |row: csv::StringRecord| Row {
        portal: row[0].into(),
        external: row[1].into(),
        kind: row[2].into(),
        rank: row[3].parse().unwrap(),
        score: row[4].into(),
        reason: row[5].into(),
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// A file of the test's own, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("kinbridge-pairing-{}-{name}.csv", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn the_printed_weights_add_up_to_the_printed_score_and_rows_are_in_order() {
    let (_, out, _) = run_pair("nourish", "people", &data("traps_ours.csv"), &data("traps_theirs.csv"));
    let rows = rows(&out);
    for row in &rows {
        let weights = row.reason.split('[').skip(1).map(|rest| rest.split(']').next().unwrap());
        let hundredths = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
        assert_eq!(weights.map(hundredths).sum::<i64>(), hundredths(&row.score), "{}", row.reason);
    }
    assert!(rows.is_sorted_by(|a, b| (&a.portal, a.rank) < (&b.portal, b.rank)));
}

#[test]
fn shuffled_rows_and_a_byte_order_mark_print_the_same_bytes() {
    let shuffled = |name: &str, file: &str| {
        let text = std::fs::read_to_string(data(name)).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        lines[1..].reverse();
        Scratch::new(file, format!("\u{feff}{}\r\n", lines.join("\r\n")).as_bytes())
    };
    let (ours, theirs) =
        (shuffled("traps_ours.csv", "shuffled-a"), shuffled("traps_theirs.csv", "shuffled-b"));
    let plain = run_pair("nourish", "people", &data("traps_ours.csv"), &data("traps_theirs.csv"));
    assert_eq!(run_pair("nourish", "people", &ours.0, &theirs.0), plain);
}

#[test]
fn a_wrong_file_is_named_with_line_and_repair_and_exit_code_2() {
    const HEADER: &str = "id,first_name,last_name,dob,nhs_number,room,zone\n";
    let long = format!("{HEADER}1,{},Moss,,,,\n", "x".repeat(2_000));
    let cases: [(&str, &[u8], &[&str]); 11] = [
        ("empty", b"", &["is empty", "first_name"]),
        (
            "no-column",
            b"id,first_name,dob,nhs_number,room,zone\n1,Ada,,,,\n",
            &["line 1", "last_name", "Add it"],
        ),
        ("twice-named", b"id,id,first_name,last_name,dob,nhs_number,room,zone\n", &["line 1", "id twice"]),
        (
            "latin-1",
            b"id,first_name,last_name,dob,nhs_number,room,zone\n1,Ren\xe9e,Moss,,,,\n",
            &["line 2", "CSV UTF-8"],
        ),
        ("utf-16", b"\xff\xfei\0d\0", &["UTF-16", "CSV UTF-8"]),
        ("nul", b"id,first_name,last_name,dob,nhs_number,room,zone\n1,Ada\0,Moss,,,,\n", &["line 2", "NUL"]),
        (
            "same-id",
            b"id,first_name,last_name,dob,nhs_number,room,zone\n7,A,B,,,,\n8,A,B,,,,\n7,C,D,,,,\n",
            &["line 4", "line 2", "\"7\""],
        ),
        ("no-id", b"id,first_name,last_name,dob,nhs_number,room,zone\n,A,B,,,,\n", &["line 2", "no id"]),
        (
            "ragged",
            b"id,first_name,last_name,dob,nhs_number,room,zone\n1,A,B\n",
            &["line 2", "3 values", "7"],
        ),
        ("long", long.as_bytes(), &["line 2", "2000 bytes", "quotation mark"]),
        (
            "open-quote",
            b"id,first_name,last_name,dob,nhs_number,room,zone\n1,\"A,B,,,,\n2,C,D,,,,\n",
            &["line 2", "quotation"],
        ),
    ];
    for (name, bytes, expected) in cases {
        let file = Scratch::new(name, bytes);
        let (status, out, err) = run_pair("nourish", "people", &file.0, &data("traps_theirs.csv"));
        assert_eq!((status, out.as_str()), (2, ""), "{name}");
        assert_eq!(err.trim_end().lines().count(), 1, "{name}: {err}");
        for part in expected.iter().copied().chain([file.0.to_str().unwrap()]) {
            assert!(err.contains(part), "{name}: {part:?} not in {err}");
        }
    }
    let (status, _, err) = run_pair("pcs", "people", &data("nowhere.csv"), &data("traps_theirs.csv"));
    assert_eq!(status, 2);
    assert!(err.contains("nowhere.csv") && err.contains("is not there"), "{err}");
}

#[test]
fn empty_lists_give_an_empty_result() {
    let ours = Scratch::new("only-header", b"id,first_name,last_name,email,site\n");
    let theirs = Scratch::new("only-header-too", b"external_id,first_name,last_name,email,site\n");
    let (status, out, err) = run_pair("ensora", "staff", &ours.0, &theirs.0);
    assert_eq!(
        (status, out.trim_end(), err.as_str()),
        (0, "portal_id,external_id,kind,rank,score,reason", "")
    );
}

#[test]
fn every_trap_is_seen() {
    let (status, out, _) = run_pair("nourish", "people", &data("traps_ours.csv"), &data("traps_theirs.csv"));
    assert_eq!(status, 0);
    let rows = rows(&out);
    for row in csv::Reader::from_path(data("traps_expected.csv")).unwrap().records() {
        let row = row.unwrap();
        let (id, expect, partner, why) = (&row[0], &row[1], &row[2], &row[3]);
        let first = rows.iter().find(|row| row.portal == id && row.rank == 1);
        let auto = first.is_some_and(|row| row.kind == "auto");
        assert_eq!(auto, expect == "auto", "{id}: {why}");
        if !partner.is_empty() {
            assert_eq!(first.map(|row| row.external.as_str()), Some(partner), "{id}: {why}");
        }
    }
}
