//! Filters for the templates. A module with page structs needs `use crate::web::ui::filters;`, because the layouts
//! and macros use them too.
#![expect(clippy::inline_always, reason = "askama's filter_fn writes it")]
#![expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that the filter macro gives"
)]

use std::fmt::Display;

use chrono::NaiveDate;

use super::{status, when};
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
