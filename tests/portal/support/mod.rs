//! A whole portal for one test, and the people in it.
//!
//! ```ignore
//! #[actix_web::test]
//! async fn a_stranger_gets_404() {
//!     let app = TestApp::start().await;
//!     let page = app.as_stranger().get(&links::residents(app.cast.willow)).await;
//!     assert_eq!(page.status, 404);
//!     assert!(page.text().contains("Page not found"));
//! }
//! ```
//!
//! - [`TestApp::start`] gives a database of its own (SQLite, or PostgreSQL where
//!   `KINBRIDGE_TEST_POSTGRES=postgres://…` is set), a clock that stands at Sunday 22 November 2026,
//!   10:00 UTC until `app.clock.advance(…)`, and the server's own routes behind the server's own gate.
//! - `app.cast` holds the ids of the organisations, places and people of the cast.
//! - `app.as_super()` and the like are [`Visitor`]s: browsers with a session, a cookie jar and the
//!   manners of a browser (`Origin`, form token). [`Visitor::ask`] is for bad manners.
//! - `app.write(|tx| …)` and `app.read(|conn| …)` use the domain's verbs directly.

mod app;
pub mod bookable;
mod cast;
pub mod catalogue;
pub mod community;
mod database;
mod log;
pub mod therapy;
pub mod vendors;
pub mod visiting;
mod visitor;

pub use app::{TestApp, fill};
pub use cast::{PASSWORD, Person, insert};
pub use database::TINY;
pub use log::Log;
pub use visitor::{Page, Visitor};
