//! What a simulator was asked, for its page of faults and for tests. Holds no secret: of a key only the end is kept.

use actix_web::HttpRequest;

/// A question that was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// GET, POST …
    pub method: String,
    /// The path without query; a key that is part of it is masked.
    pub path: String,
    /// The names of the headers, in small letters.
    pub headers: Vec<String>,
    /// The token or key that was shown, with all but its last four characters hidden.
    pub token: Option<String>,
    /// The status of the answer.
    pub status: u16,
}

impl Call {
    /// A question with the key that it showed, wherever that stood.
    pub(super) fn of(request: &HttpRequest, key: Option<&str>) -> Self {
        let path = request.path();
        let path = match key.filter(|key| !key.is_empty()) {
            Some(key) => path.replace(key, &masked(key)),
            None => path.to_owned(),
        };
        Self {
            method: request.method().to_string(),
            path,
            headers: request.headers().keys().map(|name| name.as_str().to_owned()).collect(),
            token: key.map(masked),
            status: 0,
        }
    }
}

/// The end of a secret, if it is long enough to have one that gives nothing away.
pub(super) fn masked(secret: &str) -> String {
    let shown = secret.char_indices().rev().nth(3).filter(|(at, _)| *at > 8).map(|(at, _)| at);
    format!("…{}", shown.and_then(|at| secret.get(at..)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_masked_also_where_it_is_part_of_the_path() {
        let key = "0b6fd1c2-1111-4222-8333-444455556666";
        let request = actix_web::test::TestRequest::with_uri(&format!("/mcm/{key}/communities?Apikey={key}"));
        let call = Call::of(&request.to_http_request(), Some(key));
        assert_eq!((call.path.as_str(), call.token.as_deref()), ("/mcm/…6666/communities", Some("…6666")));
        assert_eq!(masked("short"), "…");
    }
}
