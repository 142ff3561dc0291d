//! The colour of a status word. One table for the whole product: the same word never has two colours.
//! It does not decide which status something has.

/// The modifier of the class `tag` for these words; what is not in the table is grey.
/// `none` is plain text: what is as it should be must not draw the eye.
pub fn tone(words: &str) -> &'static str {
    let head = words.split([',', ':']).next().unwrap_or(words).trim().to_lowercase();
    match head.as_str() {
        "accepted" | "synced" | "on" | "delivered" | "sent" | "rendered" | "paired" | "mapped"
        | "complete" => "green",
        "not certain" | "to record" | "partly synced" | "pending" | "not mapped" | "different" | "held"
        | "degraded" | "waiting" | "not rendered" | "needs attention" | "new" | "suspended"
        | "review due" => "amber",
        "failed"
        | "given up"
        | "rejected by the care record"
        | "relink needed"
        | "refused"
        | "not delivered"
        | "missed" => "red",
        "being sent" | "being checked" | "running" | "opened" | "invited" | "testing" | "user"
        | "preview" => "blue",
        "active" | "joined" | "shared" | "completed" => "none",
        other if other.starts_with("ended on ") => "red",
        other if other.starts_with("ends on ") => "amber",
        other if other.starts_with("waiting for") || other.ends_with("to check") => "amber",
        _ => "grey",
    }
}

#[cfg(test)]
mod tests {
    use super::tone;

    #[test]
    fn the_words_of_the_product_have_their_colours() {
        for (words, colour) in [
            ("Synced", "green"),
            ("Partly synced", "amber"),
            ("Failed", "red"),
            ("Running", "blue"),
            ("Not synced yet", "grey"),
            ("Off", "grey"),
            ("Paused", "grey"),
            ("Pending", "amber"),
            ("Approved", "grey"),
            ("Rejected", "grey"),
            ("Invited", "blue"),
            ("Active", "none"),
            ("Auto", "grey"),
            ("Not mapped", "amber"),
            ("7 to check", "amber"),
            ("Ended on 3 May 2026: Phlebotomy", "red"),
            ("Ends on 3 May 2026", "amber"),
            ("Waiting for API key", "amber"),
            ("On, zone not found", "green"),
            ("Not rendered: no guardian signature", "amber"),
        ] {
            assert_eq!(tone(words), colour, "{words}");
        }
    }
}
