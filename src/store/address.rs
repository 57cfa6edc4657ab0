//! Where a database is, and of which kind.

use std::path::Path;
use std::path::PathBuf;

use super::error::StoreError;

/// Which database it is, where that makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Takes the write lock at once, so that a writer never fails half way for having read too early.
    pub(super) fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// One view for all reads inside.
    pub(super) fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        }
    }

    /// A placeholder of a long statement. SQLite looks a named one up in a list for each binding, which is quadratic.
    pub(super) fn placeholder(self, number: usize) -> String {
        match self {
            Self::Sqlite => "?".to_owned(),
            Self::Postgres => format!("${number}"),
        }
    }
}

/// An address, looked at.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) url: String,
    pub(super) dialect: Dialect,
    pub(super) in_memory: bool,
    /// Where SQLite keeps it.
    pub(super) file: Option<PathBuf>,
}

impl Address {
    /// The folder to create.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.file.as_deref().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty())
    }

    pub(super) fn read(url: &str) -> Result<Self, StoreError> {
        let bad =
            |message: &str| StoreError::BadUrl { url: without_password(url), message: message.to_owned() };
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let url = url.to_owned();
            return Ok(Self { url, dialect: Dialect::Postgres, in_memory: false, file: None });
        }
        let Some(rest) = url.strip_prefix("sqlite:") else {
            return Err(bad("use sqlite:///path/file.db, or leave it out for a file in the data folder"));
        };
        let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() {
            return Err(bad("it names no file; use sqlite:///path/file.db"));
        }
        if path == ":memory:" || options.split('&').any(|option| option == "mode=memory") {
            let url = "sqlite::memory:".to_owned();
            return Ok(Self { url, dialect: Dialect::Sqlite, in_memory: true, file: None });
        }
        let plain = percent_encoding::percent_decode_str(path)
            .decode_utf8()
            .map_err(|_odd| bad("its path is not UTF-8"))?;
        let file = Some(PathBuf::from(&*plain));
        let full = if options.split('&').any(|option| option.starts_with("mode=")) {
            url.to_owned()
        } else {
            format!("{url}{}mode=rwc", if options.is_empty() { "?" } else { "&" })
        };
        Ok(Self { url: full, dialect: Dialect::Sqlite, in_memory: false, file })
    }
}

/// The address of a file.
pub(super) fn url_of(file: &Path) -> Result<String, StoreError> {
    const ESCAPED: &percent_encoding::AsciiSet =
        &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'?').add(b'\\');
    let text = file.to_str().ok_or_else(|| StoreError::BadUrl {
        url: file.display().to_string(),
        message: "the path must be UTF-8".to_owned(),
    })?;
    Ok(format!("sqlite://{}", percent_encoding::utf8_percent_encode(text, ESCAPED)))
}

/// `scheme://user:secret@host` without the secret.
pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((login, host)) => {
            let user = login.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        let shown = match Address::read(url) {
            Ok(address) => format!("{} in {:?}", address.url, address.folder().unwrap_or(Path::new(""))),
            Err(bad) => bad.to_string(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_address_is_opened_or_explained() {
        check(
            "sqlite:///var/lib/etsm/a%20b.db",
            r#"sqlite:///var/lib/etsm/a%20b.db?mode=rwc in "/var/lib/etsm""#,
        );
        check("sqlite://etsm.db?mode=ro", r#"sqlite://etsm.db?mode=ro in """#);
        check("sqlite::memory:", r#"sqlite::memory: in """#);
        check("sqlite://", "cannot open “sqlite://”: it names no file; use sqlite:///path/file.db");
        check(
            "mysql://db/etsm",
            "cannot open “mysql://db/etsm”: use sqlite:///path/file.db, or leave it out for a file in the data folder",
        );
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(without_password("postgres://etsm:s3cr@t@db/etsm"), "postgres://etsm@db/etsm");
        assert_eq!(without_password("sqlite:///a.db"), "sqlite:///a.db");
    }
}
