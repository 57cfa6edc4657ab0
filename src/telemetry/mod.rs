//! Logs, metrics, and health of the parts.
