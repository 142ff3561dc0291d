//! Filters for the templates. A module with page structs needs `use crate::web::ui::filters;`, because the layouts
//! and macros use them too.
#![expect(clippy::inline_always, reason = "askama's filter_fn writes it")]
#![expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that the filter macro gives"
)]

use std::fmt::{self, Display, Write};

use chrono::NaiveDate;

use super::{status, when};
use crate::kit::phone;
use crate::web::assets;

/// `{{ "portal.css"|asset }}` → `/static/c2eca0ed/portal.css`.
#[askama::filter_fn]
pub fn asset(name: &str, _: &dyn askama::Values) -> askama::Result<String> {
    assets::address(name)
        .ok_or_else(|| askama::Error::Custom(format!("there is no file {name} in static/").into()))
}

/// `{{ resident.born|date }}` → "4 March 1938".
#[askama::filter_fn]
pub fn date(date: &NaiveDate, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(when::date(*date))
}

/// `{{ number|nhs }}` → "999 123 4567", spaces that do not break.
#[askama::filter_fn]
pub fn nhs(number: impl Display, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(when::nhs(&number.to_string()))
}

/// `{{ phone|telephone }}` → "0113 496 0000".
#[askama::filter_fn]
pub fn telephone(number: impl Display, _: &dyn askama::Values) -> askama::Result<String> {
    // Never broken over two lines.
    Ok(phone::for_people(&number.to_string()).replace(' ', "\u{a0}"))
}

/// `{{ words|code }}`: what stands between backticks becomes an element `code`.
#[askama::filter_fn]
pub fn code(words: impl Display, _: &dyn askama::Values) -> askama::Result<Marked> {
    Ok(Marked(words.to_string()))
}

/// Words that name fields between backticks, with the apostrophes that a page has.
pub struct Marked(String);

impl Display for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.split('`').enumerate() {
            let (open, close) = if at % 2 == 1 { ("<code>", "</code>") } else { ("", "") };
            f.write_str(open)?;
            let mut before = ' ';
            for letter in part.chars() {
                match letter {
                    '&' => f.write_str("&amp;")?,
                    '<' => f.write_str("&lt;")?,
                    '>' => f.write_str("&gt;")?,
                    '"' => f.write_str("&quot;")?,
                    '\'' if open.is_empty() && before.is_alphabetic() => f.write_str("’")?,
                    '\'' => f.write_str("&#39;")?,
                    other => f.write_char(other)?,
                }
                before = letter;
            }
            f.write_str(close)?;
        }
        Ok(())
    }
}

// Everything but its own elements is escaped above.
impl askama::filters::HtmlSafe for Marked {}

/// `{{ total|thousands }}` → "5,000".
#[askama::filter_fn]
pub fn thousands(n: impl Display, _: &dyn askama::Values) -> askama::Result<String> {
    let text = n.to_string();
    Ok(text.parse().map_or(text, when::thousands))
}

/// `{{ "Partly synced"|tone }}` → "amber", the modifier of the class `tag`.
#[askama::filter_fn]
pub fn tone(words: impl Display, _: &dyn askama::Values) -> askama::Result<&'static str> {
    Ok(status::tone(&words.to_string()))
}
