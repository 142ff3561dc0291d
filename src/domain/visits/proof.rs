//! Proof of a visit: who signed that it was made, with what they drew, and where it was, where the practitioner agreed.
//!
//! What is signed is hashed in parts as it stands at that moment, and the hash of all stands in the audit trail's chain
//! too: whoever changes the steps, the note, the pictures or the signature later is found when it is read, with which
//! part it was. What was drawn and the place are sealed. A place is kept to about a hundred metres and never finer.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use super::strokes::Strokes;
use super::{SUBJECT, Sees, Visit, store};
use crate::db::{Conn, Tx, text_enum};
use crate::domain::Refusal;
use crate::domain::access::Scope;
use crate::domain::audit::{self, Event};
use crate::domain::coverage::{self, Postcode};
use crate::domain::organisations::readable_name;
use crate::kit::ids::VisitId;
use crate::kit::sealed::{KeyRing, Unsealable};
use crate::kit::secret::{Secret, fingerprint, hex, unhex};

text_enum! {
    /// Who signs.
    pub enum Relationship {
        Patient = "patient",
        Relative = "relative",
        CareWorker = "care worker",
        Practitioner = "practitioner",
    }
}

impl Relationship {
    pub fn words(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Relative => "Relative",
            Self::CareWorker => "Care worker",
            Self::Practitioner => "Practitioner",
        }
    }
}

/// Where a visit was, in thousandths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    latitude: i32,
    longitude: i32,
}

impl Spot {
    /// Reads `53.992,-1.542`; finer figures are cut.
    fn parse(text: &str) -> Option<Self> {
        let (latitude, longitude) = text.split_once(',')?;
        let spot = Self { latitude: thousandths(latitude)?, longitude: thousandths(longitude)? };
        (spot.latitude.abs() <= 90_000 && spot.longitude.abs() <= 180_000).then_some(spot)
    }

    /// `53.992, -1.542`, with how far the middle of an address's district is, where that is known.
    pub fn words(self, address: &str) -> String {
        let (latitude, longitude) = (f64::from(self.latitude) / 1000.0, f64::from(self.longitude) / 1000.0);
        let words = format!("{latitude:.3}, {longitude:.3}, to about 100 metres");
        let postcode = Postcode::parse(address);
        let away = postcode.and_then(|at| Some((coverage::miles_from((latitude, longitude), &at)?, at)));
        match away {
            Some((miles, at)) => format!("{words}; {miles:.1} miles from the middle of {}", at.district()),
            None => words,
        }
    }
}

fn thousandths(text: &str) -> Option<i32> {
    let text = text.trim();
    let (sign, plain) = text.strip_prefix('-').map_or((1, text), |plain| (-1, plain));
    let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
    let is_number = |text: &str| text.chars().all(|sign| sign.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || !is_number(whole) || !is_number(part) {
        return None;
    }
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    Some(sign * (whole.parse::<i32>().ok()? * 1000 + part.parse::<i32>().ok()?))
}

/// What was typed and drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedProof {
    pub signer: String,
    pub relationship: String,
    pub strokes: String,
    /// The practitioner agrees to the place.
    pub consent: bool,
    pub place: String,
}

/// A proof that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProof {
    signer: String,
    relationship: String,
    strokes: Strokes,
    place: Option<Spot>,
}

impl TypedProof {
    /// None where nobody signed and no place is given. A place counts only with the consent, and one that cannot be
    /// read is none: the visit is completed all the same.
    ///
    /// # Errors
    /// `Invalid` on `signer`, `relationship` or `strokes`.
    pub fn read(&self) -> Result<Option<NewProof>, Refusal> {
        let strokes = Strokes::parse(&self.strokes).ok_or_else(|| {
            let words = "This drawing cannot be kept. Clear it, and sign again or leave the name only";
            Refusal::invalid("strokes", words)
        })?;
        let place = Spot::parse(&self.place).filter(|_| self.consent);
        let signs = !self.signer.trim().is_empty() || !strokes.is_empty();
        if !signs && place.is_none() {
            return Ok(None);
        }
        let (mut signer, mut relationship) = (String::new(), String::new());
        if signs {
            signer = readable_name("signer", &self.signer, "who signed")?;
            let who = Relationship::parse(self.relationship.trim());
            let who = who.ok_or_else(|| Refusal::invalid("relationship", "Choose who signed"))?;
            who.as_str().clone_into(&mut relationship);
        }
        Ok(Some(NewProof { signer, relationship, strokes, place }))
    }
}

impl NewProof {
    pub fn has_place(&self) -> bool {
        self.place.is_some()
    }
}

/// A proof as kept. What is sealed is open here where the key opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Empty where only the place was added.
    pub signer: String,
    pub relationship: Option<Relationship>,
    pub strokes: Strokes,
    pub place: Option<Spot>,
    pub signed_at: NaiveDateTime,
    pub kept_by: String,
    pub check: Check,
}

/// Whether what was signed is what stands there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    Unchanged,
    /// What is another now.
    Changed(Vec<&'static str>),
    /// The key that sealed it is not here.
    Unreadable,
}

impl Check {
    pub fn words(&self) -> String {
        match self {
            Self::Unchanged => "Unchanged since it was signed".to_owned(),
            Self::Changed(what) => format!("Changed since it was signed: {}", what.join(", ")),
            Self::Unreadable => {
                "It cannot be checked: the drawing and the place do not open with the sealing key that the portal has"
                    .to_owned()
            }
        }
    }
}

/// A row, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub visit: VisitId,
    pub signer: String,
    pub relationship: String,
    pub sealed: String,
    pub parts: String,
    pub digest: String,
    pub signed_at: NaiveDateTime,
    pub kept_by: String,
}

/// What is sealed of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Private {
    strokes: String,
    place: Option<Spot>,
}

/// The audit's word.
const SIGNED: &str = "visit.signed";

/// Keeps the proof of a visit that is completed just now.
pub(super) fn keep<R: Sees>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    visit: &Visit,
    new: &NewProof,
    at: NaiveDateTime,
) -> Result<(), Refusal> {
    let private = Private { strokes: new.strokes.text().to_owned(), place: new.place };
    let mut row = Row {
        visit: visit.id,
        signer: new.signer.clone(),
        relationship: new.relationship.clone(),
        sealed: sealed(tx.keys().as_deref(), visit.id, &private)?,
        parts: String::new(),
        digest: String::new(),
        signed_at: at,
        kept_by: scope.by().name.clone(),
    };
    row.parts = parts(tx.conn, visit, &row, &private)?.join(" ");
    row.digest = fingerprint(&row.parts);
    store::insert_proof(tx, &row)?;
    let signed = match Relationship::parse(&row.relationship) {
        Some(who) => format!("kept the signature of the {}", who.as_str()),
        None => "kept the place".to_owned(),
    };
    let words = format!("{signed} ({} of {})", visit.task.name, visit.patient.name);
    let event = Event::new(SIGNED, words).about(SUBJECT, visit.id.0);
    audit::record(tx, scope, event.with(serde_json::json!({ "sha256": row.digest })))?;
    Ok(())
}

fn binding(visit: VisitId) -> String {
    format!("visit_proofs|{visit}|sealed")
}

/// Where a database was opened without keys it is kept as it is.
fn sealed(keys: Option<&KeyRing>, visit: VisitId, private: &Private) -> Result<String, Refusal> {
    let plain = serde_json::to_string(private).map_err(|cause| Refusal::Broken(cause.to_string()))?;
    match keys {
        Some(keys) => Ok(hex(&keys.seal(&binding(visit), &Secret::new(plain))?)),
        None => Ok(plain),
    }
}

fn opened(keys: &KeyRing, row: &Row) -> Result<Private, Unsealable> {
    let plain = if row.sealed.starts_with('{') {
        Secret::new(row.sealed.clone())
    } else {
        let sealed = unhex(&row.sealed).ok_or(Unsealable::Damaged)?;
        keys.open(&binding(row.visit), &sealed)?
    };
    serde_json::from_str(plain.reveal()).map_err(|_form| Unsealable::Damaged)
}

/// What the parts are called, in their order.
const PARTS: [&str; 6] =
    ["the task", "the steps", "the note and the readings", "the pictures", "the signature", "the place"];

/// The hash of each part as it is now.
fn parts(conn: &mut Conn, visit: &Visit, row: &Row, private: &Private) -> Result<Vec<String>, Refusal> {
    let at = |moment: NaiveDateTime| moment.and_utc().timestamp_millis();
    let steps: Vec<serde_json::Value> = store::steps(conn, visit.id)?
        .into_iter()
        .map(|step| {
            let done = step.done.map(|(when, by)| (at(when), by));
            serde_json::json!([step.kind.as_str(), step.words, step.snomed_code, done])
        })
        .collect();
    let pictures: Vec<String> = store::photos(conn, visit.id)?.into_iter().map(|one| one.digest).collect();
    let all = [
        serde_json::json!([
            visit.public_id,
            visit.patient_public_id,
            visit.task_public_id,
            visit.task_number
        ]),
        serde_json::json!(steps),
        serde_json::json!([visit.outcome_note, visit.readings]),
        serde_json::json!(pictures),
        serde_json::json!([row.signer, row.relationship, private.strokes, at(row.signed_at), row.kept_by]),
        serde_json::json!(private.place),
    ];
    Ok(all.iter().map(|part| fingerprint(&part.to_string())).collect())
}

/// The proof of a visit that was read, with whether it still holds; none where nobody signed.
pub fn proof<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    keys: &KeyRing,
    visit: &Visit,
) -> Result<Option<Proof>, Refusal> {
    let Some(row) = store::proof(conn, visit.id)? else { return Ok(None) };
    let (private, check) = match opened(keys, &row) {
        Ok(private) => {
            let now = parts(conn, visit, &row, &private)?;
            let chained = audit::last_of(conn, scope.organisation(), SIGNED, (SUBJECT, visit.id.0))?;
            let check = check(&row, &now, chained.as_deref());
            (private, check)
        }
        Err(_sealed) => (Private::default(), Check::Unreadable),
    };
    Ok(Some(Proof {
        signer: row.signer,
        relationship: Relationship::parse(&row.relationship),
        strokes: Strokes::parse(&private.strokes).unwrap_or_default(),
        place: private.place,
        signed_at: row.signed_at,
        kept_by: row.kept_by,
        check,
    }))
}

/// Compares what is there with what was signed, and that with what the trail says.
fn check(row: &Row, now: &[String], chained: Option<&str>) -> Check {
    let signed: Vec<&str> = row.parts.split(' ').collect();
    let differs =
        |(index, _): &(usize, &&str)| signed.get(*index).copied() != now.get(*index).map(String::as_str);
    let mut changed: Vec<&'static str> =
        PARTS.iter().enumerate().filter(differs).map(|(_, words)| *words).collect();
    let said = chained.and_then(|details| serde_json::from_str::<serde_json::Value>(details).ok());
    let said = said.as_ref().and_then(|details| details.get("sha256")?.as_str());
    if row.digest != fingerprint(&row.parts) || said != Some(row.digest.as_str()) {
        changed.push("what was kept of the signing");
    }
    if changed.is_empty() { Check::Unchanged } else { Check::Changed(changed) }
}

/// Who signed and when, for programs.
pub(super) fn told(
    conn: &mut Conn,
    visit: VisitId,
) -> Result<Option<(Relationship, NaiveDateTime)>, Refusal> {
    let row = store::proof(conn, visit)?;
    Ok(row.and_then(|row| Some((Relationship::parse(&row.relationship)?, row.signed_at))))
}

/// Proofs that are sealed anew in one transaction.
const PIECE: i64 = 100;

/// Seals some anew that another key has sealed; says how many.
///
/// # Errors
/// When one does not open with any key of the ring.
pub fn reseal_proofs(tx: &mut Tx<'_>, keys: &KeyRing) -> Result<usize, Refusal> {
    let rows = store::proofs_not_sealed_by(tx.conn, &keys.beginning(), PIECE)?;
    for row in &rows {
        let private = opened(keys, row)?;
        store::set_proof_sealed(tx, row.visit, &sealed(Some(keys), row.visit, &private)?)?;
    }
    Ok(rows.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_cut_to_a_hundred_metres_and_says_how_far_it_is() {
        let spot = Spot::parse("53.9921234,-1.5418").unwrap();
        assert_eq!(spot, Spot { latitude: 53_992, longitude: -1_541 });
        assert!(spot.words("HG1 1AA").starts_with("53.992, -1.541, to about 100 metres; "));
        assert!(spot.words("HG1 1AA").ends_with(" miles from the middle of HG1"));
        assert_eq!(spot.words("nowhere"), "53.992, -1.541, to about 100 metres");
        assert_eq!(Spot::parse("-0.5,0").unwrap(), Spot { latitude: -500, longitude: 0 });
        for wrong in ["", "53.9", "91,0", "0,181", "a,b", "1e3,0", "NaN,NaN", "53.9,-1.5,10", "--1,0", "٣,1"]
        {
            assert_eq!(Spot::parse(wrong), None, "{wrong}");
        }
    }

    fn typed(signer: &str, relationship: &str, strokes: &str) -> TypedProof {
        TypedProof {
            signer: signer.into(),
            relationship: relationship.into(),
            strokes: strokes.into(),
            consent: false,
            place: "53.992,-1.541".into(),
        }
    }

    #[test]
    fn who_draws_says_who_they_are_and_a_place_needs_its_consent() {
        assert_eq!(TypedProof::default().read().unwrap(), None);
        assert_eq!(typed("", "patient", "").read().unwrap(), None, "a place without consent is none");
        let agreed = TypedProof { consent: true, ..typed("", "", "") };
        assert!(agreed.read().unwrap().unwrap().has_place());
        let kept = typed("Betty Cole", "patient", "1-2-3-4").read().unwrap().unwrap();
        assert!(!kept.has_place());
        let field = |typed: TypedProof| match typed.read() {
            Err(Refusal::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(field(typed("", "patient", "1-2")), "signer");
        assert_eq!(field(typed("Betty Cole", "", "")), "relationship");
        assert_eq!(field(typed("Betty Cole", "neighbour", "")), "relationship");
        assert_eq!(field(typed("Betty Cole", "patient", "1-2-3")), "strokes");
    }

    #[test]
    fn what_changed_is_named() {
        let now: Vec<String> = (0..6).map(|part| part.to_string()).collect();
        let parts = now.join(" ");
        let mut row = Row {
            visit: VisitId(1),
            signer: String::new(),
            relationship: String::new(),
            sealed: String::new(),
            digest: fingerprint(&parts),
            parts,
            signed_at: NaiveDateTime::default(),
            kept_by: String::new(),
        };
        let chained = format!("{{\"sha256\":\"{}\"}}", row.digest);
        assert_eq!(check(&row, &now, Some(&chained)), Check::Unchanged);
        let other: Vec<String> = ["0", "x", "2", "y", "4", "5"].map(str::to_owned).into();
        let words = check(&row, &other, Some(&chained)).words();
        assert_eq!(words, "Changed since it was signed: the steps, the pictures");
        // Both rows changed alike: the chain still says what was signed.
        row.parts = other.join(" ");
        row.digest = fingerprint(&row.parts);
        let words = check(&row, &other, Some(&chained)).words();
        assert_eq!(words, "Changed since it was signed: what was kept of the signing");
        assert!(matches!(check(&row, &other, None), Check::Changed(_)));
    }
}
