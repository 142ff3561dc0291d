//! Kinbridge keeps the residents, staff and relatives of a care organisation in step with the care
//! record systems that the organisation already uses.
//!
//! # The picture
//! Layers lie outside, features inside, and a feature has one word everywhere: `domain::residents`,
//! `web::residents`, `templates/residents`, `tests/portal/residents.rs`. A module names only modules
//! of lower rows; a test holds that.
//!
//! | row | modules | never |
//! |---|---|---|
//! | 0 | [`kit`] | a web, a database, a clock but the one passed in |
//! | 1 | [`config`], [`links`] | anything but plain values |
//! | 2 | [`db`], [`mail`], [`connectors`] | a table's name; connectors and mail see no database |
//! | 3 | [`domain`] | HTTP, pages, network |
//! | 4 | [`services`] | logic |
//! | 5 | [`web`], [`api`], [`jobs`], [`sandbox`] | one another |
//! | 6 | [`boot`] | rules of its own |
//! | 7 | [`cli`] | rules of its own |
//!
//! # Two decisions that show everywhere
//! A write transaction is the only writer at its time on both engines: SQLite has one writer, and on
//! PostgreSQL each takes one advisory lock. What holds on one engine then holds on the other, and
//! the write load of a care organisation is small.
//!
//! Authorisation is a value: a `Scope<Right>` can only come from an actor who has the right, every
//! verb and query asks for one, and filters by it.
//!
//! # A sync, from the click to the result
//! `web::integrations` writes a requested run and rings a bell. `jobs::sync_records` claims it with
//! a lease and an epoch, fetches outside any transaction, and hands the staged answer to
//! `domain::sync::settle`: the plan is worked out on a reading connection, guarded, and applied in
//! one transaction that first makes sure that nothing it rests on has changed. A preview, and a run
//! that a guard holds, keep the answer and the plan's hash; only exactly that plan is applied later.
pub mod kit;

pub mod config;
pub mod links;

pub mod connectors;
pub mod db;
pub mod mail;

pub mod domain;

pub mod services;

pub mod api;
pub mod jobs;
pub mod sandbox;
pub mod web;

pub mod boot;

pub mod cli;
