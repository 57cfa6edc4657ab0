//! Questions asked in Discord, against a stateful and strict fake of it.
