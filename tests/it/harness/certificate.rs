//! Certificates that sign themselves, made for one test.

use std::path::Path;

use etsm::config::TlsSettings;
use ring::rand::SystemRandom;
use ring::signature::ECDSA_P256_SHA256_ASN1_SIGNING;
use ring::signature::EcdsaKeyPair;
use ring::signature::KeyPair as _;

/// Object identifiers as certificates write them.
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// A certificate for `localhost` and its key, both as PEM.
pub struct Made {
    pub certificate: String,
    pub key: String,
}

impl Made {
    /// One that held or holds from the first of one year to the first of another.
    pub fn between(begins: u16, ends: u16) -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &random).unwrap();
        let algorithm = sequence(&[object(ECDSA_WITH_SHA256)]);
        let name = sequence(&[element(0x31, &sequence(&[object(COMMON_NAME), element(0x0c, b"localhost")]))]);
        let year = |year: u16| element(0x18, format!("{year}0101000000Z").as_bytes());
        let key_of = sequence(&[object(EC_PUBLIC_KEY), object(P256)]);
        let other_name = sequence(&[element(0x82, b"localhost")]);
        let extension = sequence(&[object(SUBJECT_ALTERNATIVE_NAME), element(0x04, &other_name)]);
        let told = sequence(&[
            element(0xa0, &element(0x02, &[2])),
            element(0x02, &[1]),
            algorithm.clone(),
            name.clone(),
            sequence(&[year(begins), year(ends)]),
            name,
            sequence(&[key_of, bits(pair.public_key().as_ref())]),
            element(0xa3, &sequence(&[extension])),
        ]);
        let signature = pair.sign(&random, &told).unwrap();
        let certificate = sequence(&[told, algorithm, bits(signature.as_ref())]);
        Self { certificate: pem("CERTIFICATE", &certificate), key: pem("PRIVATE KEY", key.as_ref()) }
    }

    /// One that holds.
    pub fn new() -> Self {
        Self::between(2020, 2120)
    }

    /// Writes both into a folder, over what stands there.
    pub fn put(&self, folder: &Path) -> TlsSettings {
        let files =
            TlsSettings { certificate: folder.join("tls.crt"), key: folder.join("tls.key"), redirect: None };
        std::fs::write(&files.certificate, &self.certificate).unwrap();
        std::fs::write(&files.key, &self.key).unwrap();
        files
    }

    /// A client that believes this certificate and no other.
    pub fn client(&self) -> reqwest::Client {
        let root = reqwest::Certificate::from_pem(self.certificate.as_bytes()).unwrap();
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = client.tls_built_in_root_certs(false).add_root_certificate(root);
        // Each call shakes hands anew.
        client.pool_max_idle_per_host(0).build().unwrap()
    }
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let mut bytes = match length {
        ..0x80 => vec![tag, length as u8],
        0x80..0x100 => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    bytes.extend(content);
    bytes
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

fn object(identifier: &[u8]) -> Vec<u8> {
    element(0x06, identifier)
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    element(0x03, &[&[0], bytes].concat())
}

fn pem(label: &str, bytes: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
