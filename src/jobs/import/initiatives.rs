//! Initiative files: an initiative is known again by its id or, without one, by its account and title.

use std::collections::HashMap;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::domain::AccountId;
use crate::domain::AuditKind;
use crate::domain::Initiative;
use crate::domain::InitiativeId;
use crate::domain::InitiativeStatus;
use crate::domain::InitiativeUpdate;
use crate::domain::Person;
use crate::domain::Priority;
use crate::ingest;
use crate::ingest::InitiativeRecord;
use crate::ingest::Reason;
use crate::ingest::Rejection;
use crate::store::Entered;
use crate::store::Keep;
use crate::store::Store;
use crate::store::StoreError;

use super::ImportOptions;
use super::pipe::Pipe;
use super::pipe::Progress;
use super::report::ImportReport;
use super::report::ImportReports;
use super::target::Target;

/// Imports initiative files, a batch in one transaction.
pub(super) async fn import(
    target: Target<'_>,
    files: &[PathBuf],
    options: &ImportOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<ImportReports, StoreError> {
    let mut book = Book::open(target.store(), options).await?;
    let mut reports = ImportReports { files: Vec::new(), dry_run: options.keep == Keep::DryRun };
    for (number, file) in files.iter().enumerate() {
        let mut report = ImportReport::default();
        let intake = options.intake(AuditKind::ImportInitiatives, file).await;
        let mut pipe = Pipe::open(file, options.context(), ingest::read_initiatives);
        while let Some(batch) = pipe.next().await {
            let mut changed: HashMap<InitiativeId, Initiative> = HashMap::new();
            let mut rejections = batch.rejections;
            for (record, row) in batch.rows.into_iter().zip(batch.numbers) {
                let Some(account) = book.account(&record) else {
                    rejections.push(unknown_account(row));
                    continue;
                };
                let id = book.id(&account, &record).await?;
                let before = book.initiatives.get(&id);
                let after = merged(before, record, &id, account, options.act.at);
                if report.counts(before, &after) {
                    book.put(after.clone());
                    changed.insert(id, after);
                }
            }
            if options.keep == Keep::Yes && !changed.is_empty() {
                let changed: Vec<Initiative> = changed.into_values().collect();
                target.put_initiatives(&changed, Entered::Within(&intake)).await?;
            }
            rejections.sort_by_key(|rejection| rejection.row);
            report.reject(rejections);
            progress(Progress { file: number, records: report.records(), bytes: batch.bytes });
        }
        pipe.close(&mut report).await;
        target.store().end_intake(&intake).await?;
        reports.push(file, report);
    }
    Ok(reports)
}

fn unknown_account(row: u64) -> Rejection {
    Rejection {
        row,
        column: Some("account_id".to_owned()),
        reason: Reason::MissingAccount,
        message: "no account has this id or name; import the account or its usage first".to_owned(),
    }
}

/// What is known before and during an import.
struct Book<'s> {
    store: &'s Store,
    keep: Keep,
    /// Ids of accounts, and ids by lower-case name; `None` where two share it.
    accounts: HashMap<String, Option<AccountId>>,
    initiatives: HashMap<InitiativeId, Initiative>,
    by_title: HashMap<(AccountId, String), InitiativeId>,
}

impl<'s> Book<'s> {
    async fn open(store: &'s Store, options: &ImportOptions) -> Result<Self, StoreError> {
        let mut accounts: HashMap<String, Option<AccountId>> = HashMap::new();
        let known = store.accounts().await?;
        for account in &known {
            let same =
                accounts.entry(account.name.to_lowercase()).or_insert_with(|| Some(account.id.clone()));
            if same.as_ref() != Some(&account.id) {
                *same = None;
            }
        }
        // An id means its account, whatever names there are.
        accounts.extend(known.into_iter().map(|account| (account.id.as_str().to_owned(), Some(account.id))));
        let mut book = Self {
            store,
            keep: options.keep,
            accounts,
            initiatives: HashMap::new(),
            by_title: HashMap::new(),
        };
        for initiative in store.initiatives().await? {
            book.put(initiative);
        }
        Ok(book)
    }

    fn put(&mut self, initiative: Initiative) {
        let key = (initiative.account.clone(), initiative.title.clone());
        self.by_title.insert(key, initiative.id.clone());
        self.initiatives.insert(initiative.id.clone(), initiative);
    }

    fn account(&self, record: &InitiativeRecord) -> Option<AccountId> {
        let by_id = self.accounts.get(record.account.as_str());
        by_id.or_else(|| self.accounts.get(&record.account_text.to_lowercase())).cloned().flatten()
    }

    async fn id(&self, account: &AccountId, record: &InitiativeRecord) -> Result<InitiativeId, StoreError> {
        if let Some(id) = &record.id {
            return Ok(id.clone());
        }
        if let Some(id) = self.by_title.get(&(account.clone(), record.title.clone())) {
            return Ok(id.clone());
        }
        match self.keep {
            Keep::Yes => self.store.next_initiative_id().await,
            // A dry run must not use up a number.
            Keep::DryRun => {
                let draft = format!("new-{}", self.initiatives.len() + 1);
                Ok(InitiativeId::new(&draft).expect("letters and digits are an id"))
            }
        }
    }
}

/// What is known with what the file says; a text that stands in the log already is not added again.
fn merged(
    known: Option<&Initiative>,
    record: InitiativeRecord,
    id: &InitiativeId,
    account: AccountId,
    now: Timestamp,
) -> Initiative {
    let mut initiative = known.cloned().unwrap_or_else(|| Initiative {
        id: id.clone(),
        account: account.clone(),
        title: String::new(),
        priority: Priority::Medium,
        status: InitiativeStatus::Planned,
        owner: None,
        expected_revenue: None,
        start: None,
        due: None,
        target: None,
        updates: Vec::new(),
    });
    initiative.account = account;
    initiative.title = record.title;
    initiative.priority = record.priority.unwrap_or(initiative.priority);
    initiative.status = record.status.unwrap_or(initiative.status);
    initiative.owner = record.owner.or(initiative.owner);
    initiative.expected_revenue = record.expected_revenue.or(initiative.expected_revenue);
    initiative.start = record.start.or(initiative.start);
    initiative.due = record.due.or(initiative.due);
    initiative.target = record.target.or(initiative.target);
    if let Some(text) = record.update
        && !initiative.updates.iter().any(|update| update.text == text)
    {
        let author =
            initiative.owner.clone().unwrap_or_else(|| Person::new("import").expect("a word is a name"));
        initiative.updates.push(InitiativeUpdate { at: now, author, text });
    }
    initiative
}
