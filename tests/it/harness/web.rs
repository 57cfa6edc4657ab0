//! The dashboard as a browser sees it, without script.

use std::net::SocketAddr;

/// A browser.
pub struct Web {
    address: SocketAddr,
    client: reqwest::Client,
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
