//! The instructions, their listing, verifier and file format.
