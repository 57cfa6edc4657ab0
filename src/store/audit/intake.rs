//! What comes in piece by piece, as a file or a delivery of a source: one entry, at its end.
//!
//! Invariant: while pieces are committed and the end is not, a row tells of it. So what broke off is entered, too.

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use sqlx::AnyConnection;

use crate::domain::Act;
use crate::domain::AuditKind;
use crate::domain::RequestId;
use crate::domain::Way;
use crate::domain::Who;
use crate::store::error::Doing;
use crate::store::error::StoreError;
use crate::store::error::instant;
use crate::store::error::read_back;
use crate::store::open::Store;
use crate::store::recorded::Recorded;

use super::Entry;
use super::append;

const DOING: &str = "noting what comes in";

/// What comes in piece by piece and is entered as one.
#[derive(Debug, Clone)]
pub struct Intake {
    id: i64,
    act: Act,
    kind: AuditKind,
    subject: String,
    about: Map<String, Value>,
}

impl Intake {
    /// Of a file or a source, by its name.
    #[must_use]
    pub fn new(act: Act, kind: AuditKind, subject: &str) -> Self {
        Self { id: rand::random(), act, kind, subject: subject.to_owned(), about: Map::new() }
    }

    /// When it came.
    pub(in crate::store) fn at(&self) -> Timestamp {
        self.act.at
    }

    /// With something to tell, as the digest of its file.
    #[must_use]
    pub fn about(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.about.insert(name.to_owned(), value.into());
        self
    }

    /// Notes a piece in its own transaction, if it changed anything.
    pub(in crate::store) async fn note(
        &self,
        connection: &mut AnyConnection,
        recorded: &Recorded,
    ) -> Result<(), StoreError> {
        if recorded.accepted + recorded.replaced == 0 {
            return Ok(());
        }
        let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        sqlx::query(
            "INSERT INTO intake (id, begun_ms, kind, how, request, who_kind, who, subject, about, accepted, replaced) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO UPDATE SET \
             accepted = intake.accepted + excluded.accepted, replaced = intake.replaced + excluded.replaced",
        )
        .bind(self.id)
        .bind(self.act.at.as_millisecond())
        .bind(self.kind.word())
        .bind(self.act.way.how.word())
        .bind(self.act.way.request.as_ref().map(|id| id.as_str().to_owned()))
        .bind(self.act.who.kind())
        .bind(self.act.who.name())
        .bind(self.subject.as_str())
        .bind(Value::Object(self.about.clone()).to_string())
        .bind(count(recorded.accepted))
        .bind(count(recorded.replaced))
        .execute(connection)
        .await
        .doing(DOING)
        .map(|_done| ())
    }

    /// Enters what came in, if that changed anything.
    pub(in crate::store) async fn end(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let counts: Option<(i64, i64)> =
            sqlx::query_as("DELETE FROM intake WHERE id = $1 RETURNING accepted, replaced")
                .bind(self.id)
                .fetch_optional(&mut *connection)
                .await
                .doing(DOING)?;
        let Some((accepted, replaced)) = counts else { return Ok(()) };
        let mut told = self.about.clone();
        told.insert("accepted".to_owned(), accepted.into());
        told.insert("replaced".to_owned(), replaced.into());
        let entry = Entry::new(&self.act, self.kind, self.subject.as_str());
        append(connection, &[entry.changed(None, Some(Value::Object(told)))]).await.map(drop)
    }
}

/// Under which entry a change goes.
#[derive(Debug, Clone, Copy)]
pub enum Entered<'a> {
    /// Each thing that changes, under its own.
    Each(&'a Act),
    /// All together with the rest of their file, when that ends.
    Within(&'a Intake),
}

type Row = (i64, i64, String, String, Option<String>, String, String, String, String);

impl Store {
    /// Ends what came in piece by piece.
    pub async fn end_intake(&self, intake: &Intake) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        intake.end(&mut writing).await?;
        writing.commit().await.doing(DOING)
    }

    /// Enters what broke off before it came to its end; tells how many.
    pub async fn enter_broken_intakes(&self, begun_before: Timestamp) -> Result<usize, StoreError> {
        let mut writing = self.write().await?;
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, begun_ms, kind, how, request, who_kind, who, subject, about FROM intake \
             WHERE begun_ms < $1 ORDER BY begun_ms, id",
        )
        .bind(begun_before.as_millisecond())
        .fetch_all(&mut *writing)
        .await
        .doing(DOING)?;
        for row in &rows {
            read_row(row)?.about("broke_off", true).end(&mut writing).await?;
        }
        writing.commit().await.doing(DOING)?;
        Ok(rows.len())
    }
}

fn read_row(
    (id, begun, kind, how, request, who_kind, who, subject, about): &Row,
) -> Result<Intake, StoreError> {
    let name = read_back(who, "intake.who");
    let who = match who_kind.as_str() {
        "person" => Who::Person(name?),
        "key" => Who::Key(name?),
        _ => Who::Service,
    };
    let request: Option<RequestId> =
        request.as_ref().map(|id| read_back(id, "intake.request")).transpose()?;
    let way = Way { how: read_back(how, "intake.how")?, request };
    let about = match serde_json::from_str(about) {
        Ok(Value::Object(about)) => about,
        _ => Map::new(),
    };
    Ok(Intake {
        id: *id,
        act: Act { who, way, at: instant(*begun, "intake.begun_ms")? },
        kind: read_back(kind, "intake.kind")?,
        subject: subject.clone(),
        about,
    })
}
