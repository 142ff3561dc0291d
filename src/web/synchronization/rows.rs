//! The tabs *Agencies*, *Clients* and *Staff*: the list, and saving what was chosen in it.

use std::collections::HashMap;

use actix_web::HttpResponse;
use serde::Deserialize;

use super::frame::{self, Frame};
use super::pages::{self, Chosen};
use super::{after_mapping, tab};
use crate::domain::Refusal;
use crate::domain::access::{PairRecords, Permission, Scope};
use crate::domain::mapping::{self, Followed, Kind, Options, Page, Pick, RowError, Saved, Show, Wanted};
use crate::domain::organisations::one_line;
use crate::kit::ids::{ExternalRecordId, PairingId};
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::listing::{Address, PER_PAGE, page_number, rows_before};
use crate::web::see_other;
use crate::web::ui::when::{clock, thousands};
use crate::web::ui::{Notice, Pager, Shell};
use crate::web::visit::{Fields, In, Posted, Visit};

/// The list's filters, as they stand in its address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    show: String,
    site: String,
    page: String,
}

impl Asked {
    fn wanted(&self) -> Wanted {
        Wanted {
            search: one_line(&self.q),
            show: Show::parse(&self.show).unwrap_or(Show::All),
            site: self.site.clone(),
            always: Vec::new(),
        }
    }

    fn address(&self, path: String) -> Address {
        let wanted = self.wanted();
        let show = if wanted.show == Show::All { "" } else { wanted.show.as_str() };
        Address::new(path).with("q", &wanted.search).with("show", show).with("site", &wanted.site)
    }
}

pub(super) async fn index(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    let (window, kind) = tab(&visit)?;
    let (shell, frame) = frame::open(&visit, window).await?;
    let asked: Asked = visit.query();
    let shown = read(&visit, scope, kind, (&asked, Vec::new()), frame.open).await?;
    if shown.page.rows.is_empty() && shown.number > 1 {
        return Ok(see_other(shown.address.page(1)));
    }
    let page = index_page(&visit, (shell, frame), kind, shown, &HashMap::new())?;
    visit.page(&page)
}

/// What the list shows.
struct Shown {
    page: Page,
    options: Options,
    wanted: Wanted,
    number: u32,
    address: Address,
}

async fn read(
    visit: &Visit,
    scope: Scope<PairRecords>,
    kind: Kind,
    (asked, always): (&Asked, Vec<ExternalRecordId>),
    open: bool,
) -> Result<Shown, Fault> {
    let (window, _) = tab(visit)?;
    let path = links::synchronization_tab(scope.organisation(), window.word());
    let (wanted, number, address) = (asked.wanted(), page_number(&asked.page), asked.address(path));
    let before = usize::try_from(rows_before(number)).unwrap_or(usize::MAX);
    let limit = usize::try_from(PER_PAGE).unwrap_or(50);
    let asking = Wanted { always, ..wanted.clone() };
    let (page, options) = if open {
        visit
            .read(move |conn| {
                let page = mapping::list(conn, &scope, kind, &asking, (before, limit))?;
                Ok((page, mapping::options(conn, &scope, kind)?))
            })
            .await?
    } else {
        (Page::default(), Options::Many)
    };
    Ok(Shown { page, options, wanted, number, address })
}

fn index_page(
    visit: &Visit,
    (mut shell, frame): (Shell, Frame),
    kind: Kind,
    shown: Shown,
    chosen: &HashMap<ExternalRecordId, Chosen>,
) -> Result<pages::Index, Fault> {
    let (window, _) = tab(visit)?;
    let found = i64::try_from(shown.page.found).unwrap_or(i64::MAX);
    let pager = Pager::new(shown.number, PER_PAGE, found, |page| shown.address.page(page));
    shell.page_of = pager.page_of();
    let may = pages::May {
        create: visit.may(match kind {
            Kind::Site => Permission::ManagePlaces,
            Kind::Student => Permission::EditResidents,
            Kind::User => Permission::EditStaff,
        }),
        open: visit.may(match kind {
            Kind::Site => Permission::ManagePlaces,
            Kind::Student => Permission::ViewResidents,
            Kind::User => Permission::ViewStaff,
        }),
    };
    let org = visit.organisation()?;
    let rows = pages::rows((org, window, kind), shown.page.rows, &shown.options, (may, chosen));
    let saves = rows.iter().any(pages::RowView::can_choose);
    Ok(pages::Index {
        counts: pages::counts_words(kind, shown.page.counts),
        columns: pages::columns(kind),
        action: shown.address.page(shown.number),
        list: links::synchronization_tab(org, window.word()),
        search: shown.wanted.search.clone(),
        shows: pages::shows(shown.wanted.show),
        site: shown.wanted.site.clone(),
        chips: pages::chips(&shown.wanted, &shown.address),
        nobody: pages::nobody(kind, shown.page.counts, &frame),
        rows,
        saves,
        pager,
        shell,
        frame,
    })
}

/// *Save mappings*: every row that can be; the others say why not.
pub(super) async fn save(visit: Visit, In(scope): In<PairRecords>, Posted(form): Posted<Fields>) -> Answer {
    let (window, kind) = tab(&visit)?;
    frame::here(&visit)?;
    let asked: Asked = visit.query();
    let picks = picks(&form);
    let here = asked.address(links::synchronization_tab(scope.organisation(), window.word()));
    let back = here.page(page_number(&asked.page));
    if picks.is_empty() {
        return visit.done(back, &Notice::warn("Nothing was chosen, so nothing was saved."));
    }
    let (writer, many) = (scope.clone(), picks.clone());
    let saved = visit.write(move |tx| {
        let saved = mapping::save(tx, &writer, kind, &many)?;
        if saved.mapped > 0 {
            after_mapping(tx, &writer, (kind, saved.whom.clone()))?;
        }
        Ok(saved)
    });
    let saved = match saved.await {
        Ok(saved) => saved,
        Err(Refusal::Overtaken(words)) => return visit.done(back, &Notice::warn(words)),
        Err(refusal) => return Err(refusal.into()),
    };
    if saved.errors.is_empty() {
        return visit.done(back, &Notice::ok(saved_words(&saved)));
    }
    let (mut shell, frame) = frame::open(&visit, window).await?;
    let not_saved = saved.errors.iter().map(|error| error.record).collect();
    let shown = read(&visit, scope, kind, (&asked, not_saved), frame.open).await?;
    if saved.mapped > 0 {
        shell.add_error("save", format!("{} The others were not", saved_words(&saved)));
    }
    let chosen: HashMap<ExternalRecordId, Chosen> =
        saved.errors.iter().map(|error| (error.record, chosen(&visit, error))).collect();
    for (record, one) in &chosen {
        shell.add_error(format!("pick-{record}"), one.words.clone());
    }
    let page = index_page(&visit, (shell, frame), kind, shown, &chosen)?;
    visit.page_with(&page, HttpResponse::UnprocessableEntity())
}

/// What was chosen in each row of the form.
fn picks(form: &Fields) -> Vec<Pick> {
    let keep = |record: ExternalRecordId| {
        let name = format!("keep-{record}");
        form.iter().find(|(key, _)| *key == name).and_then(|(_, id)| id.parse().ok()).map(PairingId)
    };
    let pick = |(key, value): &(String, String)| {
        let record = ExternalRecordId(key.strip_prefix("pick-")?.parse().ok()?);
        Some(Pick { record, local: value.trim().parse().ok()?, instead_of: keep(record) })
    };
    form.iter().filter_map(pick).collect()
}

/// "2 mappings saved. 3 clients and 1 member of staff followed by themselves."
pub(super) fn saved_words(saved: &Saved) -> String {
    let count = i64::try_from(saved.mapped).unwrap_or(i64::MAX);
    let one = match saved.mapped {
        1 => "1 mapping saved.".to_owned(),
        _ => format!("{} mappings saved.", thousands(count)),
    };
    match followed_words(saved.followed) {
        words if words.is_empty() => one,
        words => format!("{one} {words}"),
    }
}

pub(super) fn followed_words(followed: Followed) -> String {
    let named = |n: usize, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let parts: Vec<String> = [
        named(followed.sites, "site", "sites"),
        named(followed.clients, "client", "clients"),
        named(followed.staff, "member of staff", "members of staff"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!("Mapped by a rule after that: {}.", parts.join(", "))
    }
}

/// A row that was not saved, with the words for it.
fn chosen(visit: &Visit, error: &RowError) -> Chosen {
    let words = match &error.overtaken {
        Some((by, at, _)) => {
            let time = at.and_utc().with_timezone(&visit.time_zone()).time();
            format!("{by} changed this mapping at {}: {}", clock(time), error.words)
        }
        None => error.words.clone(),
    };
    Chosen { local: error.local, words, theirs: error.overtaken.as_ref().map(|(_, _, id)| *id) }
}
