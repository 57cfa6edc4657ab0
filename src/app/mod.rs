//! Wires everything; `main` parses the command line and calls it.
