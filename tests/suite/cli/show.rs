//! `lsrc show`.

use super::{FAULTY, folder, lsrc, ran, told};

/// A model with every kind of item.
const MODEL: &str = include_str!("../../cases/cli/show.lsr");

#[test]
fn a_model_is_a_table_of_points() {
    let here = folder(&[("score.lsr", MODEL)]);
    for format in ["text", "md", "html", "csv"] {
        let (status, stdout, stderr) = ran(&mut lsrc(here.path(), &["show", "score.lsr", "--format", format]));
        assert_eq!((status, stderr.as_str()), (0, ""));
        insta::assert_snapshot!(format!("show_{format}"), stdout);
    }
    insta::assert_snapshot!("show_narrow", ran(lsrc(here.path(), &["show", "score.lsr"]).env("COLUMNS", "40")).1);
}

#[test]
fn rules_with_errors_cannot_be_shown() {
    let here = folder(&[("score.lsr", FAULTY)]);
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["show", "score.lsr"])));
}

#[test]
fn texts_are_no_markup_and_no_formulas() {
    let text = MODEL.replace("\"asked for sales\"", "\"<b>|=cmd|' /C calc'!A0\"").replace("\"competitor\"", "\"=1+1\"");
    let here = folder(&[("score.lsr", &text)]);
    let show = |format: &str| ran(&mut lsrc(here.path(), &["show", "score.lsr", "--format", format])).1;
    assert!(!show("html").contains("<b>"));
    assert!(!show("md").contains("<b>|"));
    assert!(show("csv").contains(",'=1+1,"), "{}", show("csv"));
}
