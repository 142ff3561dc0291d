//! PCS (Person Centred Software, mCare): a key that the customer makes and we receive. Nothing of it pairs by itself.

pub mod wire;

use super::vendor::{About, KeyForm, Switching};

/// The key is a GUID (seen in public code that calls PCS). The Internal ID beside it is taken for a number; that is
/// assumed, and an ID that is a GUID too is found by the probe.
pub const ABOUT: About = About {
    id: "pcs",
    name: "PCS",
    profile: Some(include_str!("profile.toml")),
    switching: Switching::KeyEntered(KeyForm {
        label: "Internal API Key",
        steps: &[
            "Sign in to PCS as an administrator of the whole organisation: a key sees only what its maker may see.",
            "Point at your picture at the top right of the main screen and click your name and organisation.",
            "In your user details open the menu API Key and press Generate, unless a key stands there already: \
             a new key ends the old one.",
            "Copy the Internal API Key, not the Internal ID beside it, and enter it below.",
        ],
        charge: Some("PCS charges for this integration. My organisation pays PCS for it."),
        with_address: false,
        cannot_be,
        refused: "PCS does not take this key. Most often it is the Internal ID, which stands beside the key: in PCS, \
                  click your name at the top right, open API Key, and copy the Internal API Key.",
    }),
    mapped: false,
    residents: None,
    staff: None,
    writes: true,
    files_under: Some("ActionIconID"),
    one_service_a_token: false,
    credential_screen: "In PCS, click your name at the top right and open API Key.",
    people_screen: "In PCS, open the list of service users and see whether it shows them to whoever made the key.",
    // Assumed: the key is paid for notes that go there; what PCS says of people is shown beside ours.
    owns: &[],
};

fn cannot_be(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if uuid_shaped(text) {
        return None;
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(
            "This looks like the Internal ID. The Internal API Key is the other one: in PCS, click your name at the \
             top right, open API Key, and copy it",
        );
    }
    Some(
        "This is not an Internal API Key, which has 32 letters and digits in five groups. In PCS, click your name at \
         the top right, open API Key, and copy the whole key",
    )
}

/// `8-4-4-4-12` hexadecimal digits.
fn uuid_shaped(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_internal_id_is_told_from_the_key() {
        assert_eq!(cannot_be("0b6fd1c2-1111-4222-8333-444455556666"), None);
        assert_eq!(cannot_be(" 0B6FD1C2-1111-4222-8333-444455556666 "), None);
        assert!(cannot_be("10482").unwrap().starts_with("This looks like the Internal ID"));
        for other in ["", "hello", "0b6fd1c2-1111-4222-8333-44445555666", "0b6fd1c2111142228333444455556666"]
        {
            assert!(cannot_be(other).unwrap().starts_with("This is not an Internal API Key"), "{other}");
        }
    }
}
