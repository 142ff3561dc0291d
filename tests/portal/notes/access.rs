//! Who reaches session notes.

use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ManageIntegrations, PairRecords, Permission, Scope, ViewAppointments};
use kinbridge::domain::appointments::{self, signatures};
use kinbridge::domain::notes::{self, Wanted};

use super::{World, leahs_note};

#[actix_web::test]
async fn another_organisation_sees_no_note_no_appointment_and_no_signature() {
    let world = World::start().await;
    let id = world.leahs();
    world.take(vec![leahs_note("13:00", "14:00")]);
    let note = world.note("sn-1").id;
    let elm = Scope::<PairRecords>::for_the_portal(world.at.cast.elm);
    let page = world.at.read(|conn| Ok(notes::list(conn, &elm, &Wanted::default(), 0, 10)?));
    assert_eq!(page.rows, []);
    let found = world.at.try_write(|tx| notes::get(tx.conn, &elm, note));
    assert!(matches!(found, Err(Refusal::NotHere)));
    let image = world.session(id).unwrap().therapist.image.unwrap();
    let elms = Scope::<ViewAppointments>::for_the_portal(world.at.cast.elm);
    let shown = world.at.try_write(|tx| appointments::image(tx.conn, &elms, image));
    assert!(matches!(shown, Err(Refusal::NotHere)));
    let no = world.at.try_write(|tx| {
        notes::not_the_same(tx, &Scope::<ManageIntegrations>::for_the_portal(world.at.cast.elm), note)
    });
    assert!(matches!(no, Err(Refusal::NotHere)));
    let took = world.at.try_write(|tx| notes::take(tx, &elm, world.connection, world.run, Vec::new()));
    assert!(matches!(took, Err(Refusal::NotHere)));
}

#[actix_web::test]
async fn somebody_of_one_agency_sees_only_its_notes() {
    let world = World::start().await;
    world.leahs();
    let mut ana = leahs_note("13:00", "14:00");
    (ana.external_id, ana.student_id) = ("sn-9".into(), "st-9".into());
    world.take(vec![leahs_note("13:00", "14:00"), ana]);
    world.at.allow(&world.at.staff, &[Permission::OpenOrganisation, Permission::PairRecords]);
    let scope = world.at.scope_of::<PairRecords>(&world.at.staff);
    let page = world.at.read(|conn| Ok(notes::list(conn, &scope, &Wanted::default(), 0, 10)?));
    let seen: Vec<&str> = page.rows.iter().map(|note| note.external_id.as_str()).collect();
    assert_eq!(seen, ["sn-1"], "nobody knows yet in which agency the other student is");
}

#[actix_web::test]
async fn a_signature_that_was_tampered_with_shows() {
    let world = World::start().await;
    let id = world.leahs();
    world.take(vec![leahs_note("13:00", "14:00")]);
    let image = world.session(id).unwrap().therapist.image.unwrap();
    let scope = world.at.scope::<ViewAppointments>();
    let shown = world.at.read(|conn| appointments::image(conn, &scope, image));
    assert!(shown.intact);
    assert_eq!(shown.media, signatures::Media::Png);
    world.at.write(|tx| {
        let words = format!("UPDATE signature_images SET hash = 'x' || hash WHERE id = {image}");
        diesel::RunQueryDsl::execute(diesel::sql_query(words), tx.conn)?;
        Ok(())
    });
    assert!(!world.at.read(|conn| appointments::image(conn, &scope, image)).intact);
}
