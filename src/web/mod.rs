//! The dashboard: router, pages, API, assets.
