//! One request of a profile, before it is sent: method, the headers that always go with it, and the credential in the
//! one place that the profile names. Sends nothing, and makes none for another origin than the credential's.

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Url};

use super::address::BaseUrl;
use super::http::{Asked, Engine};
use super::profile::{CredentialLine, Method, Place, Value};
use super::{Credential, FailureKind, Secret};

impl Engine {
    pub(super) fn request(
        &self,
        base: &BaseUrl,
        url: Url,
        asked: &Asked<'_>,
    ) -> Result<RequestBuilder, FailureKind> {
        let credential = asked.credential;
        if !base.owns(&url) || credential.origin().is_some_and(|origin| origin != base.origin()) {
            return Err(FailureKind::AddressChanged);
        }
        let client = self.client(base)?;
        let request = match asked.method {
            Method::Get => client.get(url),
            Method::Post => {
                let body = asked.body.clone().unwrap_or_else(|| "{}".to_owned());
                client.post(url).header(CONTENT_TYPE, "application/json").body(body)
            }
        };
        let mut request = request.headers(asked.profile.always.clone());
        let mut basic = (None, None);
        let lines = if asked.bare { &[] } else { asked.profile.credentials.as_slice() };
        for line in lines {
            let secret = self.secret(line, credential)?;
            match line.place {
                Place::BasicUser => basic.0 = Some(secret),
                Place::BasicPassword => basic.1 = Some(secret),
                // What has no colon is sent all the same: the vendor says what it makes of it.
                Place::BasicPair => {
                    let (user, password) = secret.split_once(':').unwrap_or((secret, ""));
                    basic = (Some(user), Some(password));
                }
                _ => request = placed(request, line, secret)?,
            }
        }
        if let (Some(user), password) = basic {
            request = request.basic_auth(user, password);
        }
        Ok(request.header(ACCEPT, asked.profile.accept.as_str()))
    }

    fn secret<'a>(
        &'a self,
        line: &CredentialLine,
        credential: &'a Credential,
    ) -> Result<&'a str, FailureKind> {
        match line.value {
            Value::Token => Ok(credential.token().expose()),
            Value::Deployment => {
                self.deployment.as_ref().map(Secret::expose).ok_or(FailureKind::NotConfigured)
            }
        }
    }
}

fn placed(
    request: RequestBuilder,
    line: &CredentialLine,
    secret: &str,
) -> Result<RequestBuilder, FailureKind> {
    if line.place == Place::Query {
        return Ok(request.query(&[(line.name.as_str(), secret)]));
    }
    let name = HeaderName::try_from(line.name.as_str());
    let (name, text) = match (line.place, name) {
        (Place::Header, Ok(name)) => (name, secret.to_owned()),
        (Place::Bearer, _) => (reqwest::header::AUTHORIZATION, format!("Bearer {secret}")),
        _ => return Err(FailureKind::NotConfigured),
    };
    if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(FailureKind::CredentialUnusable);
    }
    let mut value = HeaderValue::try_from(text).map_err(|_odd| FailureKind::CredentialUnusable)?;
    value.set_sensitive(true);
    Ok(request.header(name, value))
}
