//! The words for a device in *Where you are signed in*. Only to be recognised by its owner: what a
//! browser says of itself proves nothing.

use actix_web::HttpRequest;
use actix_web::http::header::USER_AGENT;

/// `Firefox on Windows`, `Safari on iPhone`, `A browser`.
pub(super) fn words(request: &HttpRequest) -> String {
    let said = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    of(said.unwrap_or_default())
}

fn of(said: &str) -> String {
    // The first that fits: most browsers name several, the rarest first here.
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(part, _)| said.contains(part)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "Chromebook"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ]);
    let browser = browser.unwrap_or("A browser");
    system.map_or_else(|| browser.to_owned(), |system| format!("{browser} on {system}"))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_device_is_named_as_its_owner_would() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (said, words) in [
            (
                format!("Mozilla/5.0 (Windows NT 10.0) {webkit} Chrome/156.0 Safari/537.36"),
                "Chrome on Windows",
            ),
            (
                format!("Mozilla/5.0 (Windows NT 10.0) {webkit} Chrome/156.0 Safari/537.36 Edg/156.0"),
                "Edge on Windows",
            ),
            (
                format!("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) {webkit} Safari/604.1"),
                "Safari on iPhone",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0".to_owned(), "Firefox on Linux"),
            ("<script>".to_owned(), "A browser"),
            (String::new(), "A browser"),
        ] {
            assert_eq!(of(&said), words);
        }
    }
}
