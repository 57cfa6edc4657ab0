//! The dashboard as a browser sees it, without script.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

/// A browser.
pub struct Web {
    address: SocketAddr,
    client: reqwest::Client,
}

/// A browser that keeps its cookies and follows nothing by itself.
pub struct Visitor {
    address: SocketAddr,
    client: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What came back to a visitor.
#[derive(Debug)]
pub struct Came {
    pub status: u16,
    /// Where it leads.
    pub to: String,
    /// Its `set-cookie` headers.
    pub cookies: Vec<String>,
    pub body: String,
}

impl Visitor {
    pub fn at(address: SocketAddr) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { address, client: client.build().unwrap(), cookies: Mutex::default() }
    }

    pub async fn get(&self, path: &str) -> Came {
        self.send(self.client.get(format!("http://{}{path}", self.address))).await
    }

    pub async fn post(&self, path: &str) -> Came {
        self.send(self.client.post(format!("http://{}{path}", self.address))).await
    }

    /// The cookies, as a thief would copy them.
    pub fn jar(&self) -> BTreeMap<String, String> {
        self.cookies.lock().unwrap().clone()
    }

    /// Goes on with these cookies.
    pub fn takes(&self, jar: BTreeMap<String, String>) {
        *self.cookies.lock().unwrap() = jar;
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Came {
        let pairs: Vec<String> = self.jar().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header("cookie", pairs.join("; ")).send().await.unwrap();
        let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned();
        let cookies: Vec<String> = response.headers().get_all("set-cookie").iter().map(text).collect();
        for cookie in &cookies {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let mut jar = self.cookies.lock().unwrap();
            if cookie.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let to = response.headers().get("location").map(text).unwrap_or_default();
        Came { status: response.status().as_u16(), to, cookies, body: response.text().await.unwrap() }
    }
}

/// A page that came back.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub body: String,
}

impl Web {
    pub fn at(address: SocketAddr) -> Self {
        // Whatever proxy the machine has, it does not lead to this machine.
        Self { address, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    /// Opens a page by its path.
    pub async fn get(&self, path: &str) -> Page {
        let response = self.client.get(format!("http://{}{path}", self.address)).send().await.unwrap();
        Page { status: response.status().as_u16(), body: response.text().await.unwrap() }
    }

    /// Sends a form.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        let response =
            self.client.post(format!("http://{}{path}", self.address)).form(form).send().await.unwrap();
        Page { status: response.status().as_u16(), body: response.text().await.unwrap() }
    }

    /// Sends a line in the browser chat; the reply's HTML.
    pub async fn chat(&self, line: &str) -> Page {
        let address = format!("http://{}/chat/ask", self.address);
        let response = self.client.post(address).form(&[("line", line)]).send().await.unwrap();
        Page { status: response.status().as_u16(), body: response.text().await.unwrap() }
    }
}
