//! The order of the stages, for the library and the command line.
