//! A manager adds a passkey in a real browser, signs in with it, and types the password again beside it.

use super::demo::{Demo, PASSWORD};
use super::journey::sign_in;
use super::window::Window;

pub async fn whole(window: &Window, demo: Demo) {
    window.plug_in_an_authenticator().await;
    sign_in(window, &demo, "manager").await;
    let two_step = format!("{}/account/two-step", demo.portal);
    window.go(&two_step).await;
    window.picture("two-step-off").await;
    assert!(!window.sees("or its JavaScript is off").await);
    window.type_into("Name of the new passkey", "My telephone").await;
    window.press("Add a passkey").await;
    window.see("Your recovery codes").await;
    window.see("Two-step sign-in is on.").await;
    window.press("I have kept these safe").await;

    sign_out(window, &demo).await;
    password(window, &demo).await;
    window.see("Your browser will ask for your finger").await;
    window.picture("sign-in-passkey").await;
    window.press("Use your passkey").await;
    window.until("be signed in", async || !window.address().await.contains("/sign-in")).await;
    window.go(&two_step).await;
    window.see("Last used today").await;
    window.picture("two-step-passkey").await;

    // And with it alone, without a password.
    sign_out(window, &demo).await;
    window.picture("sign-in-with-passkey").await;
    window.press("Sign in with a passkey").await;
    window.until("be signed in", async || !window.address().await.contains("/sign-in")).await;

    // Beside a password that is typed again, where the code is left empty.
    window.go(&format!("{}/confirm?next=/account/two-step", demo.portal)).await;
    window.see("Leave it empty to use your passkey.").await;
    window.type_into("Password", PASSWORD).await;
    window.picture("confirm-passkey").await;
    window.press("Continue").await;
    window.until("come back", async || window.address().await.ends_with("/account/two-step")).await;
    window.press("Rename or remove My telephone").await;
    window.picture("two-step-remove").await;
    window.press("Remove My telephone").await;
    window.see("two-step sign-in is off").await;
    assert_eq!(window.faults(&[&demo.portal]).await, Vec::<String>::new());
}

/// There is no button that does nothing.
pub async fn without_javascript(window: &Window, demo: Demo) {
    sign_in(window, &demo, "manager").await;
    window.go(&format!("{}/account/two-step", demo.portal)).await;
    window.see("This browser cannot add a passkey, or its JavaScript is off.").await;
    assert!(!window.sees("Name of the new passkey").await);
    window.see("Set up an authenticator app").await;
    assert_eq!(window.faults(&[&demo.portal]).await, Vec::<String>::new());
}

async fn password(window: &Window, demo: &Demo) {
    window.go(&format!("{}/sign-in", demo.portal)).await;
    window.type_into("Email address", "manager@demo.kinbridge.test").await;
    window.type_into("Password", PASSWORD).await;
    window.press("Sign in").await;
}

async fn sign_out(window: &Window, demo: &Demo) {
    window.go(&demo.portal).await;
    if window.way.phone && window.can_press("Menu").await {
        window.press("Menu").await;
    }
    window.press("Sign out").await;
    window.until("be signed out", async || window.address().await.contains("/sign-in")).await;
}
