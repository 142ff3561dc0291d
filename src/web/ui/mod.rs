//! The look: layouts, small pieces and words that all pages share. Nothing here reads a database or decides who may
//! see what.
//!
//! # A page
//! ```text
//! use crate::web::ui::{Shell, When, filters};          // `filters` is used by the layouts: always import it
//! #[derive(askama::Template)]
//! #[template(path = "staff/index.html")]
//! pub struct Index { pub shell: Shell, pub rows: Vec<Row> }
//!
//! {% extends "layouts/portal.html" %}                  // or layouts/plain.html: one column, no navigation
//! {% import "ui/field.html" as field %}
//! {% import "ui/bits.html" as ui %}
//! {% block beside %}…{% endblock %}                    // actions to the right of the h1
//! {% block content %}…{% endblock %}
//! ```
//! The layout prints title, skip link, header, crumb, error summary or notice, `h1`, tabs, footer and live region.
//! Other blocks: `head` (into `<head>`), `heading` (replaces the whole line of the `h1`).
//!
//! # Macros (arguments with a default may be left out or named: `hint="…"`)
//! ```text
//! {{ field::csrf(shell) }}                             hidden field `csrf`; in every post form
//! {{ field::text(shell, "email", "Email address", form.email, hint="…", kind="email", autocomplete="email",
//!                inputmode="", size="s", list="") }}   id = name = "email"; error from shell.errors; size s or m
//! {{ field::password(shell, "password", "Password", hint="", autocomplete="new-password") }}
//! {{ field::area(shell, "note", "Comment", form.note, rows=4) }}
//! {{ field::select(shell, "role", "Role", roles) }}    roles: Vec<Choice>
//! {{ field::radios(shell, "kind", "Which one?", kinds) }}
//! {{ field::tick(shell, "sync", "Sync with Nourish", form.sync, hint="…") }}
//! {{ ui::tag("Partly synced") }}                       colour from the words
//! {{ ui::post(shell, href, "Unlink", "Betty Cole from Nourish") }}   form with one button; about = hidden words
//! {{ ui::link(href, "Preview") }} {{ ui::dialog_link(href, "Link Resident", "for Betty Cole") }}
//! {{ ui::note("warn", "…") }}                          ok, warn, bad, info
//! {{ ui::empty("No staff are waiting.", "/sync", "Start sync") }}
//! {{ ui::pager(pager) }} {{ ui::stat(href, "6 of 8", "Residents paired") }} {{ ui::fact("Room", room) }}
//! {{ ui::secret("token", "Integration token", token, hint="…") }}
//! {{ ui::progress(url, done, total, "3 of 8 residents checked") }} and in the block head {{ ui::refresh(3) }}
//! {{ ui::identity(name, born, nhs_number, place, heading=true, badge="") }} {{ ui::lookalike("Same name as …") }}
//! {{ ui::all_on_page("all", "Select all staff on this page") }}
//! {{ row.when }}                                       a `When` prints its own <time>
//! {{ born|date }} {{ day|long_date }} {{ number|nhs }} {{ total|thousands }} {{ "portal.css"|asset }}
//! ```
//! In a `{% for %}` or `{% if let %}` pass locals as they are. Classes of a button go last: `class="btn--danger"`.
//!
//! # Classes
//! ```text
//! panel (panel__head: h2 + tag; panel--form: narrow) · stats > stat · actions (row of buttons) · links · lead · soft
//! btn btn--second btn--danger btn--plain btn--big      primary is `btn` alone; at most one primary a view
//! table: <table class="table"> caption, th scope=col, <th scope="row"> first = title of the card on a phone,
//!        every td has data-label="Room"; td.table__tick holds .tick.tick--bare; num = right-aligned digits
//! compare: table.table.compare, tr.differs on a row that differs, <mark> round the characters
//! bulk: <form data-bulk> with .bulk above the table, boxes with data-row, <span data-count="staff selected">
//! filter: <form class="filter" method="get"> · facts: <dl class="facts"><div><dt><dd></div></dl>
//! more: <details class="more"><summary><span>…</span></summary><div class="more__in">
//! steps: <ol class="steps"><li class="done"> · events: <ol class="events"><li><time><p> (audit, activity)
//! day > timeline: <ol class="timeline"><li class="declined"><p class="timeline__when"><h3> … <blockquote>
//! tags (row of tags) · signature: <figure> img figcaption · count (number in a tab) · vh (only heard) · num · no-print
//! ```
//!
//! # What the script adds (all of it works without)
//! ```text
//! data-dialog on a link: opens that page's [data-part] (else its main) in a dialog; data-close on its Cancel link
//! data-focus: takes the focus on load · data-copy="id" · data-show="id" · data-progress-url
//! ```

pub mod filters;
mod pager;
pub mod problems;
mod shell;
mod status;
pub mod when;

pub use pager::{Choice, PageLink, Pager};
pub use shell::{
    Banner, FieldError, Link, NavItem, Notice, NoticeAction, NoticeKind, Places, Shell, SignedInView, Tab,
};
pub use when::When;
