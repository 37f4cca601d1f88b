//! Reachable ranges and their witnesses.
