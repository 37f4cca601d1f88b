//! `lsrc fmt`.

use super::{FAULTY, SOUND, folder, lsrc, ran, told};

const LAID: &str =
    "lsr 1\n\nschema contact {\n  key email:  text\n  visits:     integer\n}\n\nscore fit {\n  if visits >= 3 then +10\n}\n";

#[test]
fn files_are_laid_out_and_then_left_alone() {
    let here = folder(&[("score.lsr", SOUND), ("laid.lsr", LAID)]);
    let read = |name: &str| std::fs::read_to_string(here.path().join(name)).unwrap();
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["fmt", ".", "--check"])));
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["fmt", ".", "--diff"])));
    assert_eq!(read("score.lsr"), SOUND, "--check and --diff write nothing");
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["fmt", "."])));
    assert_eq!(read("score.lsr"), LAID);
    assert_eq!(
        ran(&mut lsrc(here.path(), &["fmt", ".", "--check"])),
        (0, String::new(), "2 files already formatted\n".to_owned())
    );
}

#[test]
fn standard_input_goes_to_standard_output() {
    let here = folder(&[]);
    let (status, stdout, _) = ran(lsrc(here.path(), &["fmt", "-"]).write_stdin(SOUND));
    assert_eq!((status, stdout.as_str()), (0, LAID));
    let (status, stdout, _) = ran(lsrc(here.path(), &["fmt", "--check", "-", "--stdin-filename", "a.lsr"]).write_stdin(SOUND));
    assert_eq!((status, stdout.as_str()), (1, "a.lsr\n"));
    let (status, stdout, _) = ran(lsrc(here.path(), &["fmt", "--check", "-"]).write_stdin(LAID));
    assert_eq!((status, stdout.as_str()), (0, ""));
}

#[test]
fn a_file_that_does_not_parse_is_left_alone_and_the_others_are_not() {
    let here = folder(&[("a.lsr", FAULTY), ("b.lsr", SOUND)]);
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["fmt", "."])));
    let read = |name: &str| std::fs::read_to_string(here.path().join(name)).unwrap();
    assert_eq!((read("a.lsr").as_str(), read("b.lsr").as_str()), (FAULTY, LAID));
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let here = folder(&[]);
    std::fs::write(here.path().join("a.lsr"), b"lsr 1\n\xff\n").unwrap();
    let (status, _, stderr) = ran(&mut lsrc(here.path(), &["fmt", "a.lsr"]));
    assert_eq!(status, 2);
    assert!(stderr.starts_with("error: `a.lsr` has a byte in line 2 that is not UTF-8; save the file as UTF-8"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let here = folder(&[("real.lsr", SOUND)]);
    let real = here.path().join("real.lsr");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.lsr", here.path().join("link.lsr")).unwrap();
    assert_eq!(ran(&mut lsrc(here.path(), &["fmt", "link.lsr"])).0, 0);
    assert_eq!(std::fs::read_to_string(&real).unwrap(), LAID);
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(std::fs::symlink_metadata(here.path().join("link.lsr")).unwrap().is_symlink());
}
