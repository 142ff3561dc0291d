//! Every form of relatives leaves an event, and does nothing where it cannot (LG-2).

use std::collections::BTreeSet;

use actix_web::http::Method;
use kinbridge::domain::relatives::NewInvitation;
use kinbridge::kit::codes;
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::ids::InvitationId;
use kinbridge::links;
use kinbridge::web::routes;

use super::paper::code_on;
use super::{NEW_PASSWORD, anna, invite, invited, link_to, newest, sealed};
use crate::audit_trail::acts::{Fields, Walk, of_families};
use crate::support::TestApp;

#[actix_web::test]
async fn every_form_of_relatives_leaves_an_event() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    let (willow, mut walk) = (app.cast.willow, Walk::of(&app));
    let mary = app.new_visitor(&app.cast.super_manager);
    let seal = sealed(&mary, joan);
    let fields = |pairs: &[(&'static str, &str)]| -> Fields<'static> {
        pairs
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .chain([("about", seal.clone())])
            .collect()
    };
    let to = links::resident_relatives(willow, joan);
    let typed = [("name", "Bella"), ("email", "bella@family.example"), ("relationship", "Niece")];
    walk.by("/org/{org}/residents/{resident}/relatives", &mary, &to, fields(&typed)).await;
    let bella = InvitationId(app.number("SELECT MAX(id) FROM invitations"));
    let pattern = "/org/{org}/residents/{resident}/invitations/{invitation}";
    let to = links::resident_invitation(willow, joan, bella);
    walk.by(pattern, &mary, &to, fields(&[("act", "resend")])).await;
    walk.by(pattern, &mary, &to, fields(&[("act", "correct"), ("email", "b@family.example")])).await;
    let to = links::resident_consents(willow, joan);
    let typed = [("topic", "photos"), ("decision", "given"), ("basis", "own")];
    walk.by("/org/{org}/residents/{resident}/consents", &mary, &to, fields(&typed)).await;
    let list = links::settings_relatives(willow);
    let typed = [("act", "revoke"), ("which", "all"), ("q", "Bella")];
    walk.by("/org/{org}/settings/relatives", &mary, &list, fields(&typed)).await;
    let typed = [("primary_limit", "5"), ("memorial_days", "30"), ("primary_invites", "yes")];
    let rules = links::settings_relatives_rules(willow);
    walk.by("/org/{org}/settings/relatives/rules", &mary, &rules, fields(&typed)).await;

    let to = links::bereavement(willow, joan);
    for act in ["begin", "undo"] {
        walk.by("/org/{org}/residents/{resident}/bereavement", &mary, &to, fields(&[("act", act)])).await;
    }
    let home = links::place_contact(willow, app.cast.willow_house);
    let typed = [("telephone", "01234 567890"), ("address", "12 Mill Lane")];
    walk.by("/org/{org}/places/{place}/contact", &mary, &home, fields(&typed)).await;

    let typed = [("name", "George"), ("relationship", "Brother"), ("act", "letter")];
    let here = links::resident_relatives(willow, joan);
    let printed = mary.post(&here, &[typed.as_slice(), &[("about", seal.as_str())]].concat()).await;
    let george = links::invite(codes::read(&code_on(&printed)).unwrap().reveal());
    let (to, george) = (format!("{george}/address"), app.signed_out());
    walk.by("/invite/{token}/address", &george, &to, fields(&[("email", "george@family.example")])).await;

    let somebody = app.signed_out();
    walk.by("/invite/{token}/wrong", &somebody, &format!("{link}/wrong"), fields(&[("words", "Anne")])).await;
    walk.by("/invite/{token}/renew", &somebody, &format!("{link}/renew"), fields(&[])).await;
    let link = link_to(&app, "anna@family.example");
    walk.by("/invite/{token}", &somebody, &link, fields(&[("password", NEW_PASSWORD)])).await;
    app.write(|tx| {
        diesel::RunQueryDsl::execute(diesel::sql_query("UPDATE relatives SET is_primary = TRUE"), tx.conn)?;
        Ok(())
    });
    let id = newest(&app);
    let typed = [("name", "Dora"), ("email", "dora@family.example"), ("relationship", "Niece")];
    walk.by("/family/{relative}/invite", &somebody, &links::family_act(id, "invite"), fields(&typed)).await;
    let typed = [("how_often", "daily"), ("topic-activities", "yes")];
    walk.by("/family/letters", &somebody, &links::family_letters(), fields(&typed)).await;
    let secret = "0123456789abcdef";
    crate::digests::plant(&app, secret);
    let to = links::stop_letters(secret);
    walk.by("/stop-letters/{token}", &app.signed_out(), &to, fields(&[])).await;
    let to = links::resident_relative(willow, joan, id);
    let typed = [("act", "save"), ("relationship", "Aunt")];
    walk.by("/org/{org}/residents/{resident}/relatives/{relative}", &mary, &to, fields(&typed)).await;
    walk.by("/family/{relative}/leave", &somebody, &links::family_act(id, "leave"), fields(&[])).await;

    let email = EmailAddress::parse("carl@family.example").unwrap();
    invite(&app, joan, &NewInvitation { name: "Carl".into(), email, ..anna() });
    let link = link_to(&app, "carl@family.example");
    let peter = app.new_visitor(&app.cast.relative);
    walk.by("/invite/{token}/leave", &peter, &format!("{link}/leave"), fields(&[])).await;
    let peter = app.new_visitor(&app.cast.relative);
    walk.by("/invite/{token}/add", &peter, &format!("{link}/add"), fields(&[])).await;
    let link = link_to(&app, "dora@family.example");
    walk.by("/invite/{token}/decline", &app.signed_out(), &format!("{link}/decline"), fields(&[])).await;

    let forms =
        routes::table().into_iter().filter(|line| line.method == Method::POST && of_families(line.path));
    let forms: BTreeSet<&str> = forms.map(|line| line.path).collect();
    assert_eq!(forms.difference(&walk.done).collect::<Vec<_>>(), [&""; 0], "forms that nobody sent");
    println!("{} of {} forms: {} events", walk.done.len(), forms.len(), walk.events);
}
