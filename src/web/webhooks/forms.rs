//! What was typed of an endpoint.

use crate::domain::Refusal;
use crate::domain::api_keys::Mode;
use crate::domain::webhooks::{Endpoint, Kind, Wanted};
use crate::web::visit::{Fields, field};

#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub name: String,
    pub url: String,
    pub mode: String,
    pub kinds: Vec<Kind>,
}

impl Typed {
    pub fn of(fields: &Fields) -> Self {
        let text = |name: &str| field(fields, name).to_owned();
        let kinds = Kind::offered().filter(|kind| field(fields, &box_of(*kind)) == "yes");
        Self { name: text("name"), url: text("url"), mode: text("mode"), kinds: kinds.collect() }
    }

    pub fn shown(endpoint: &Endpoint) -> Self {
        Self {
            name: endpoint.name.clone(),
            url: endpoint.url.clone(),
            mode: endpoint.mode.as_str().to_owned(),
            kinds: endpoint.kinds.clone(),
        }
    }

    pub fn mode(&self) -> Result<Mode, Refusal> {
        Mode::parse(&self.mode).ok_or_else(|| Refusal::invalid("mode", "Choose live or test"))
    }

    pub fn wanted(&self, allowed_origins: &[String]) -> Result<Wanted, Refusal> {
        Wanted::read(&self.name, &self.url, &self.kinds, allowed_origins)
    }
}

/// The name of a kind's box: `kind_created`.
pub(super) fn box_of(kind: Kind) -> String {
    format!("kind_{}", kind.as_str().rsplit('.').next().unwrap_or_default())
}
