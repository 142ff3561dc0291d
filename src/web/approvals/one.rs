//! Somebody who waits: what is known of them, what to look at first, and the decision.

use actix_web::HttpResponse;
use askama::Template;

use super::pages::Row;
use super::{Found, by_letter, forms, offered, places_in_words};
use crate::domain::Refusal;
use crate::domain::access::{ApproveStaff, Permission, Role, Scope};
use crate::domain::accounts;
use crate::domain::approvals::{self, Approval, Approving, Page, State};
use crate::domain::organisations;
use crate::kit::ids::ApprovalId;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::paper;
use crate::web::ui::{Choice, Link, Notice, Shell, filters};
use crate::web::visit::{Fields, In, Nav, Posted, Visit, field};

/// One person of *Pending staff* or *Rejected staff*.
#[derive(Template)]
#[template(path = "approvals/show.html")]
struct Show {
    shell: Shell,
    row: Row,
    state: &'static str,
    is_pending: bool,
    is_rejected: bool,
    /// Each flag with what it means.
    flags: Vec<(&'static str, &'static str)>,
    looked_by: String,
    needs_a_look: bool,
    /// What they will be able to do once approved, one line each.
    may: Vec<String>,
    places: String,
    action: String,
    edit: String,
    /// Lists with everybody who has the same name, or the same address.
    alike: Vec<Link>,
    /// The staff member here, if the record is paired.
    paired: Option<String>,
    only_super: bool,
    /// For who has no address.
    sign_in_name: String,
    presets: Vec<Choice>,
    reason: String,
}

pub async fn show(visit: Visit, In(scope): In<ApproveStaff>) -> Answer {
    let page = page(&visit, &scope).await?;
    visit.page(&page)
}

async fn page(visit: &Visit, scope: &Scope<ApproveStaff>) -> Result<Show, Fault> {
    let (org, id) = (scope.organisation(), visit.id::<ApprovalId>("approval")?);
    let reader = scope.clone();
    let (one, found, free) = visit
        .read(move |conn| {
            let one = approvals::get(conn, &reader, id)?;
            let free = if one.email.is_empty() { accounts::free_name(conn, &one.name)? } else { None };
            let found = Found {
                page: Page { rows: Vec::new(), total: 0 },
                counts: (0, 0),
                presets: approvals::presets(conn, &reader)?,
                places: organisations::places(conn, &reader)?,
                connected: true,
                digest: false,
            };
            Ok((one, found, free))
        })
        .await?;
    // Whoever was let in stands on the staff list, and whoever is gone nowhere.
    if matches!(one.state, State::Approved | State::Gone) {
        let to = match one.paired.filter(|_| visit.may(Permission::ViewStaff)) {
            Some(member) => links::staff_member(org, member),
            None => links::pending_staff(org),
        };
        return Err(Fault::Elsewhere(to));
    }
    let mut shell = visit.org_shell(one.name.clone(), Nav::Staff)?;
    let is_pending = one.state == State::Pending;
    shell.crumb = Some(if is_pending {
        Link::new("Pending staff", links::pending_staff(org))
    } else {
        Link::new("Rejected staff", links::rejected_staff(org))
    });
    let may_give = offered(visit, &found.presets);
    let row = Row::new(visit, org, &one, &found, &may_give);
    let mut presets = row.presets.clone();
    if let Some(first) = presets.first_mut() {
        first.label = if row.saved.is_empty() { "Choose".into() } else { format!("{} (saved)", row.saved) };
    }
    let is_super = scope.role() == Some(Role::SuperManager);
    Ok(Show {
        state: if is_pending { "Pending" } else { "Rejected" },
        is_pending,
        is_rejected: !is_pending,
        flags: one.flags.iter().map(|flag| (flag.words(), flag.meaning())).collect(),
        looked_by: one.looked_by.clone(),
        needs_a_look: one.needs_a_look(),
        may: one.permissions.iter().map(|permission| super::editing::capital(permission.words())).collect(),
        places: places_in_words(&one, &found.places),
        action: links::pending_person(org, id),
        edit: links::pending_permissions(org, &id.to_string()),
        alike: alike(visit, &one),
        paired: one
            .paired
            .filter(|_| visit.may(Permission::ViewStaff))
            .map(|member| links::staff_member(org, member)),
        only_super: one.is_manager_there() && !is_super,
        sign_in_name: free.map(|name| name.as_str().to_owned()).unwrap_or_default(),
        presets,
        reason: String::new(),
        row,
        shell,
    })
}

/// Where others with the name or the address can be found.
fn alike(visit: &Visit, one: &Approval) -> Vec<Link> {
    let Ok(org) = visit.organisation() else { return Vec::new() };
    if one.flags.is_empty() {
        return Vec::new();
    }
    let by_name = format!("?q={}", links::encode(&one.name));
    let by_email = format!("?q={}", links::encode(&one.email));
    let pending = links::pending_staff(org);
    let mut found = vec![Link::new("Pending staff with this name", format!("{pending}{by_name}"))];
    if !one.email.is_empty() {
        found.push(Link::new("Pending staff with this email address", format!("{pending}{by_email}")));
    }
    if visit.may(Permission::ViewStaff) {
        let staff = links::staff(org);
        found.push(Link::new("Staff with this name", format!("{staff}{by_name}")));
        if !one.email.is_empty() {
            found.push(Link::new("Staff with this email address", format!("{staff}{by_email}")));
        }
    }
    found
}

pub async fn act(visit: Visit, In(scope): In<ApproveStaff>, Posted(fields): Posted<Fields>) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<ApprovalId>("approval")?);
    let here = links::pending_person(org, id);
    // From the page of a letter, back to it.
    let letter = by_letter::page_to_go_back_to(org, &fields);
    let from_a_letter = letter.is_some();
    let list = letter.unwrap_or_else(|| links::pending_staff(org));
    let (act, writer) = (field(&fields, "act").to_owned(), scope.clone());
    let url = visit.services.config.public_url.clone();
    let sent = fields.clone();
    let done = visit
        .write(move |tx| {
            // Whoever is not theirs is not there, whatever is asked.
            let one = approvals::get(tx.conn, &writer, id)?;
            let outcome = match act.as_str() {
                "looked" => {
                    approvals::look(tx, &writer, id)?;
                    return Ok((one.name, None, None));
                }
                "approve" => {
                    if field(&sent, "looked") == "yes" {
                        approvals::look(tx, &writer, id)?;
                    }
                    let presets = approvals::presets(tx.conn, &writer)?;
                    let wanted: Approving = forms::Selects::of(&sent).approving(&one, &presets);
                    approvals::approve(tx, &writer, &[wanted], &url)?
                }
                "reject" => approvals::reject(tx, &writer, &[id], field(&sent, "reason"))?,
                "restore" => approvals::restore(tx, &writer, &[id])?,
                _ => return Err(Refusal::NotHere),
            };
            let slip = outcome.slips.into_iter().next();
            match outcome.left.into_iter().next() {
                Some((_, words)) => Err(Refusal::invalid("preset", words)),
                None => Ok((one.name, Some(act), slip)),
            }
        })
        .await;
    match done {
        Ok((_, None, _)) => {
            visit.done(if from_a_letter { list } else { here }, &Notice::ok("Noted: you have looked."))
        }
        Ok((name, _, Some(slip))) => {
            let organisation = visit.membership()?.organisation_name.clone();
            let sheet = paper::Sheet::activation(&visit, &slip, &organisation, &scope.by().name);
            visit.page(&paper::one(&visit, format!("Slip for {name}"), sheet, list))
        }
        Ok((name, Some(act), None)) => {
            let words = match act.as_str() {
                "approve" => {
                    format!("{name} is approved. We have emailed them a link to activate their account.")
                }
                "reject" => format!("{name} is rejected."),
                _ => format!("{name} is back in pending staff."),
            };
            visit.done(list, &Notice::ok(words))
        }
        Err(Refusal::Invalid { field: about, words }) => {
            let mut page = page(&visit, &scope).await?;
            let about = if about == "preset" { format!("preset-{id}") } else { about.to_owned() };
            page.shell.add_error(about, words);
            field(&fields, "reason").clone_into(&mut page.reason);
            if !field(&fields, "sign_in_name").is_empty() {
                field(&fields, "sign_in_name").clone_into(&mut page.sign_in_name);
            }
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(list, &Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}
