//! The dashboard and the browser chat: over HTTP as any program sees them, and in a real browser.

mod accessible;
mod admin;
mod again;
mod around;
mod board;
mod browser;
mod chatting;
mod doors;
mod grid;
mod guarding;
mod hard_times;
mod hostile;
mod in_browser;
mod layout;
mod live;
mod read_api;
mod reading;
mod sharing;
pub mod site;

const PAGES: &[&str] = &[
    "/",
    "/?range=7d&band=at_risk&sort=cost",
    "/accounts",
    "/accounts?sort=calls&range=90d&owner=mei",
    "/accounts/acme",
    "/accounts/acme/usage",
    "/accounts/acme/usage?range=7d&by=endpoint&metric=cost&compare=none",
    "/accounts/acme/usage?endpoint=%2Fv1%2Fchat",
    "/accounts/acme/cost",
    "/accounts/acme/cost?month=2026-02",
    "/accounts/acme/health",
    "/accounts/acme/why",
    "/accounts/acme/why?since=7d&until=2026-03-29",
    "/accounts/acme/history",
    "/accounts/borealis/history?range=30d",
    "/admin",
    "/admin/replay",
    "/admin/rules",
    "/admin/schedules",
    "/admin/audit",
    "/admin/privacy",
    "/admin/use",
    "/accounts/hostile",
    "/accounts/hostile/usage?by=endpoint",
    "/usage",
    "/usage?range=90d&grain=month&metric=cost",
    "/share?line=usage%20acme",
    "/usage?account=&endpoint=&range=90d&by=account&metric=tokens&compare=",
    "/movers?range=7d&metric=cost",
    "/anomalies",
    "/accounts/acme/anomalies?range=90d",
    "/accounts/hostile/anomalies?metric=cost",
    "/forecast?metric=cost",
    "/accounts/acme/forecast?horizon=90d&metric=tokens",
    "/churn",
    "/initiatives",
    "/initiatives?account=acme",
    "/initiatives/ini-1",
    "/initiatives/ini-2",
    "/initiatives?view=board",
    "/order?line=initiative%20update%20ini-2",
    "/order?line=note",
    "/alerts",
    "/alerts?status=recovered",
    "/digests",
    "/status",
    "/help",
    "/chat",
];
