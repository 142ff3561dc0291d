//! The pages that an invitation's link leads to, ready to be printed.

use askama::Template;

use crate::domain::access::Actor;
use crate::domain::relatives::{Contact, Ending, LinkKind, Seen};
use crate::kit::names::fold;
use crate::links;
use crate::web::error::Fault;
use crate::web::freshness;
use crate::web::ui::{Shell, filters};
use crate::web::visit::Visit;

/// A secret that nobody was given.
#[derive(Template)]
#[template(path = "invitations/unknown.html")]
pub struct Unknown {
    pub shell: Shell,
}

/// A new account for the invited.
#[derive(Template)]
#[template(path = "invitations/join.html")]
pub struct Join {
    pub shell: Shell,
    pub home: String,
    pub first_name: String,
    pub name: String,
    pub email: String,
    pub relationship: String,
    pub action: String,
    pub wrong: String,
    pub decline: String,
}

impl Join {
    pub fn new(visit: &Visit, seen: &Seen) -> Result<Self, Fault> {
        let token = visit.part("token")?;
        let mut shell = visit.shell(format!("See how {} is getting on", seen.first_name));
        shell.nav.clear();
        Ok(Self {
            shell,
            home: seen.contact.home.clone(),
            first_name: seen.first_name.clone(),
            name: seen.invitation.name.clone(),
            email: seen.invitation.email.clone(),
            relationship: seen.invitation.relationship.clone(),
            action: links::invite(token),
            wrong: links::invite_act(token, "wrong"),
            decline: links::invite_act(token, "decline"),
        })
    }
}

/// A new account for somebody who joins by a printed code.
#[derive(Template)]
#[template(path = "invitations/join_on_paper.html")]
pub struct JoinOnPaper {
    pub shell: Shell,
    pub home: String,
    pub first_name: String,
    pub name: String,
    pub relationship: String,
    pub sign_in_name: String,
    pub email: String,
    pub action: String,
    pub address: String,
    pub sign_in: String,
    pub wrong: String,
    pub decline: String,
}

impl JoinOnPaper {
    pub fn new(visit: &Visit, seen: &Seen, sign_in_name: String) -> Result<Self, Fault> {
        let token = visit.part("token")?;
        let mut shell = visit.shell(format!("See how {} is getting on", seen.first_name));
        shell.nav.clear();
        Ok(Self {
            shell,
            home: seen.contact.home.clone(),
            first_name: seen.first_name.clone(),
            name: seen.invitation.name.clone(),
            relationship: seen.invitation.relationship.clone(),
            sign_in_name,
            email: String::new(),
            action: links::invite(token),
            address: links::invite_act(token, "address"),
            sign_in: format!("{}?next={}", links::sign_in(), links::encode(&links::invite(token))),
            wrong: links::invite_act(token, "wrong"),
            decline: links::invite_act(token, "decline"),
        })
    }
}

/// There is an account already: sign in and come back.
#[derive(Template)]
#[template(path = "invitations/sign_in.html")]
pub struct SignIn {
    pub shell: Shell,
    pub home: String,
    pub first_name: String,
    pub email: String,
    pub go: String,
    pub wrong: String,
    pub decline: String,
}

impl SignIn {
    pub fn new(visit: &Visit, seen: &Seen) -> Result<Self, Fault> {
        let token = visit.part("token")?;
        Ok(Self {
            shell: visit.shell(format!("See how {} is getting on", seen.first_name)),
            home: seen.contact.home.clone(),
            first_name: seen.first_name.clone(),
            email: seen.invitation.email.clone(),
            go: format!("{}?next={}", links::sign_in(), links::encode(&links::invite(token))),
            wrong: links::invite_act(token, "wrong"),
            decline: links::invite_act(token, "decline"),
        })
    }
}

/// Somebody is signed in: as the invited, or as somebody else.
#[derive(Template)]
#[template(path = "invitations/add.html")]
pub struct Add {
    pub shell: Shell,
    pub home: String,
    pub first_name: String,
    pub invited: String,
    pub mine: String,
    pub my_email: String,
    pub is_other: bool,
    /// Why that is somebody else.
    pub whose: String,
    /// What the home sees of it.
    pub told: &'static str,
    pub action: String,
    pub leave: String,
    pub decline: String,
}

impl Add {
    pub fn new(visit: &Visit, seen: &Seen, actor: &Actor) -> Result<Self, Fault> {
        let token = visit.part("token")?;
        let mut shell = visit.shell(format!("See how {} is getting on", seen.first_name));
        shell.nav.clear();
        let (is_other, whose, told) = if seen.kind == LinkKind::Paper {
            let other = fold(actor.name()) != fold(&seen.invitation.name);
            (other, format!("The letter is for {}.", seen.invitation.name), "can see which account you used")
        } else {
            let email = &seen.invitation.email;
            let other = actor.email() != email;
            (other, format!("The letter went to {email}."), "can see that you used another address")
        };
        Ok(Self {
            shell,
            home: seen.contact.home.clone(),
            first_name: seen.first_name.clone(),
            invited: seen.invitation.name.clone(),
            mine: actor.name().to_owned(),
            my_email: actor.email().to_owned(),
            is_other,
            whose,
            told,
            action: links::invite_act(token, "add"),
            leave: links::invite_act(token, "leave"),
            decline: links::invite_act(token, "decline"),
        })
    }
}

/// A link that does not work any more, why, and what to do.
#[derive(Template)]
#[template(path = "invitations/ended.html")]
pub struct Ended {
    pub shell: Shell,
    pub words: String,
    pub call: String,
    /// Where to ask for a new one, if that helps.
    pub renew: Option<String>,
    pub sign_in: bool,
    pub family: bool,
}

impl Ended {
    pub fn new(visit: &Visit, seen: &Seen) -> Result<Self, Fault> {
        let home = &seen.contact.home;
        let on_paper = seen.kind == LinkKind::Paper;
        let (title, words) = match seen.ending {
            Ending::Expired(at) => {
                let day = freshness::on_day(visit, at);
                let what = if on_paper { "The code of this letter" } else { "This invitation" };
                ("This invitation has run out", format!("{what} ran out on {day}."))
            }
            Ending::Replaced if on_paper => (
                "A newer letter was made",
                format!("{home} has made you a newer letter since this one. Use the newest."),
            ),
            Ending::Replaced => (
                "A newer link was sent",
                "We have sent you a newer letter since this one. Use the link in the newest letter."
                    .to_owned(),
            ),
            Ending::Joined => ("You have already joined", "This invitation has been used.".to_owned()),
            Ending::Withdrawn => {
                ("This invitation has been withdrawn", format!("{home} has withdrawn this invitation."))
            }
            Ending::Declined => (
                "Thank you for telling us",
                format!("You said that this invitation is not for you. {home} can see that."),
            ),
            Ending::Gone | Ending::Open => {
                ("This page is not there any more", format!("{home} does not share this page any more."))
            }
        };
        let again = matches!(seen.ending, Ending::Expired(_) | Ending::Replaced) && !on_paper;
        let joined = seen.ending == Ending::Joined;
        let renew = links::invite_act(visit.part("token")?, "renew");
        let mut shell = visit.shell(title);
        shell.nav.clear();
        Ok(Self {
            shell,
            words,
            call: match (joined, on_paper) {
                (true, _) => String::new(),
                (_, true) => format!("{} They print you a new letter.", Contact::call(&seen.contact)),
                _ => Contact::call(&seen.contact),
            },
            renew: again.then_some(renew),
            sign_in: joined && visit.actor().is_none(),
            family: joined && visit.actor().is_some(),
        })
    }
}

/// A new letter is on its way.
#[derive(Template)]
#[template(path = "invitations/sent.html")]
pub struct Sent {
    pub shell: Shell,
    pub to: String,
    pub on_paper: bool,
    pub call: String,
}

/// What is wrong with the invitation, in the words of the invited.
#[derive(Template)]
#[template(path = "invitations/wrong.html")]
pub struct Wrong {
    pub shell: Shell,
    pub home: String,
    pub action: String,
    pub back: String,
    pub words: String,
}

impl Wrong {
    pub fn new(visit: &Visit, seen: &Seen, words: String) -> Result<Self, Fault> {
        let token = visit.part("token")?;
        Ok(Self {
            shell: visit.shell("Tell us what is wrong"),
            home: seen.contact.home.clone(),
            action: links::invite_act(token, "wrong"),
            back: links::invite(token),
            words,
        })
    }
}

/// `p•••@example.org`: enough to know one's own address by.
pub fn masked(email: &str) -> String {
    let (name, host) = email.split_once('@').unwrap_or((email, ""));
    format!("{}•••@{host}", name.chars().next().unwrap_or('•'))
}
