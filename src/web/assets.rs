//! Styles, scripts and fonts, compiled in; their names carry a hash of their bytes, so they are cached for ever.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;
use std::sync::OnceLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use rust_embed::EmbeddedFile;
use rust_embed::RustEmbed;

/// A year: the longest that caches honour.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The tightest packing: it takes a second for the largest script, once.
const PACKING: i32 = 11;
/// Packing that much takes a blink.
const PACKED_AT_ONCE_MAX: usize = 100_000;

#[derive(RustEmbed)]
#[folder = "assets/css/"]
struct Styles;

#[derive(RustEmbed)]
#[folder = "assets/js/"]
struct Scripts;

#[derive(RustEmbed)]
#[folder = "assets/img/"]
struct Images;

/// Only the weights that pages use: the files for drawing pictures stand in the same folder.
const FONTS: &[(&str, &[u8])] = &[
    ("Inter-Regular.woff2", include_bytes!("../../assets/fonts/Inter-Regular.woff2")),
    ("Inter-Medium.woff2", include_bytes!("../../assets/fonts/Inter-Medium.woff2")),
    ("Inter-SemiBold.woff2", include_bytes!("../../assets/fonts/Inter-SemiBold.woff2")),
];

struct Asset {
    bytes: Cow<'static, [u8]>,
    kind: String,
    /// As it is sent to who takes it so; made once, for whoever asks first.
    packed: OnceLock<Vec<u8>>,
}

impl Asset {
    /// Fonts and pictures of dots are packed already.
    fn can_be_packed(&self) -> bool {
        self.kind.starts_with("text/") || self.kind.starts_with("image/svg")
    }

    fn packed(&self) -> &[u8] {
        self.packed.get_or_init(|| {
            let mut packed = Vec::new();
            let settings = brotli::enc::BrotliEncoderParams { quality: PACKING, ..Default::default() };
            brotli::BrotliCompress(&mut &*self.bytes, &mut packed, &settings)
                .expect("writing to memory does not fail");
            packed
        })
    }
}

struct Shelf {
    /// By the name that stands in URLs.
    by_path: BTreeMap<String, Asset>,
    /// From plain to hashed name.
    hashed: BTreeMap<String, String>,
}

static SHELF: LazyLock<Shelf> = LazyLock::new(Shelf::fill);

impl Shelf {
    fn fill() -> Self {
        let mut shelf = Self { by_path: BTreeMap::new(), hashed: BTreeMap::new() };
        for (name, bytes) in FONTS {
            shelf.put(name, Cow::Borrowed(*bytes), "font/woff2");
        }
        for name in Scripts::iter() {
            shelf.put_file(&name, Scripts::get(&name), "text/javascript; charset=utf-8");
        }
        for name in Images::iter() {
            let kind = if name.ends_with(".svg") { "image/svg+xml" } else { "image/png" };
            shelf.put_file(&name, Images::get(&name), kind);
        }
        // One request for all styles; the fonts in them get their hashed names first.
        let mut css = String::new();
        for name in Styles::iter() {
            let file = Styles::get(&name).map(|file| String::from_utf8_lossy(&file.data).into_owned());
            let _ = writeln!(css, "{}", file.unwrap_or_default().trim_end());
        }
        for (name, _) in FONTS {
            css = css.replace(&format!("/assets/{name}"), &shelf.path(name));
        }
        shelf.put("app.css", Cow::Owned(css.into_bytes()), "text/css; charset=utf-8");
        shelf
    }

    fn put_file(&mut self, name: &str, file: Option<EmbeddedFile>, kind: &str) {
        if let Some(file) = file {
            self.put(name, file.data, kind);
        }
    }

    fn put(&mut self, name: &str, bytes: Cow<'static, [u8]>, kind: &str) {
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "bin"));
        let hashed = format!("{stem}.{:016x}.{ending}", fnv64(&bytes));
        self.by_path.insert(hashed.clone(), Asset { bytes, kind: kind.to_owned(), packed: OnceLock::new() });
        self.hashed.insert(name.to_owned(), hashed);
    }

    fn path(&self, name: &str) -> String {
        let hashed = self.hashed.get(name).map_or(name, String::as_str);
        format!("/assets/{hashed}")
    }
}

/// FNV-1a, 64 bits: it only has to differ when the bytes do.
fn fnv64(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Where an asset is served, as `/assets/app.0123456789abcdef.css`.
pub(super) fn asset_path(name: &str) -> String {
    SHELF.path(name)
}

/// `GET /assets/{name}`.
pub(super) async fn show(Path(name): Path<String>, asked: HeaderMap) -> Response {
    let Some(asset) = SHELF.by_path.get(&name) else {
        return (StatusCode::NOT_FOUND, "There is no such file. Reload the page.\n").into_response();
    };
    let headers = [(header::CONTENT_TYPE, asset.kind.as_str()), (header::CACHE_CONTROL, FOR_EVER)];
    if asset.can_be_packed() && takes_brotli(&asked) {
        let packing = tokio::task::spawn_blocking(|| asset.packed());
        // Whoever comes first need not wait for a large one; it is packed less tightly on its way then.
        let packed = match asset.packed.get() {
            None if asset.bytes.len() > PACKED_AT_ONCE_MAX => None,
            _ => packing.await.ok(),
        };
        if let Some(packed) = packed {
            let coding = [(header::CONTENT_ENCODING, "br"), (header::VARY, "accept-encoding")];
            return (headers, coding, Body::from(packed)).into_response();
        }
    }
    let body = match &asset.bytes {
        Cow::Borrowed(bytes) => Body::from(*bytes),
        Cow::Owned(bytes) => Body::from(bytes.as_slice()),
    };
    (headers, body).into_response()
}

/// Whether who asks takes Brotli. Who weighs it with `q=0` is no browser, and gets what the other layer makes of it.
fn takes_brotli(asked: &HeaderMap) -> bool {
    let all = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    all.split(',').any(|one| one.trim() == "br")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_has_a_name_of_its_own_bytes() {
        for name in ["app.css", "theme.js", "app.js", "chat.js", "charts.js", "Inter-Regular.woff2"] {
            let path = asset_path(name);
            let hashed = path.strip_prefix("/assets/").unwrap();
            assert!(SHELF.by_path.contains_key(hashed), "{path}");
        }
        let css = String::from_utf8_lossy(&SHELF.by_path[&SHELF.hashed["app.css"]].bytes).into_owned();
        assert!(css.contains(&asset_path("Inter-Regular.woff2")), "fonts are named by their hashes");
        let without_names = css.replace("http://www.w3.org/2000/svg", "");
        assert!(!without_names.contains("http"), "no foreign hosts");
    }
}
