//! `lsrc diff`: cases under `tests/cases/diff`, and its figures against an account of their own.

use crate::command::check_area;

#[test]
fn every_case_prints_what_it_should() {
    check_area("diff");
}
