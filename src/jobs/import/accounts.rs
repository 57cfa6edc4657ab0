//! Account files: what a file leaves empty stays as it was.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::AuditKind;
use crate::domain::CommitPeriod;
use crate::domain::Contract;
use crate::ingest;
use crate::ingest::AccountRecord;
use crate::ingest::Reason;
use crate::ingest::Rejection;
use crate::store::Entered;
use crate::store::Keep;
use crate::store::StoreError;

use super::ImportOptions;
use super::pipe::Pipe;
use super::pipe::Progress;
use super::report::ImportReport;
use super::report::ImportReports;
use super::target::Target;

/// Imports account files, a batch in one transaction.
pub(super) async fn import(
    target: Target<'_>,
    files: &[PathBuf],
    options: &ImportOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<ImportReports, StoreError> {
    let mut known: HashMap<AccountId, Account> =
        target.store().accounts().await?.into_iter().map(|account| (account.id.clone(), account)).collect();
    let mut reports = ImportReports { files: Vec::new(), dry_run: options.keep == Keep::DryRun };
    for (number, file) in files.iter().enumerate() {
        let mut report = ImportReport::default();
        let intake = options.intake(AuditKind::ImportAccounts, file).await;
        let mut pipe = Pipe::open(file, options.context(), ingest::read_accounts);
        while let Some(batch) = pipe.next().await {
            let mut changed: HashMap<AccountId, Account> = HashMap::new();
            let mut rejections = batch.rejections;
            for (record, row) in batch.rows.into_iter().zip(batch.numbers) {
                match merged(known.get(&record.id), record, row) {
                    Ok(account) => {
                        let before = known.insert(account.id.clone(), account.clone());
                        if report.counts(before.as_ref(), &account) {
                            changed.insert(account.id.clone(), account);
                        }
                    }
                    Err(rejection) => rejections.push(rejection),
                }
            }
            if options.keep == Keep::Yes && !changed.is_empty() {
                let changed: Vec<Account> = changed.into_values().collect();
                target.put_accounts(&changed, Entered::Within(&intake)).await?;
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

/// What is known with what the file says.
fn merged(known: Option<&Account>, record: AccountRecord, row: u64) -> Result<Account, Rejection> {
    let contract = contract(known.and_then(|account| account.contract), &record, row)?;
    let mut account = match known {
        Some(account) => account.clone(),
        None => Account::discovered(record.id.clone(), record.id.as_str()),
    };
    account.contract = contract;
    if let Some(name) = record.name {
        account.name = name;
    }
    account.owner = record.owner.or(account.owner);
    account.segment = record.segment.or(account.segment);
    account.plan = record.plan.or(account.plan);
    account.tags = record.tags.unwrap_or(account.tags);
    account.status = record.status.unwrap_or(account.status);
    Ok(account)
}

fn contract(
    known: Option<Contract>,
    record: &AccountRecord,
    row: u64,
) -> Result<Option<Contract>, Rejection> {
    if record.commit.is_none() && record.commit_period.is_none() && record.renewal.is_none() {
        return Ok(known);
    }
    let Some(commit) = record.commit.or(known.map(|contract| contract.commit)) else {
        return Err(Rejection {
            row,
            column: Some("commit".to_owned()),
            reason: Reason::MissingField,
            message: "a period or a renewal needs a commit; write 0 when nothing was committed".to_owned(),
        });
    };
    let period =
        record.commit_period.or(known.map(|contract| contract.period)).unwrap_or(CommitPeriod::Month);
    let renewal = record.renewal.or(known.and_then(|contract| contract.renewal));
    Ok(Some(Contract { commit, period, renewal }))
}
