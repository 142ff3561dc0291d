//! The people of every test, made once through the domain's own verbs.

use diesel::prelude::*;
use kinbridge::db::{Db, Tx};
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ManagePeople, Permission, Platform, Role, Scope};
use kinbridge::domain::accounts::{self, Hashed, NewAccount};
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::ids::{AccountId, MembershipId, OrganisationId, PlaceId};

/// The password of everybody who has one.
pub const PASSWORD: &str = "teapot glacier violin";

/// Who and what there is.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Willow House Group: homes Willow House (zones Garden Wing, Oak Wing) and Oak Court.
    pub willow: OrganisationId,
    /// Elm Trust, the other organisation: home Elm Lodge.
    pub elm: OrganisationId,
    pub willow_house: PlaceId,
    pub garden_wing: PlaceId,
    pub oak_wing: PlaceId,
    pub oak_court: PlaceId,
    pub elm_lodge: PlaceId,
    /// rep@kinbridge.example
    pub rep: Person,
    /// Mary Jones, mary@willow.example
    pub super_manager: Person,
    /// Ben Carter, ben@willow.example
    pub manager: Person,
    /// Amina Yusuf, amina@willow.example, assigned to Garden Wing only
    pub staff: Person,
    /// Tom Reed, tom@willow.example: a manager from whom every permission was taken but opening the pages
    pub colleague: Person,
    /// Peter Smith, peter@family.example
    pub relative: Person,
    /// Ruth Elm, ruth@elm.example, super manager of Elm Trust
    pub stranger: Person,
    /// Olga Penn, olga@willow.example: invited, has set no password
    pub invited: Person,
    /// Dan Shaw, dan@willow.example: his account has been closed
    pub disabled: Person,
}

#[derive(Clone, Debug)]
pub struct Person {
    pub account: AccountId,
    /// In the first organisation that they were put in; none for the representative.
    pub membership: Option<MembershipId>,
    pub email: &'static str,
    pub name: &'static str,
}

impl Cast {
    pub(super) fn make(db: &Db, password: &Hashed) -> Self {
        db.write_now(|tx| make(tx, password)).expect("the cast can be made")
    }
}

fn make(tx: &mut Tx<'_>, password: &Hashed) -> Result<Cast, Refusal> {
    let operator = Platform::for_the_operator();
    let willow = organisation(tx, "Willow House Group");
    let elm = organisation(tx, "Elm Trust");
    let willow_house = place(tx, willow, None, "home", "Willow House");
    let garden_wing = place(tx, willow, Some(willow_house), "zone", "Garden Wing");
    let oak_wing = place(tx, willow, Some(willow_house), "zone", "Oak Wing");
    let oak_court = place(tx, willow, None, "home", "Oak Court");
    let elm_lodge = place(tx, elm, None, "home", "Elm Lodge");

    let member = |tx: &mut Tx<'_>, organisation, email, name, role| {
        let invited = accounts::add_member_by_platform(tx, &operator, organisation, &new(email, name), role)?;
        Ok::<_, Refusal>(Person { account: invited.account, membership: invited.membership, email, name })
    };
    let super_manager = member(tx, willow, "mary@willow.example", "Mary Jones", Role::SuperManager)?;
    let manager = member(tx, willow, "ben@willow.example", "Ben Carter", Role::Manager)?;
    let staff = member(tx, willow, "amina@willow.example", "Amina Yusuf", Role::Staff)?;
    let colleague = member(tx, willow, "tom@willow.example", "Tom Reed", Role::Manager)?;
    let relative = member(tx, willow, "peter@family.example", "Peter Smith", Role::Relative)?;
    let stranger = member(tx, elm, "ruth@elm.example", "Ruth Elm", Role::SuperManager)?;
    let invited = member(tx, willow, "olga@willow.example", "Olga Penn", Role::Staff)?;
    let disabled = member(tx, willow, "dan@willow.example", "Dan Shaw", Role::Staff)?;
    let (email, name) = ("rep@kinbridge.example", "Alex Platt");
    let made = accounts::create_representative(tx, &operator, &new(email, name))?;
    let rep = Person { account: made.account, membership: None, email, name };

    for person in [&super_manager, &manager, &staff, &colleague, &relative, &stranger, &disabled, &rep] {
        accounts::set_password(tx, &operator, person.account, password)?;
    }
    accounts::disable(tx, &operator, disabled.account)?;
    let scope = Scope::<ManagePeople>::for_the_portal(willow);
    accounts::assign_places(tx, &scope, staff.membership.unwrap(), &[garden_wing])?;
    let only_the_door = [Permission::OpenOrganisation].into_iter().collect();
    accounts::change_permissions(tx, &scope, colleague.membership.unwrap(), &only_the_door)?;
    Ok(Cast {
        willow,
        elm,
        willow_house,
        garden_wing,
        oak_wing,
        oak_court,
        elm_lodge,
        rep,
        super_manager,
        manager,
        staff,
        colleague,
        relative,
        stranger,
        invited,
        disabled,
    })
}

fn new(email: &str, name: &str) -> NewAccount {
    NewAccount { email: EmailAddress::parse(email).unwrap(), name: name.into() }
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    id: i64,
}

fn organisation(tx: &mut Tx<'_>, name: &str) -> OrganisationId {
    OrganisationId(insert(
        tx,
        "organisations",
        "name, kind, sector, time_zone, guard_percent, guard_people, active_residents, archived_residents, created_at",
        &format!("'{name}', 'company', 'care home', 'Europe/London', 10, 5, 0, 0, '2026-11-01 09:00:00'"),
    ))
}

fn place(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    parent: Option<PlaceId>,
    kind: &str,
    name: &str,
) -> PlaceId {
    let (parent, folded) = (parent.map_or("NULL".into(), |id| id.to_string()), name.to_lowercase());
    PlaceId(insert(
        tx,
        "places",
        "organisation_id, parent_id, kind, name, name_folded, created_at",
        &format!("{organisation}, {parent}, '{kind}', '{name}', '{folded}', '2026-11-01 09:00:00'"),
    ))
}

/// A row of a table whose feature has no verb to make it yet; its id.
pub fn insert(tx: &mut Tx<'_>, table: &str, columns: &str, values: &str) -> i64 {
    diesel::sql_query(format!("INSERT INTO {table} ({columns}) VALUES ({values})")).execute(tx.conn).unwrap();
    let newest: Id =
        diesel::sql_query(format!("SELECT MAX(id) AS id FROM {table}")).get_result(tx.conn).unwrap();
    newest.id
}
