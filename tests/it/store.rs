//! What was committed is there, whatever happened after.
