//! A simulated portfolio that feels real: seeded, repeatable, and ending at the hour it is asked for.
