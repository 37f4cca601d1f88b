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

#[test]
fn a_project_from_data_is_sound_too() {
    let data = "Record ID;Company Size;Industry;Newsletter;Created;Email\n\
        1;12;Software;yes;2026-01-02;a@x.io\n2;800;Finance;no;2026-01-05;b@y.io\n3;;Software;no;2025-11-30;c@z.io\n4;45;Software;yes;2025-12-01;d@w.io\n5;60;Finance;no;2025-12-11;e@w.io\n";
    let here = folder(&[("export.csv", data)]);
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["init", "model", "--from", "export.csv"])));
    insta::assert_snapshot!(std::fs::read_to_string(here.path().join("model/score.lsr")).unwrap());
    for args in [["check", "model", "--fail-level", "warning"], ["fmt", "--check", "model", "-q"]] {
        let (status, stdout, stderr) = ran(&mut lsrc(here.path(), &args));
        assert_eq!((status, stdout.as_str()), (0, ""), "{stderr}");
    }
    assert!(!here.path().join("model/contacts.csv").exists());
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["init", "other", "--from", "no.csv"])));
    assert!(!here.path().join("other").exists(), "nothing is left of a project that could not be begun");
}
