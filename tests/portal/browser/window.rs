//! A browser as a person uses it: by the words on the screen, with a mouse, a finger or the keyboard alone. Nothing here
//! knows an address of the portal beyond what it is given; nothing waits for a fixed time.

use std::fmt::Write as _;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{Key, LoggingPrefsLogLevel};

use crate::program::Folder;

/// How a person looks at the portal.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub phone: bool,
    pub script: bool,
}

#[derive(Clone)]
pub struct Window {
    driver: WebDriver,
    pub way: Way,
    heard: Arc<Mutex<Heard>>,
}

/// What the browser reported so far.
#[derive(Default)]
struct Heard {
    /// Statuses of pages, with their addresses.
    pages: Vec<(String, u16)>,
    /// Addresses that something was asked of.
    asked: Vec<String>,
    /// Answers of 400 and more that were no page.
    broken: Vec<String>,
    complaints: Vec<String>,
}

const PATIENCE: Duration = Duration::from_secs(45);

impl Window {
    pub async fn open(chromedriver: &str, way: Way, profile: &Folder) -> Self {
        let mut wanted = DesiredCapabilities::chrome();
        let folder = format!("--user-data-dir={}", profile.path().display());
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,900",
            &folder,
        ] {
            wanted.add_arg(argument).unwrap();
        }
        if way.phone {
            // After a touch chromedriver waits for a timer in the page, which never rings where scripts are off.
            let touch = way.script;
            let screen =
                json!({"width": 390, "height": 844, "pixelRatio": 2, "touch": touch, "mobile": true});
            wanted.add_experimental_option("mobileEmulation", json!({"deviceMetrics": screen})).unwrap();
        }
        if !way.script {
            let blocked = json!({"profile.managed_default_content_settings.javascript": 2});
            wanted.add_experimental_option("prefs", blocked).unwrap();
        }
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        wanted.set_logging_prefs("performance", LoggingPrefsLogLevel::All).unwrap();
        let driver = WebDriver::new(chromedriver, wanted).await.unwrap();
        Self { driver, way, heard: Arc::default() }
    }

    pub async fn close(self) {
        let _ = self.driver.quit().await;
    }

    // --- going and looking

    pub async fn go(&self, address: &str) {
        self.driver.goto(address).await.unwrap();
    }

    /// Goes to an address and returns the status of its answer.
    pub async fn status_of(&self, address: &str) -> u16 {
        self.go(address).await;
        self.listen().await;
        let heard = self.heard.lock().unwrap();
        let last = heard.pages.iter().rev().find(|(page, _)| page == address);
        last.unwrap_or_else(|| panic!("no answer from {address}")).1
    }

    /// What a link to a file brings, for whoever is signed in: its status, what it is called, and its first bytes.
    pub async fn file(&self, address: &str) -> (u16, String, Vec<u8>) {
        let cookies = self.driver.get_all_cookies().await.unwrap();
        let cookies: Vec<String> =
            cookies.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        let asked = reqwest::Client::new().get(address).header("cookie", cookies.join("; "));
        let answer = asked.send().await.unwrap();
        let status = answer.status().as_u16();
        let named =
            answer.headers().get("content-disposition").map(|value| value.to_str().unwrap().to_owned());
        let bytes = answer.bytes().await.unwrap();
        (status, named.unwrap_or_default(), bytes.iter().take(4).copied().collect())
    }

    pub async fn address(&self) -> String {
        self.driver.current_url().await.unwrap().to_string()
    }

    /// The words on the screen; none while a page is loading.
    pub async fn words(&self) -> String {
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default().replace('\u{a0}', " "),
            Err(_) => String::new(),
        }
    }

    pub async fn see(&self, words: &str) {
        self.until(&format!("see “{words}”"), async || self.words().await.contains(words)).await;
    }

    pub async fn sees(&self, words: &str) -> bool {
        self.words().await.contains(words)
    }

    /// Waits until `is_so` holds.
    pub async fn until<F: Future<Output = bool>>(&self, what: &str, is_so: impl Fn() -> F) {
        let from = Instant::now();
        while !is_so().await {
            assert!(from.elapsed() <= PATIENCE, "waited in vain to {what}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Every element that fits an XPath and is on the screen.
    pub async fn all(&self, path: &str) -> Vec<WebElement> {
        let mut shown = Vec::new();
        for element in self.driver.find_all(By::XPath(path)).await.unwrap_or_default() {
            if element.is_displayed().await.unwrap_or_default() {
                shown.push(element);
            }
        }
        shown
    }

    /// The words of every element that fits an XPath and is on the screen.
    pub async fn all_words(&self, path: &str) -> Vec<String> {
        let mut words = Vec::new();
        for element in self.all(path).await {
            words.push(element.text().await.unwrap_or_default().replace('\u{a0}', " "));
        }
        words
    }

    // --- acting

    /// The first element on the screen that fits; waits for it.
    async fn find(&self, what: &str, path: &str) -> WebElement {
        let from = Instant::now();
        loop {
            if let Some(element) = self.all(path).await.into_iter().next() {
                return element;
            }
            assert!(from.elapsed() < PATIENCE, "there is no {what}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Presses a button, a link or the line of something folded whose words begin so.
    pub async fn press(&self, label: &str) {
        let path = format!("({})[{}]", "//button|//a|//summary", begins(label));
        self.find(&format!("button or link “{label}”"), &path).await.click().await.unwrap();
    }

    /// The same, of those inside of what an XPath finds.
    pub async fn press_within(&self, path: &str, label: &str) {
        let path = format!("{path}//*[self::button or self::a or self::summary][{}]", begins(label));
        self.find(&format!("button or link “{label}” at its place"), &path).await.click().await.unwrap();
    }

    /// Where the first link that fits an XPath leads to.
    pub async fn href_of(&self, what: &str, path: &str) -> String {
        let link = self.find(what, path).await;
        link.attr("href").await.unwrap().expect("a link has an address")
    }

    /// Loses every cookie, as another device has none.
    pub async fn forget(&self) {
        self.driver.delete_all_cookies().await.unwrap();
    }

    pub async fn can_press(&self, label: &str) -> bool {
        !self.all(&format!("({})[{}]", "//button|//a|//summary", begins(label))).await.is_empty()
    }

    /// Goes somewhere by the main menu, which a phone has to open first.
    pub async fn choose_in_menu(&self, label: &str) {
        if self.way.phone {
            self.press("Menu").await;
        }
        let path = format!("//nav[@aria-label='Main']//a[{}]", begins(label));
        self.find(&format!("“{label}” in the menu"), &path).await.click().await.unwrap();
    }

    pub async fn tick(&self, label: &str) {
        let path = format!("//label[{}]", begins(label));
        self.find(&format!("box “{label}”"), &path).await.click().await.unwrap();
    }

    /// Presses where a label stands whose box lies invisibly above it.
    pub async fn mark(&self, label: &str) {
        let path = format!("//label[{}]", begins(label));
        let label = self.find(&format!("mark “{label}”"), &path).await;
        label.scroll_into_view().await.unwrap();
        let chain = self.driver.action_chain();
        chain.move_to_element_center(&label).click().perform().await.unwrap();
    }

    /// Ticks one box of a page and takes every other tick away.
    pub async fn only(&self, label: &str) {
        for ticked in self.all("//label[preceding-sibling::input[@type='checkbox']]").await {
            let words = ticked.text().await.unwrap_or_default();
            let path = By::XPath("preceding-sibling::input[@type='checkbox']");
            let is_on = ticked.find(path).await.unwrap().is_selected().await.unwrap();
            if is_on != words.starts_with(label) {
                ticked.click().await.unwrap();
            }
        }
    }

    pub async fn type_into(&self, label: &str, text: &str) {
        let path = format!("//*[self::input or self::textarea][@id=//label[{}]/@for]", begins(label));
        let field = self.find(&format!("field “{label}”"), &path).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// The same, inside of what an XPath finds.
    pub async fn type_within(&self, path: &str, label: &str, text: &str) {
        let path = format!("{path}//*[self::input or self::textarea][@id=//label[{}]/@for]", begins(label));
        let field = self.find(&format!("field “{label}” at its place"), &path).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Whether the box whose label begins so has a tick.
    pub async fn is_ticked(&self, label: &str) -> bool {
        let path = format!("//input[@id=//label[{}]/@for]", begins(label));
        let boxes = self.driver.find_all(By::XPath(&path)).await.unwrap_or_default();
        match boxes.first() {
            Some(one) => one.is_selected().await.unwrap_or_default(),
            None => false,
        }
    }

    /// Picks a line of a list.
    pub async fn choose(&self, label: &str, line: &str) {
        let path = format!("//select[@id=//label[{}]/@for]/option[{}]", begins(label), begins(line));
        self.find(&format!("“{line}” under “{label}”"), &path).await.click().await.unwrap();
    }

    /// What stands in the field whose label begins so.
    pub async fn value_of(&self, label: &str) -> String {
        let path = format!("//input[@id=//label[{}]/@for]", begins(label));
        self.find(&format!("field “{label}”"), &path).await.value().await.unwrap().unwrap_or_default()
    }

    // --- the keyboard alone

    pub async fn key(&self, key: Key) {
        self.driver.action_chain().send_keys(char::from(key).to_string()).perform().await.unwrap();
    }

    /// The words of what has the focus, or its name for those who hear the page.
    pub async fn focus(&self) -> String {
        let script = "const e = document.activeElement; \
                      return (e.labels?.[0]?.textContent || e.textContent || '').replace(/\\s+/g, ' ').trim();";
        self.driver.execute(script, Vec::new()).await.unwrap().convert().unwrap()
    }

    /// Presses Tab until the focus is on what begins with these words.
    pub async fn tab_to(&self, label: &str) {
        for _ in 0..120 {
            if self.focus().await.starts_with(label) {
                return;
            }
            self.key(Key::Tab).await;
        }
        panic!("Tab does not lead to “{label}”");
    }

    // --- keys

    /// Plugs in a telephone that keeps passkeys, whose owner shows a finger whenever asked.
    pub async fn plug_in_an_authenticator(&self) {
        let handle = self.driver.handle();
        let at = format!("{}session/{}/webauthn/authenticator", handle.server_url(), handle.session_id());
        let telephone = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserConsenting": true, "isUserVerified": true,
        });
        let answer = reqwest::Client::new().post(at).json(&telephone).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
    }

    // --- what the browser itself says

    async fn listen(&self) {
        let events = self.driver.get_log("performance").await.unwrap();
        let complaints = self.driver.browser_log().await.unwrap();
        let mut heard = self.heard.lock().unwrap();
        for event in events {
            let Ok(event) = serde_json::from_str::<Value>(&event.message) else { continue };
            let (about, said) = (&event["message"]["method"], &event["message"]["params"]);
            if about == "Network.requestWillBeSent" {
                heard.asked.push(said["request"]["url"].as_str().unwrap_or_default().to_owned());
            } else if about == "Network.responseReceived" {
                let url = said["response"]["url"].as_str().unwrap_or_default().to_owned();
                let status = said["response"]["status"].as_u64().and_then(|n| u16::try_from(n).ok());
                match status {
                    Some(status) if said["type"] == "Document" => heard.pages.push((url, status)),
                    Some(400..) => heard.broken.push(format!("{url}: {}", status.unwrap_or_default())),
                    _ => {}
                }
            }
        }
        for entry in
            complaints.into_iter().filter(|entry| entry.level == "SEVERE" || entry.level == "WARNING")
        {
            // A page that answers 403 or 404 is looked at by its status.
            if !entry.message.contains("the server responded with a status of") {
                heard.complaints.push(entry.message);
            }
        }
    }

    /// What the browser reported that should not be: something asked of others than `origins`, something missing, a
    /// script that failed, a script or style that the content policy refused.
    pub async fn faults(&self, origins: &[&str]) -> Vec<String> {
        self.listen().await;
        let heard = self.heard.lock().unwrap();
        assert!(!heard.asked.is_empty(), "the browser does not tell what it asks for");
        let own = |url: &&String| {
            let is_own = |origin: &&str| url.strip_prefix(*origin).is_some_and(|rest| rest.starts_with('/'));
            origins.iter().any(is_own) || url.starts_with("data:") || url.starts_with("chrome:")
        };
        let foreign = heard.asked.iter().filter(|url| !own(url)).map(|url| format!("asked of others: {url}"));
        foreign.chain(heard.broken.iter().chain(&heard.complaints).cloned()).collect()
    }

    /// Where the browser is and what it shows, for a failed test.
    pub async fn state(&self) -> String {
        let mut state = String::new();
        if let Ok(url) = self.driver.current_url().await {
            let _ = writeln!(state, "at {url}");
        }
        let _ = write!(state, "{}", self.words().await);
        state
    }

    /// Takes the network away, or gives it back.
    pub async fn without_network(&self, away: bool) {
        self.order("Network.enable", json!({})).await;
        let speed = if away { 0 } else { -1 };
        let conditions =
            json!({"offline": away, "latency": 0, "downloadThroughput": speed, "uploadThroughput": speed});
        self.order("Network.emulateNetworkConditions", conditions).await;
    }

    /// What a page keeps in this browser under a name; empty for nothing.
    pub async fn kept(&self, name: &str) -> String {
        let script = format!("return localStorage.getItem('{name}') || '';");
        self.driver.execute(script, Vec::new()).await.unwrap().convert().unwrap()
    }

    /// Tells the browser itself to do something.
    async fn order(&self, command: &str, parameters: Value) -> Value {
        let handle = self.driver.handle();
        let at = format!("{}session/{}/goog/cdp/execute", handle.server_url(), handle.session_id());
        let order = json!({"cmd": command, "params": parameters});
        reqwest::Client::new().post(at).json(&order).send().await.unwrap().json().await.unwrap()
    }

    /// Keeps a picture of the whole page where `KINBRIDGE_TEST_PICTURES` names a folder.
    pub async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("KINBRIDGE_TEST_PICTURES") else { return };
        let Way { phone, script } = self.way;
        let size = if phone { "phone" } else { "desktop" };
        let file = format!("{name}-{size}{}.png", if script { "" } else { "-without-javascript" });
        let answer = self.order("Page.captureScreenshot", json!({"captureBeyondViewport": true})).await;
        let picture = thirtyfour::support::base64_decode(answer["value"]["data"].as_str().unwrap()).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(file), picture).unwrap();
    }
}

/// That an element's words are these, or go on after them.
fn begins(label: &str) -> String {
    assert!(!label.contains('"'), "no straight double quotes in “{label}”");
    let words = "normalize-space()";
    format!("{words}=\"{label}\" or starts-with({words}, \"{label} \") or starts-with({words}, \"{label},\")")
}
