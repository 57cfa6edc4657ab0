//! One question, the same figures everywhere.
