//! What a plain `cargo test` leaves out, said where the runner does not swallow it.

use std::io::Write as _;

#[test]
fn what_was_left_out_is_said() {
    let needs = [
        ("KINBRIDGE_TEST_POSTGRES", "every test on PostgreSQL"),
        ("KINBRIDGE_TEST_CHROMEDRIVER", "the journeys in a browser"),
        ("KINBRIDGE_TEST_FHIR", "a FHIR server of another author"),
    ];
    let left_out: Vec<&str> =
        needs.iter().filter(|(name, _)| std::env::var_os(name).is_none()).map(|(_, what)| *what).collect();
    if !left_out.is_empty() {
        // Not by println!, whose words are shown for failed tests only.
        let words = format!("\nleft out: {}; tests/run runs everything\n", left_out.join(", "));
        std::io::stderr().write_all(words.as_bytes()).unwrap();
    }
}
