//! `kinbridge account`: the first accounts, made by whoever runs the machine.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::{Done, Settings, password, say};
use crate::boot;
use crate::config::Config;
use crate::domain::access::{Platform, Role};
use crate::domain::accounts::{self, Hashed, Invited, NewAccount, Rules};
use crate::domain::{Refusal, accounts::Context};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::OrganisationId;
use crate::kit::secret::Secret;
use crate::links;
use crate::services::Services;

#[derive(Args)]
pub(super) struct Account {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Make an account, or give a role to one that is there
    Create(Create),
    /// Take somebody's two-step sign-in away, after a lost telephone
    ResetSecondStep(ResetSecondStep),
}

/// Their password stays; they are signed out everywhere and told by letter.
#[derive(Args)]
struct ResetSecondStep {
    #[arg(long, value_name = "ADDRESS")]
    email: String,
}

impl ResetSecondStep {
    fn run(&self, settings: &Settings) -> Done {
        let Some(email) = EmailAddress::parse(&self.email) else {
            bail!("--email: this is not an email address");
        };
        let services = boot::services(settings.load()?)?;
        let (platform, url) = (Platform::for_the_operator(), services.config.public_url.clone());
        let done: Result<(), Refusal> = services.db.write_now(|tx| {
            let account = accounts::find(tx.conn, &platform, &email)?;
            let account = account.ok_or_else(|| Refusal::overtaken("nobody has that email address"))?;
            accounts::reset_second_step_by_operator(tx, &platform, account, &url)
        });
        done.context("nothing was changed")?;
        say("Done. The person signs in with the password alone, and is told by letter.");
        Ok(ExitCode::SUCCESS)
    }
}

/// The password is read from standard input, or asked for; with none, a link to choose one is printed.
#[derive(Args)]
struct Create {
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// Full name, as others will see it
    #[arg(long)]
    name: String,
    /// Make this person a representative, who runs the installation and makes organisations
    #[arg(long, conflicts_with_all = ["organisation", "role"], required_unless_present = "organisation")]
    representative: bool,
    /// Number of the organisation, as in its address: /org/NUMBER
    #[arg(long, value_name = "NUMBER", requires = "role")]
    organisation: Option<i64>,
    /// super-manager, manager or staff
    #[arg(long, requires = "organisation", value_parser = role)]
    role: Option<Role>,
    /// Print a link to choose a password with, and ask for none
    #[arg(long)]
    link: bool,
    /// Read the password from standard input, without asking
    #[arg(long, conflicts_with = "link")]
    password_stdin: bool,
}

fn role(text: &str) -> Result<Role, String> {
    let role = Role::parse(&text.replace('-', " ")).filter(|role| role.works_here());
    role.ok_or_else(|| "write super-manager, manager or staff".into())
}

impl Account {
    pub(super) fn run(self, settings: &Settings) -> Done {
        let create = match self.act {
            Act::Create(create) => create,
            Act::ResetSecondStep(reset) => return reset.run(settings),
        };
        let Some(email) = EmailAddress::parse(&create.email) else {
            bail!("--email: this is not an email address");
        };
        let config = settings.load()?;
        let wanted = if create.link { None } else { password::ask("Password (empty: print a link)")? };
        if create.password_stdin && wanted.is_none() {
            bail!("--password-stdin: standard input holds no password");
        }
        let wanted = wanted.map(|typed| fit(&config, &create, &typed)).transpose()?;
        let services = boot::services(config)?;
        let hashed = wanted.map(|password| services.hasher.hash_now(&password)).transpose()?;
        let link = make(&services, &create, email, hashed)?;
        tell(&services, link);
        Ok(ExitCode::SUCCESS)
    }
}

fn fit(config: &Config, create: &Create, typed: &Secret) -> anyhow::Result<Secret> {
    let rules = Rules { breached: config.breached_passwords.clone(), ..Rules::default() };
    let person = Context(vec![create.email.clone(), create.name.clone()]);
    rules.check(typed.reveal(), &person).context("the password cannot be used")
}

/// The link to choose a password with, for somebody who has none.
fn make(
    services: &Services,
    create: &Create,
    email: EmailAddress,
    hashed: Option<Hashed>,
) -> anyhow::Result<Option<Secret>> {
    let platform = Platform::for_the_operator();
    let new = NewAccount { email, name: create.name.clone() };
    let member = create.organisation.map(OrganisationId).zip(create.role);
    let made: Result<_, Refusal> = services.db.write_now(|tx| {
        let Invited { account, link, .. } = match member {
            Some((organisation, role)) => {
                accounts::add_member_by_platform(tx, &platform, organisation, &new, role)?
            }
            None => accounts::create_representative(tx, &platform, &new)?,
        };
        let Some(hashed) = &hashed else { return Ok(link) };
        accounts::set_password(tx, &platform, account, hashed)?;
        Ok(None)
    });
    made.context("no account was made")
}

fn tell(services: &Services, link: Option<Secret>) {
    let url = &services.config.public_url;
    match link {
        Some(link) => {
            say("Made. This link, for 72 hours and once, is where the person chooses a password:");
            say(&format!("{url}{}", links::activate(link.reveal())));
        }
        None => say(&format!("Made. Sign in at {url}{}", links::sign_in())),
    }
}
