//! Files come in: what is accepted, what is refused and why.
