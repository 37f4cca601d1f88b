//! What a change of the rules does.
