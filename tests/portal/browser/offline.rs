//! A carer records in a room without a network.

use super::demo::{Demo, PASSWORD};
use super::window::Window;

pub async fn kept_and_sent(window: &Window, demo: Demo) {
    window.go(&demo.portal).await;
    window.type_into("Email address", "manager@demo.kinbridge.test").await;
    window.type_into("Password", PASSWORD).await;
    window.press("Sign in").await;
    window.see("Residents").await;
    window.choose_in_menu("Activities").await;
    let due = window.all("//table//tr[contains(., 'expected')]//a").await;
    due.first().expect("the demo has an activity to record").click().await.unwrap();
    window.press("Record who took part").await;
    window.see("When there is no network").await;
    let names = window.all_words("//form//h2").await;
    assert!(names.len() > 1, "{names:?}");
    window.mark("Took part").await;
    window.without_network(true).await;
    window.press("Save").await;
    window.see("Not sent yet: 1").await;
    window.see("It is kept on this device").await;
    let kept = window.kept("kinbridge-unsent").await;
    assert!(kept.contains("took-") && !kept.contains("csrf"), "{kept}");
    for name in names.iter().flat_map(|name| name.split_whitespace()) {
        assert!(!kept.contains(name), "{name} is kept on the device");
    }
    window.without_network(false).await;
    window.until("send what was kept", async || window.kept("kinbridge-unsent").await.is_empty()).await;
    window.see("One person is recorded.").await;
    window.press("Look at it").await;
    window.see("Written down without a network").await;
}
