//! The audit log: every change has one entry, and whatever is done to the entries is found.

use std::path::Path;

use etsm::domain::Act;
use etsm::domain::AuditKind;
use etsm::domain::How;
use etsm::store::AuditFilter;
use etsm::store::AuditFlaw;
use etsm::store::Store;
use sqlx::Connection;

const ENTRIES: u64 = 9;

/// A database with entries about nothing, closed.
async fn written(folder: &Path) -> String {
    let store = Store::open_dir(folder).await.unwrap();
    for number in 1..=ENTRIES {
        let act = Act::of_service(How::Terminal, jiff::Timestamp::from_second(number as i64).unwrap());
        let told = serde_json::json!({"rows": number});
        store.enter(&act, AuditKind::Export, &format!("rows {number}"), Some(told)).await.unwrap();
    }
    let check = store.check_audit(None).await.unwrap();
    assert_eq!((check.entries, check.head.number, check.flaw), (ENTRIES, ENTRIES, None));
    assert_eq!(check.head, store.audit_head().await.unwrap());
    store.close().await;
    check.head.hash
}

/// Whoever has the file in hand.
async fn by_hand(folder: &Path, sql: &str) {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}", folder.join("etsm.db").display());
    let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
    for statement in sql.split(';').filter(|one| !one.trim().is_empty()) {
        let sql = sqlx::AssertSqlSafe(statement.to_owned());
        let done = sqlx::query(sql).execute(&mut connection).await.unwrap();
        assert!(done.rows_affected() > 0, "{statement} changed nothing");
    }
    connection.close().await.unwrap();
}

async fn found(sql: &str, with_head: bool) -> Option<AuditFlaw> {
    let folder = tempfile::tempdir().unwrap();
    let head = written(folder.path()).await;
    by_hand(folder.path(), sql).await;
    let store = Store::open_dir(folder.path()).await.unwrap();
    let check = store.check_audit(with_head.then_some(head.as_str())).await.unwrap();
    store.close().await;
    check.flaw
}

#[tokio::test]
async fn an_edit_of_any_column_is_found() {
    for (column, value) in [("at_ms", "5"), ("kind", "'note.add'"), ("how", "'web'"), ("request", "'r'")]
        .into_iter()
        .chain([("who_kind", "'person'"), ("facts", "'{}'"), ("seal", "'00'"), ("hash", "'00'")])
    {
        let sql = format!("UPDATE audit SET {column} = {value} WHERE number = 4");
        assert_eq!(found(&sql, false).await, Some(AuditFlaw::Changed(4)), "{column}");
    }
    for (column, value) in
        [("who", "'mallory'"), ("subject", "''"), ("account", "'acme'"), ("before", "'{}'")]
            .into_iter()
            .chain([("after", "NULL"), ("salt", "''")])
    {
        let sql = format!("UPDATE audit SET {column} = {value} WHERE number = 4");
        assert_eq!(found(&sql, false).await, Some(AuditFlaw::Told(4)), "{column}");
    }
}

#[tokio::test]
async fn a_deletion_a_swap_and_an_entry_put_in_are_found() {
    let delete = "DELETE FROM audit WHERE number = 4";
    assert_eq!(found(delete, false).await, Some(AuditFlaw::Missing(4)));
    let renumbered = "DELETE FROM audit WHERE number = 4; UPDATE audit SET number = number - 1 WHERE number > 4; \
                      UPDATE counter SET value = 8 WHERE name = 'audit'";
    assert_eq!(found(renumbered, false).await, Some(AuditFlaw::Changed(4)));
    let swap = "UPDATE audit SET number = 99 WHERE number = 4; UPDATE audit SET number = 4 WHERE number = 5; \
                UPDATE audit SET number = 5 WHERE number = 99";
    assert_eq!(found(swap, false).await, Some(AuditFlaw::Changed(4)));
    let beginning = "DELETE FROM audit WHERE number <= 2";
    assert_eq!(found(beginning, false).await, Some(AuditFlaw::Missing(1)));
    let put_in = "INSERT INTO audit SELECT 10, at_ms, kind, how, request, who_kind, facts, who, subject, account, \
                  before, after, salt, seal, hash FROM audit WHERE number = 9";
    assert_eq!(found(put_in, false).await, Some(AuditFlaw::Changed(10)));
}

#[tokio::test]
async fn a_cut_of_the_tail_is_found_and_with_the_head_also_one_that_covers_its_traces() {
    let cut = "DELETE FROM audit WHERE number > 7";
    assert_eq!(found(cut, false).await, Some(AuditFlaw::Cut { last: 7, written: ENTRIES }));
    let covered = "DELETE FROM audit WHERE number > 7; UPDATE counter SET value = 7 WHERE name = 'audit'";
    assert_eq!(found(covered, false).await, None);
    assert_eq!(found(covered, true).await, Some(AuditFlaw::HeadUnknown));
    let all = "DELETE FROM audit";
    assert_eq!(found(all, false).await, Some(AuditFlaw::Cut { last: 0, written: ENTRIES }));
}

#[tokio::test]
async fn an_erasure_that_no_entry_tells_of_is_found() {
    let replaced = "INSERT INTO audit_reseal (erasure, number, seal) \
                    VALUES (9, 4, (SELECT seal FROM audit WHERE number = 4))";
    assert_eq!(found(replaced, false).await, Some(AuditFlaw::Erasure(9)));
    let later = "INSERT INTO audit_reseal (erasure, number, seal) \
                 VALUES (12, 4, (SELECT seal FROM audit WHERE number = 4))";
    assert_eq!(found(later, false).await, Some(AuditFlaw::Erasure(12)));
}

#[tokio::test]
async fn a_log_that_grew_on_still_has_its_earlier_head() {
    let folder = tempfile::tempdir().unwrap();
    let head = written(folder.path()).await;
    let store = Store::open_dir(folder.path()).await.unwrap();
    let act = Act::of_service(How::Web, jiff::Timestamp::UNIX_EPOCH);
    store.enter(&act, AuditKind::Export, "rows", None).await.unwrap();
    let check = store.check_audit(Some(&head.to_uppercase())).await.unwrap();
    assert_eq!((check.head.number, check.flaw), (ENTRIES + 1, None));
    let page = store.audit(&AuditFilter { below: Some(10), ..AuditFilter::default() }, 3).await.unwrap();
    assert_eq!(page.iter().map(|one| one.number).collect::<Vec<_>>(), [9, 8, 7]);
    store.close().await;
}

#[tokio::test]
async fn old_entries_are_removed_and_the_log_still_proves_itself() {
    let folder = tempfile::tempdir().unwrap();
    let head = written(folder.path()).await;
    let second = |second| jiff::Timestamp::from_second(second).unwrap();
    let store = Store::open_dir(folder.path()).await.unwrap();
    let act = Act::of_service(How::Schedule, second(100));
    assert_eq!(store.cut_audit(second(1), &act).await.unwrap(), 0, "nothing is older");
    assert_eq!(store.cut_audit(second(5), &act).await.unwrap(), 4);
    let check = store.check_audit(Some(&head)).await.unwrap();
    assert_eq!((check.entries, check.removed, check.head.number, check.flaw), (6, 4, 10, None));
    assert_eq!(store.cut_audit(second(99), &act).await.unwrap(), 5, "all but the cut itself");
    assert_eq!(store.cut_audit(second(200), &act).await.unwrap(), 2, "all that there is");
    let check = store.check_audit(None).await.unwrap();
    assert_eq!((check.entries, check.removed, check.head.number, check.flaw), (1, 11, 12, None));
    store.close().await;
    by_hand(folder.path(), "UPDATE audit SET facts = '{\"through\":11,\"hash\":\"00\"}'").await;
    let store = Store::open_dir(folder.path()).await.unwrap();
    assert_eq!(store.check_audit(None).await.unwrap().flaw, Some(AuditFlaw::Changed(12)));
    store.close().await;
}
