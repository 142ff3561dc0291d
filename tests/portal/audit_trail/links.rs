//! The forms of pairing, each with its event and none without it.

#![cfg(test)]

use std::collections::BTreeSet;

use actix_web::http::Method;
use kinbridge::links;
use kinbridge::web::routes;

use super::acts::Walk;
use crate::support::Page;
use crate::support::vendors::{Feed, people, person};

const ROOT: &str = "/org/{org}/pairing/{vendor}/{kind}";

/// The fields of the form on a page that is sent to `action`, as they stand there.
fn form<'f>(page: &Page, action: &str) -> Vec<(&'f str, String)> {
    let form = page.body.split(&format!("action=\"{action}\"")).nth(1);
    let form = form.unwrap_or_else(|| panic!("a form for {action}: {}", page.text()));
    let form = form.split("</form>").next().unwrap();
    let known = ["record", "about", "ours", "theirs", "checked", "pairing", "pair[]", "of_ours", "of_theirs"];
    let value = |input: &str, name: &str| {
        let value = input.split(&format!("{name}=\"")).nth(1)?;
        Some(value.split('"').next()?.to_owned())
    };
    let fields = form.split("<input").skip(1).filter_map(|input| {
        let name = value(input, "name")?;
        let name = known.into_iter().find(|one| *one == name)?;
        Some((name, value(input, "value")?))
    });
    fields.collect()
}

/// The first address on a page that ends so.
fn action(page: &Page, end: &str) -> String {
    let mut actions = page.body.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let found = actions.find(|action| action.split('?').next().is_some_and(|path| path.ends_with(end)));
    found
        .unwrap_or_else(|| panic!("a form for {end}: {}", page.text()))
        .replace("&amp;", "&")
        .replace("&#38;", "&")
}

#[actix_web::test]
async fn every_form_of_pairing_leaves_an_event_and_does_nothing_where_it_cannot() {
    let mut feed = Feed::pairing().await;
    feed.people = people(0..8);
    // Without a number nothing is certain, and all of them are suggested.
    let ids: Vec<_> = (0..8)
        .map(|n| {
            let mut ours = person(n);
            ours.nhs_number = None;
            feed.resident(&ours).0
        })
        .collect();
    feed.sync();
    let app = &feed.connected.app;
    let (org, mut walk) = (app.cast.willow, Walk::of(app));
    let manager = app.new_visitor(&app.cast.manager);
    let page_of = |local| links::suggested_pairing(org, "nourish", "residents", local);
    let act = |local, act| links::pairing_act(org, "nourish", "residents", local, act);

    let refusals = act(ids[0], "refusals");
    // *Yes* and *No* are buttons of one form.
    let fields = form(&manager.get(&page_of(ids[0])).await, &page_of(ids[0]));
    walk.by("/org/{org}/pairing/{vendor}/{kind}/{local}/refusals", &manager, &refusals, fields).await;
    let withdraw = action(&manager.get(&page_of(ids[0])).await, "/withdraw");
    let pattern = "/org/{org}/pairing/{vendor}/{kind}/{local}/refusals/{record}/withdraw";
    walk.by(pattern, &manager, &withdraw, Vec::new()).await;

    let fields = form(&manager.get(&page_of(ids[0])).await, &page_of(ids[0]));
    let record = fields.iter().find(|(name, _)| *name == "record").map(|(_, id)| id.clone()).unwrap();
    walk.by("/org/{org}/pairing/{vendor}/{kind}/{local}", &manager, &page_of(ids[0]), fields).await;

    // Somebody else gets the record, and gives it back.
    let swap = act(ids[1], "swap");
    let fields = form(&manager.get(&format!("{swap}?record={record}")).await, &swap);
    let to = walk.by("/org/{org}/pairing/{vendor}/{kind}/{local}/swap", &manager, &swap, fields).await;
    let undo = action(&manager.get(&to).await, "/undo-swap");
    walk.by("/org/{org}/pairing/{vendor}/{kind}/undo-swap", &manager, &undo, Vec::new()).await;

    let ask = act(ids[1], "ask");
    walk.by("/org/{org}/pairing/{vendor}/{kind}/{local}/ask", &manager, &ask, Vec::new()).await;
    let unlink = act(ids[0], "unlink");
    let fields = form(&manager.get(&unlink).await, &unlink);
    walk.by("/org/{org}/pairing/{vendor}/{kind}/{local}/unlink", &manager, &unlink, fields).await;

    let until =
        [("until_day", "1"), ("until_month", "12"), ("until_year", "2026"), ("reason", "In hospital")];
    let fields = until.map(|(name, value)| (name, value.to_owned())).into();
    let pattern = "/org/{org}/pairing/{vendor}/{kind}/{local}/parking";
    walk.by(pattern, &manager, &act(ids[1], "parking"), fields).await;
    let back = act(ids[1], "bring-back");
    walk.by("/org/{org}/pairing/{vendor}/{kind}/{local}/bring-back", &manager, &back, Vec::new()).await;

    let many = links::confirm_many(org, "nourish", "residents");
    let fields = form(&manager.get(&many).await, &many);
    let to = walk.by("/org/{org}/pairing/{vendor}/{kind}/confirm-many", &manager, &many, fields).await;
    let undo = action(&manager.get(&to).await, "/undo-batch");
    walk.by("/org/{org}/pairing/{vendor}/{kind}/undo-batch", &manager, &undo, Vec::new()).await;

    let forms =
        routes::table().into_iter().filter(|line| line.method == Method::POST && line.path.starts_with(ROOT));
    let forms: BTreeSet<&str> = forms.map(|line| line.path).collect();
    assert_eq!(forms.difference(&walk.done).collect::<Vec<_>>(), [&""; 0], "forms that nobody sent");
    println!("{} of {} forms: {} events", walk.done.len(), forms.len(), walk.events);
}
