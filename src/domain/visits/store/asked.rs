//! Rows of visits by what a program asks for.

use diesel::prelude::*;

use super::lists::{Whose, reaching};
use super::{Joined, Outcome, Row, filled, listed};
use crate::db::{Backend, Conn};
use crate::domain::api_keys::{Asked, Comparison, Literal, Mark};
use crate::domain::audit::escape_like;
use crate::domain::schema::{
    patients, staff_members, task_versions, tasks, visit_outcomes, visit_windows, visits,
};
use crate::domain::visits::lists::Reach;
use crate::domain::visits::{Status, Visit};
use crate::kit::ids::VisitId;
use crate::kit::names::split;

/// Narrows a query by a comparison.
macro_rules! compared {
    ($query:expr, $column:expr, $comparison:expr, $value:expr) => {
        match $comparison {
            Comparison::Above => $query.filter($column.gt($value)),
            Comparison::Below => $query.filter($column.lt($value)),
            Comparison::AtLeast => $query.filter($column.ge($value)),
            Comparison::AtMost => $query.filter($column.le($value)),
            Comparison::Is | Comparison::Contains => $query.filter($column.eq($value)),
        }
    };
}

/// Goes on after a mark, in order of a moment and then of the public number.
macro_rules! after {
    ($query:expr, $column:expr, $asked:expr) => {{
        let mut query = $query;
        if let Some(Mark { value: Literal::Moment(at), id }) = &$asked.after {
            let (at, id) = (*at, id.clone());
            query = if $asked.order.descending {
                query.filter($column.lt(at).or($column.eq(at).and(visits::public_id.lt(id))))
            } else {
                query.filter($column.gt(at).or($column.eq(at).and(visits::public_id.gt(id))))
            };
        }
        if $asked.order.descending {
            query.order(($column.desc(), visits::public_id.desc()))
        } else {
            query.order(($column.asc(), visits::public_id.asc()))
        }
    }};
}

pub fn asked(conn: &mut Conn, (organisation, mode, reach): Whose, asked: &Asked) -> QueryResult<Vec<Visit>> {
    let mut query = reaching!(listed!(organisation, mode), reach);
    for one in &asked.conditions {
        let how = one.comparison;
        query = match (one.field, &one.literal) {
            ("id", Literal::Text(text)) => query.filter(visits::public_id.eq(text.clone())),
            ("patient.id", Literal::Text(text)) => query.filter(patients::public_id.eq(text.clone())),
            ("taskId", Literal::Text(text)) => query.filter(tasks::public_id.eq(text.clone())),
            ("externalRef", Literal::Text(text)) => query.filter(visits::external_ref.eq(text.clone())),
            ("patient.name", Literal::Text(text)) => split(text).iter().fold(query, |query, word| {
                query.filter(patients::sort_name.like(format!("%{}%", escape_like(word))).escape('!'))
            }),
            ("status", Literal::Text(text)) => match Status::parse(text) {
                Some(status) => query.filter(visits::status.eq(status)),
                None => query.filter(visits::id.lt(VisitId(0))),
            },
            ("createdAt", Literal::Moment(at)) => compared!(query, visits::created_at, how, *at),
            ("updatedAt", Literal::Moment(at)) => compared!(query, visit_outcomes::updated_at, how, *at),
            ("window.startAt", Literal::Moment(at)) => {
                compared!(query, visits::starts_at.assume_not_null(), how, *at)
            }
            ("estimatedTimeOfArrival", Literal::Moment(at)) => {
                compared!(query, visits::expected_at.assume_not_null(), how, *at)
            }
            // A condition that nobody knows is true of none.
            _ => query.filter(visits::id.lt(VisitId(0))),
        };
    }
    let query = if asked.order.field == "updatedAt" {
        after!(query, visit_outcomes::updated_at, asked)
    } else {
        after!(query, visits::created_at, asked)
    };
    let rows: Vec<Joined> = query.limit(asked.rows()).load(conn)?;
    filled(conn, rows)
}
