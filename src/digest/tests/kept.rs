//! Digests that were kept, looked at later.

use super::*;

#[test]
fn a_kept_digest_says_what_it_said_beside_what_is_so_now() {
    let made = Made::new().steady("acme", 28, 1_000).days("acme", 28..35, 300);
    let then = made.until(35);
    let digest = composed(&then, None);
    let kept: KeptDigest = serde_json::from_str(&serde_json::to_string(&digest.kept).unwrap()).unwrap();
    assert_eq!(kept, digest.kept);
    // A day of the week that was told is restated since.
    let now = made.days("acme", 34..35, 900).until(35);
    insta::assert_snapshot!(shown(&as_kept(&kept, &now)));
}

#[test]
fn a_kept_digest_tells_nobody_of_accounts_that_are_not_theirs() {
    let snapshot = demo("2026-11-23T07:00:00Z");
    let kept = composed(&snapshot, None).kept;
    let dana = snapshot.seen_by(&Scope::Of([Claim::Owner("dana".into())].into()));
    let page = as_kept(&kept, &dana);
    let said = shown(&page);
    assert!(said.contains("Parts of this digest are about accounts that are not shown to you."));
    for account in snapshot.accounts().filter(|one| dana.account(&one.id).is_none()) {
        assert!(!said.contains(&account.name), "{} in {said}", account.name);
    }
    assert!(!said.contains("API calls since"), "{said}");
}

#[test]
fn what_is_remembered_reads_back() {
    let remembered = composed(&demo("2026-11-23T07:00:00Z"), None).remembers;
    let text = serde_json::to_string(&remembered).unwrap();
    assert_eq!(serde_json::from_str::<Remembered>(&text).unwrap(), remembered);
}

#[test]
fn an_account_that_left_the_scope_is_not_told_as_over() {
    let first = composed(&Made::new().steady("acme", 28, 1_000).days("acme", 28..35, 300).until(35), None);
    let second = composed(&Made::new().steady("beta", 42, 1_000).until(42), Some(&first.remembers));
    let acme: AccountId = "acme".parse().unwrap();
    assert!(!text(&second).to_lowercase().contains(acme.as_str()), "{}", text(&second));
}
