//! Who may what, whoever asks.

use crate::support::TestApp;

#[actix_web::test]
async fn a_page_that_is_not_there_says_what_to_do() {
    let app = TestApp::start().await;
    let page = app.as_super().get("/nowhere").await;
    assert_eq!(page.status, 404);
    assert!(page.text().contains("Page not found"), "{}", page.text());
}
