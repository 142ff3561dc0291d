//! *View pending relatives*: everybody of the organisation who was asked and has not joined, with acts on many;
//! and what the organisation decides about its families.

use actix_web::HttpResponse;
use serde::Deserialize;

use super::pages;
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, ManageRelatives, Permission, Scope};
use crate::domain::relatives::{self, PendingWanted, Resent, Settings, Which};
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::listing::{self, Address, PER_PAGE};
use crate::web::routes::{Line, Who, get, post};
use crate::web::see_other;
use crate::web::ui::{Choice, Link, Notice};
use crate::web::visit::{Fields, In, Nav, Posted, Visit, field, ticked};

pub fn routes() -> Vec<Line> {
    let manage = Who::Holder(Permission::ManageRelatives);
    vec![
        get("/org/{org}/settings/relatives", manage, index),
        post("/org/{org}/settings/relatives", manage, act),
        post("/org/{org}/settings/relatives/rules", Who::Holder(Permission::ManageOrganisation), set_rules),
    ]
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    state: String,
    page: String,
}

impl Asked {
    fn wanted(&self) -> PendingWanted {
        PendingWanted { search: self.q.trim().to_owned(), expired: self.state == "expired" }
    }
}

async fn index(visit: Visit, In(scope): In<ManageRelatives>) -> Answer {
    let asked: Asked = visit.query();
    match page(&visit, scope, &asked).await? {
        Some(page) => visit.page(&page),
        None => Ok(see_other(links::settings_relatives(visit.organisation()?))),
    }
}

async fn page(
    visit: &Visit,
    scope: Scope<ManageRelatives>,
    asked: &Asked,
) -> Result<Option<pages::Pending>, Fault> {
    let org = scope.organisation();
    let (wanted, number, now) = (asked.wanted(), listing::page_number(&asked.page), visit.now);
    let list = links::settings_relatives(org);
    let address = Address::new(list.clone())
        .with("q", &wanted.search)
        .with("state", if wanted.expired { "expired" } else { "" });
    let (looked, limit) = (wanted.clone(), i64::from(PER_PAGE));
    let (mut found, rules) = visit
        .read(move |conn| {
            let piece = (listing::rows_before(number), limit + 1);
            let found = relatives::pending(conn, &scope, &looked, piece, now)?;
            Ok((found, relatives::settings(conn, &scope)?))
        })
        .await?;
    if found.is_empty() && number > 1 {
        return Ok(None);
    }
    let per_page = usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    let more = found.len() > per_page;
    found.truncate(per_page);
    let mut shell = visit.org_shell("Pending relatives", Nav::Settings)?;
    if visit.may(Permission::ManagePeople) {
        shell.crumb = Some(Link::new("People", links::settings_people(org)));
    }
    let rows = found.iter().map(|one| pages::Invited {
        resident: one.resident.clone(),
        ..pages::Invited::new(visit, org, &one.invitation, one.standing)
    });
    Ok(Some(pages::Pending {
        shell,
        pager: listing::uncounted(number, found.len(), more, &address),
        rows: rows.collect(),
        states: Choice::list([("", "All who are pending"), ("expired", "Expired only")], &asked.state),
        is_filtered: !address.is_bare(),
        search: wanted.search,
        expired: wanted.expired,
        list,
        rules: visit.may(Permission::ManageOrganisation).then(|| pages::Rules {
            action: links::settings_relatives_rules(org),
            confirm_first: rules.confirm_first,
            primary_invites: rules.primary_invites,
            primary_limit: rules.primary_limit.to_string(),
            primary_approval: rules.primary_approval,
            memorial_days: rules.memorial_days.to_string(),
        }),
    }))
}

/// `resend` or `revoke`, for the ticked or for all that match.
async fn act(visit: Visit, In(scope): In<ManageRelatives>, Posted(fields): Posted<Fields>) -> Answer {
    let org = scope.organisation();
    let asked = Asked {
        q: field(&fields, "q").to_owned(),
        state: field(&fields, "state").to_owned(),
        page: String::new(),
    };
    let here = links::settings_relatives(org);
    let ids: Vec<crate::kit::ids::InvitationId> = ticked(&fields, "invitations[]");
    let all = field(&fields, "which") == "all";
    if ids.is_empty() && !all {
        let Some(mut page) = page(&visit, scope, &asked).await? else { return Ok(see_other(here)) };
        page.shell.add_error("pending", "Select the relatives whose invitations you mean.");
        return visit.page_with(&page, HttpResponse::UnprocessableEntity());
    }
    let which = if all { Which::All(asked.wanted()) } else { Which::These(ids) };
    let url = visit.services.config.public_url.clone();
    let act = field(&fields, "act").to_owned();
    let words = visit
        .write(move |tx| match act.as_str() {
            "resend" => Ok(sent_words(relatives::resend_many(tx, &scope, &which, &url)?)),
            "revoke" => {
                let n = relatives::revoke_many(tx, &scope, &which)?;
                Ok(format!("{n} {} withdrawn.", if n == 1 { "invitation is" } else { "invitations are" }))
            }
            _ => Err(Refusal::NotHere),
        })
        .await?;
    visit.done(here, &Notice::ok(words))
}

fn sent_words(Resent { sent, left, on_paper }: Resent) -> String {
    let mut words =
        vec![format!("{sent} {} sent again.", if sent == 1 { "invitation is" } else { "invitations are" })];
    if left > 0 {
        words.push(format!("{left} could not be: they wait for approval or had several letters lately."));
    }
    if on_paper > 0 {
        let why = "because they came on paper: open one to print a new letter.";
        words.push(format!("{on_paper} passed over, {why}"));
    }
    words.join(" ")
}

async fn set_rules(
    visit: Visit,
    In(scope): In<ManageOrganisation>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let here = links::settings_relatives(scope.organisation());
    let yes = |name| field(&fields, name) == "yes";
    let read = Settings::read(
        yes("confirm_first"),
        yes("primary_invites"),
        field(&fields, "primary_limit"),
        yes("primary_approval"),
        field(&fields, "memorial_days"),
    );
    let done = match read {
        Ok(to) => visit.write(move |tx| relatives::change_settings(tx, &scope, &to)).await,
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(()) => visit.done(here, &Notice::ok("The rules are saved.")),
        Err(Refusal::Invalid { field: of, words }) => {
            let reader = visit.scope::<ManageRelatives>()?;
            let Some(mut page) = page(&visit, reader, &Asked::default()).await? else {
                return Ok(see_other(here));
            };
            if let Some(rules) = &mut page.rules {
                field(&fields, "primary_limit").clone_into(&mut rules.primary_limit);
                field(&fields, "memorial_days").clone_into(&mut rules.memorial_days);
            }
            page.shell.add_error(of, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}
