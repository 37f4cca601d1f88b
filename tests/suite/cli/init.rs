//! `lsrc init`.

use super::{folder, lsrc, ran, told};

#[test]
fn a_project_is_begun_and_sound() {
    let here = folder(&[]);
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["init", "model"])));
    let (status, stdout, stderr) = ran(&mut lsrc(here.path(), &["check", "model", "--fail-level", "warning"]));
    assert_eq!((status, stdout.as_str()), (0, ""), "{stderr}");
    let (status, stdout, stderr) = ran(&mut lsrc(here.path(), &["fmt", "--check", "model"]));
    assert_eq!((status, stdout.as_str()), (0, ""), "{stderr}");
}

#[test]
fn nothing_is_overwritten() {
    let here = folder(&[("score.lsr", "mine")]);
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["init"])));
    assert_eq!(std::fs::read_to_string(here.path().join("score.lsr")).unwrap(), "mine");
    assert!(!here.path().join("contact.lsr").exists());
}
