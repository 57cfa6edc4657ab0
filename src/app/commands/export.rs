//! `etsm export`: usage, or all of an account or a person, to the standard output.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::Value;
use serde_json::json;

use crate::config::Environment;
use crate::config::Settings;
use crate::domain::AccountId;
use crate::domain::AuditKind;
use crate::domain::UsageRow;
use crate::render::html::csv_cell;
use crate::store::Store;

use super::super::records::{Export, ExportFormat};
use super::super::run::open_store;
use super::erase::whose;

/// The columns of usage, as an import reads them.
const COLUMNS: [&str; 14] = [
    "timestamp",
    "account_id",
    "endpoint",
    "model",
    "api_calls",
    "errors",
    "tokens_used",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cost",
    "currency",
    "source",
    "event_id",
];

/// Writes to the standard output; status 2 when there is none.
pub(super) async fn export(
    settings: Settings,
    environment: &Environment,
    what: Export,
) -> anyhow::Result<ExitCode> {
    super::quiet_logs(&settings)?;
    let act = super::terminal_act(environment)?;
    let store = open_store(&settings).await?;
    let mut out = std::io::BufWriter::new(anstream::stdout());
    let subject = match what {
        Export::Rows { form } => {
            let mut sheet = Sheet { out: &mut out, format: form.format, currency: settings.currency.code() };
            let rows = sheet.all(&store).await?;
            (format!("rows {rows}"), json!({"rows": rows}))
        }
        Export::Account { id, form } => {
            let id: AccountId = id.parse().context("reading the id")?;
            let whole = store.dossier_of_account(&id).await.context("reading the account")?;
            let Some(whole) = whole else { bail!("there is no account {id}") };
            write(&mut out, &whole, form.format)?;
            (format!("account {id}"), json!({"account": id.as_str()}))
        }
        Export::Person { id, form } => {
            let (name, user) = whose(&settings, &id)?;
            let whole = store.dossier_of_person(name.as_ref(), user).await.context("reading the person")?;
            write(&mut out, &whole, form.format)?;
            (format!("person {id}"), json!({"person": id}))
        }
    };
    out.flush().context("writing")?;
    drop(out);
    store.enter(&act, AuditKind::Export, &subject.0, Some(subject.1)).await?;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Usage on its way out.
struct Sheet<'o, W> {
    out: &'o mut W,
    format: ExportFormat,
    currency: &'o str,
}

impl<W: Write> Sheet<'_, W> {
    /// All rows, account by account; tells how many.
    async fn all(&mut self, store: &Store) -> anyhow::Result<u64> {
        let mut count = 0;
        if self.format == ExportFormat::Csv {
            writeln!(self.out, "{}", COLUMNS.join(","))?;
        }
        for account in store.accounts().await? {
            let mut rows = Vec::new();
            let mut view = store.usage_view().await?;
            let only = std::slice::from_ref(&account.id);
            view.each_account(Some(only), jiff::Timestamp::MIN, |_id, of_account| rows = of_account).await?;
            drop(view);
            for row in &rows {
                self.row(row)?;
            }
            count += rows.len() as u64;
        }
        Ok(count)
    }

    fn row(&mut self, row: &UsageRow) -> anyhow::Result<()> {
        let cells = cells(row, self.currency);
        let line = match self.format {
            ExportFormat::Csv => cells
                .iter()
                .map(|cell| cell.as_deref().map_or_else(String::new, csv_cell))
                .collect::<Vec<_>>()
                .join(","),
            ExportFormat::Json => {
                let filled = COLUMNS.iter().zip(&cells);
                let filled =
                    filled.filter_map(|(name, cell)| Some(((*name).to_owned(), json!(cell.as_ref()?))));
                Value::Object(filled.collect()).to_string()
            }
        };
        writeln!(self.out, "{line}").context("writing")
    }
}

fn cells(row: &UsageRow, currency: &str) -> [Option<String>; COLUMNS.len()] {
    let number = |value: u64| Some(value.to_string());
    [
        Some(row.at.to_string()),
        Some(row.account.to_string()),
        Some(row.endpoint.to_string()),
        row.model.as_ref().map(ToString::to_string),
        number(row.used.api_calls),
        row.used.errors.and_then(number),
        number(row.used.tokens),
        row.tokens.input.and_then(number),
        row.tokens.output.and_then(number),
        row.tokens.cached.and_then(number),
        Some(row.used.cost.to_string()),
        Some(currency.to_owned()),
        Some(row.source.to_string()),
        row.event.as_ref().map(ToString::to_string),
    ]
}

/// The whole as one object, or as a table of one part a row.
fn write(out: &mut impl Write, whole: &Value, format: ExportFormat) -> anyhow::Result<()> {
    if format == ExportFormat::Json {
        return writeln!(out, "{whole:#}").context("writing");
    }
    writeln!(out, "kind,row,field,value").context("writing")?;
    for (kind, rows) in whole.as_object().into_iter().flatten() {
        let rows = rows.as_array().map_or(std::slice::from_ref(rows), Vec::as_slice);
        for (number, row) in (1..).zip(rows) {
            for (field, value) in row.as_object().into_iter().flatten() {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                writeln!(out, "{kind},{number},{},{}", csv_cell(field), csv_cell(&text))
                    .context("writing")?;
            }
        }
    }
    Ok(())
}
