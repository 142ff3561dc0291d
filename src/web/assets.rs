//! The stylesheet, the scripts and the icon: compiled in, served under an address that changes with the content.
//! It compresses nothing itself (the server's middleware does) and knows no other files.

use actix_web::http::header::{self, CacheDirective, EntityTag, Header, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "static/"]
struct Files;

/// What the layouts name; a program without one of them must not start.
const NEEDED: [&str; 5] = ["portal.css", "portal.js", "offline.js", "signing.js", "favicon.svg"];
const YEAR: u32 = 31_536_000;
/// For a page that was open during an upgrade: it asks for the old digest and gets the new file, briefly.
const SHORT: u32 = 60;

/// Refuses a program that was built, or is run, without its assets.
pub fn check() -> Result<(), String> {
    match NEEDED.into_iter().find(|name| Files::get(name).is_none_or(|f| f.data.is_empty())) {
        None => Ok(()),
        Some(name) => Err(format!("the file static/{name} is missing from this program: build it again")),
    }
}

/// The address of a file, with the first 8 hex digits of its SHA-256; `None` if there is no such file.
pub fn address(name: &str) -> Option<String> {
    Files::get(name).map(|f| format!("/static/{}/{name}", digest(&f)))
}

/// `GET /static/{digest}/{file}`.
pub async fn show(request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (asked, name) = path.into_inner();
    let Some((file, kind)) = Files::get(&name).zip(content_type(&name)) else {
        return HttpResponse::NotFound().finish();
    };
    let digest = digest(&file);
    let (age, lasting) = if asked == digest { (YEAR, true) } else { (SHORT, false) };
    let mut cache = vec![CacheDirective::Public, CacheDirective::MaxAge(age)];
    if lasting {
        cache.push(CacheDirective::Extension("immutable".into(), None));
    }
    // Weak, since the middleware may send the same content compressed.
    let tag = EntityTag::new_weak(digest);
    let known = is_known(&request, &tag);
    let mut reply = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    reply.insert_header(header::CacheControl(cache)).insert_header(header::ETag(tag));
    reply.insert_header(("x-content-type-options", "nosniff"));
    if known { reply.finish() } else { reply.content_type(kind).body(file.data.into_owned()) }
}

fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|t| t.weak_eq(tag)),
        Err(_) => false,
    }
}

fn digest(file: &rust_embed::EmbeddedFile) -> String {
    let [a, b, c, d, ..] = file.metadata.sha256_hash();
    format!("{a:02x}{b:02x}{c:02x}{d:02x}")
}

/// rust-embed names no character set, so the few kinds there are stand here; a file of another kind is not served.
fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml; charset=utf-8"),
        "png" => Some("image/png"),
        "ico" => Some("image/x-icon"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, dev::ServiceResponse};

    use super::*;

    async fn get(path: &str, if_none_match: Option<&str>) -> ServiceResponse {
        let app = init_service(App::new().route("/static/{digest}/{file}", web::get().to(show))).await;
        let mut request = TestRequest::get().uri(path);
        if let Some(tag) = if_none_match {
            request = request.insert_header((header::IF_NONE_MATCH, tag));
        }
        call_service(&app, request.to_request()).await
    }

    fn head(reply: &ServiceResponse, name: &str) -> String {
        reply.headers().get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[actix_web::test]
    async fn the_stylesheet_is_kept_for_a_year_under_its_own_address() {
        let reply = get(&address("portal.css").unwrap(), None).await;
        assert_eq!(reply.status(), StatusCode::OK);
        assert_eq!(head(&reply, "content-type"), "text/css; charset=utf-8");
        assert_eq!(head(&reply, "cache-control"), "public, max-age=31536000, immutable");
        let tag = head(&reply, "etag");
        assert!(!read_body(reply).await.is_empty());
        let again = get(&address("portal.css").unwrap(), Some(&tag)).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert!(read_body(again).await.is_empty());
    }

    #[actix_web::test]
    async fn an_old_page_still_gets_the_file_but_not_for_long() {
        let reply = get("/static/00000000/portal.js", None).await;
        assert_eq!(
            (reply.status(), head(&reply, "cache-control")),
            (StatusCode::OK, "public, max-age=60".into())
        );
        assert_eq!(head(&reply, "content-type"), "text/javascript; charset=utf-8");
    }

    #[actix_web::test]
    async fn unknown_names_and_traversal_get_404() {
        for path in [
            "/static/00000000/none.css",
            "/static/00000000/..%2fCargo.toml",
            "/static/00000000/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
            "/static/00000000/../portal.css",
            "/static/portal.css",
            "/static/00000000/",
        ] {
            assert_eq!(get(path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn nothing_is_missing() {
        assert_eq!(check(), Ok(()));
    }
}
