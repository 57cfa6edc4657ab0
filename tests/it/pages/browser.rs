//! A real browser, driven over the DevTools protocol: only what the page tests need.

use std::io::Write as _;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use futures_util::SinkExt as _;
use futures_util::StreamExt as _;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Names under which distributions install it.
const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "chrome"];
/// A busy build machine starts a browser slowly.
const ANSWER_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A browser with one page.
pub struct Browser {
    _process: Running,
    _profile: TempDir,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: String,
    last: u64,
    /// Console warnings and errors, exceptions, and what the content policy refused.
    complaints: Vec<String>,
    /// What was asked for over the network.
    asked: Vec<String>,
    /// Bytes that came over the network, as they were packed.
    received: f64,
}

impl Browser {
    /// Starts one with a window of this size; `None` when there is none on this machine, which CI does not accept.
    pub async fn start(width: u32, height: u32) -> Option<Self> {
        let Some((process, profile, address)) = launch().await else {
            #[expect(clippy::disallowed_methods, reason = "only tests ask where they run")]
            let on_ci = std::env::var_os("CI").is_some();
            assert!(!on_ci, "CI needs a browser: install chromium");
            // Past the test runner's capture: whoever runs the tests must see what was not tried.
            let words = b"\nSKIPPED: no chromium on this machine, so nothing was tried in a browser\n";
            std::io::stderr().write_all(words).unwrap();
            return None;
        };
        let (socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
        let mut browser = Self {
            _process: process,
            _profile: profile,
            socket,
            session: String::new(),
            last: 0,
            complaints: Vec::new(),
            asked: Vec::new(),
            received: 0.0,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach).await;
        browser.session = session["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable"] {
            browser.call(domain, json!({})).await;
        }
        browser.resize(width, height).await;
        Some(browser)
    }

    /// Gives the page another size; below 600 it is a phone.
    pub async fn resize(&mut self, width: u32, height: u32) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Switches what the system prefers.
    pub async fn dark(&mut self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.call("Emulation.setEmulatedMedia", features).await;
    }

    /// Opens an address and waits until its scripts ran.
    pub async fn open(&mut self, url: &str) {
        let answer = self.call("Page.navigate", json!({ "url": url })).await;
        assert!(answer["errorText"].is_null(), "{url}: {answer}");
        // A new document has no mark of ours, so this cannot see the old one.
        self.until(&format!("document.readyState === 'complete' && location.href === {}", json!(url))).await;
    }

    /// Wants no motion.
    pub async fn stills(&mut self, still: bool) {
        let value = if still { "reduce" } else { "no-preference" };
        let features = json!({ "features": [{ "name": "prefers-reduced-motion", "value": value }] });
        self.call("Emulation.setEmulatedMedia", features).await;
    }

    /// Loses its cookies, as another browser has none of them.
    pub async fn forgets(&mut self) {
        self.call("Network.clearBrowserCookies", json!({})).await;
    }

    /// Opens an address that may lead on to another one.
    pub async fn goes(&mut self, url: &str) {
        let answer = self.call("Page.navigate", json!({ "url": url })).await;
        assert!(answer["errorText"].is_null(), "{url}: {answer}");
    }

    /// Runs a script in every page that is opened from now on, before its own.
    pub async fn brings(&mut self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    }

    /// The value of an expression in the page.
    pub async fn value(&mut self, expression: &str) -> Value {
        let call = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", call).await;
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression holds in the page.
    pub async fn until(&mut self, condition: &str) {
        let expression = format!(
            "new Promise((done) => {{ const end = Date.now() + 20000; const look = () => {{ \
             let holds = false; try {{ holds = Boolean({condition}); }} catch {{ }} \
             if (holds || Date.now() > end) done(holds); else setTimeout(look, 15); }}; look(); }})"
        );
        // A navigation under way throws the promise away; then the next document is asked.
        for _ in 0..50 {
            let call = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
            let answer = self.try_call("Runtime.evaluate", call).await;
            match answer.as_ref().map(|answer| &answer["result"]["value"]) {
                Ok(Value::Bool(true)) => return,
                Ok(Value::Bool(false)) => break,
                _ => {}
            }
        }
        let body = self.value("document.body.innerText.slice(0, 2000)").await;
        panic!("it never came true: {condition}\n{body}\n{:?}", self.complaints);
    }

    /// Types into whatever has the focus.
    pub async fn types(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    /// Presses a key, as `Enter` or `j`, or one with Control, as `Control+k`.
    pub async fn presses(&mut self, key: &str) {
        let (modifiers, key) = key.strip_prefix("Control+").map_or((0, key), |key| (2, key));
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            "Escape" => (27, ""),
            "ArrowLeft" => (37, ""),
            "ArrowUp" => (38, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            letter => (0, if modifiers == 0 { letter } else { "" }),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }

    /// What the browser complained about since it was asked last.
    pub fn complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }

    /// What was asked of other hosts than this one since it was asked last.
    pub fn strangers(&mut self, own: &str) -> Vec<String> {
        let mut asked = std::mem::take(&mut self.asked);
        asked.retain(|url| !url.starts_with(own) && !url.starts_with("data:") && url != "about:blank");
        asked
    }

    /// Bytes that came over the network since it was asked last, headers and all.
    pub fn received(&mut self) -> f64 {
        std::mem::take(&mut self.received)
    }

    /// Prints the page or lets it be seen on the screen again.
    pub async fn prints(&mut self, on: bool) {
        self.call("Emulation.setEmulatedMedia", json!({ "media": if on { "print" } else { "" } })).await;
    }

    async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.try_call(method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    async fn try_call(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        self.last += 1;
        let id = self.last;
        let mut call = json!({ "id": id, "method": method, "params": parameters });
        if !self.session.is_empty() {
            call["sessionId"] = json!(self.session);
        }
        self.socket.send(Message::Text(call.to_string())).await.unwrap();
        let answer = async {
            loop {
                let Message::Text(text) = self.socket.next().await.unwrap().unwrap() else { continue };
                let message: Value = serde_json::from_str(&text).unwrap();
                if message["id"] == id {
                    break message;
                }
                self.complaints.extend(complaint(&message));
                self.asked.extend(asked(&message));
                self.received += received(&message);
            }
        };
        let answer = tokio::time::timeout(ANSWER_MAX, answer).await.expect("the browser answers in time");
        if answer["error"].is_null() { Ok(answer["result"].clone()) } else { Err(answer["error"].clone()) }
    }
}

fn asked(message: &Value) -> Option<String> {
    let sent = message["method"] == "Network.requestWillBeSent";
    sent.then(|| message["params"]["request"]["url"].as_str().unwrap_or_default().to_owned())
}

fn received(message: &Value) -> f64 {
    let came = message["method"] == "Network.loadingFinished";
    if came { message["params"]["encodedDataLength"].as_f64().unwrap_or_default() } else { 0.0 }
}

fn complaint(message: &Value) -> Option<String> {
    let told = &message["params"];
    let text = match message["method"].as_str()? {
        "Runtime.exceptionThrown" => told["exceptionDetails"].to_string(),
        "Runtime.consoleAPICalled" if matches!(told["type"].as_str()?, "error" | "warning" | "assert") => {
            told["args"].to_string()
        }
        "Log.entryAdded" if matches!(told["entry"]["level"].as_str()?, "error" | "warning") => {
            told["entry"].to_string()
        }
        _ => return None,
    };
    Some(text)
}

async fn launch() -> Option<(Running, TempDir, String)> {
    let profile = tempfile::tempdir().unwrap();
    for name in NAMES {
        let spawned = Command::new(name)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--disable-dev-shm-usage", "--no-proxy-server", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(process) = spawned else { continue };
        let process = Running(process);
        // It writes the port and the path of its socket into its profile once it listens.
        let note = profile.path().join("DevToolsActivePort");
        for _ in 0..ANSWER_MAX.as_millis() / LOOK_EVERY.as_millis() {
            if let Ok(text) = std::fs::read_to_string(&note)
                && let Some((port, path)) = text.split_once('\n')
            {
                return Some((process, profile, format!("ws://127.0.0.1:{port}{}", path.trim())));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        panic!("{name} started and never said where it listens");
    }
    None
}

/// The process; it ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
