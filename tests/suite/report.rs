//! `lsrc run --report`: a page that stands alone, shows everything, and obeys nothing that stands in data or rules.

use std::fs;
use std::path::Path;

use crate::command::lsrc;

const RULES: &str = r#"lsr 1
# A <b>hostile</b> comment.
schema contact {
  key email: text
  job_title: text
  visits: integer
  status: one of [cold, "h<o>t"]
}
exclude if email contains "<script" because "<script>alert('reason')</script>"
score fit max 24 {
  if job_title contains word "vp" then +20 because "decides <img src=x onerror=alert(1)> & \"signs\""
  if job_title contains word "never" then +5 because "nobody is this"
  per visits then +1.5 max 9
}
score lead = fit * 2
label grade by fit { 20..: "<A>"  10..<20: B  else: C }
lifecycle status {
  stage "h<o>t" when lead >= 40 because "</td>hot"
  otherwise cold
}
"#;

const DATA: &str = "email,job_title,visits,status\n\
    ann@a.example,VP Sales,3,cold\n\
    <b>bob</b>@b.example,clerk,lots <i>,h<o>t\n\
    \"<script>alert(1)</script>\",VP,1,\n\
    \"cy\"\"'&onclick=\"\"x\",clerk,7,cold\n";

fn report(folder: &Path, args: &[&str]) -> String {
    let output = lsrc(folder)
        .args(["run", "rules.lsr", "contacts.csv", "--as-of", "2026-01-15", "-q", "--report", "page.html"])
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(folder.join("page.html")).unwrap()
}

fn project(data: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.lsr"), RULES).unwrap();
    fs::write(folder.path().join("contacts.csv"), data).unwrap();
    folder
}

/// The names of the elements that a page opens, with the rest of each tag; script and style are closed at once.
fn tags(page: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, behind) = after.split_once('>').expect("a tag ends");
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        rest = match name {
            "script" | "style" => behind.split_once(&format!("</{name}")).expect("it ends").1,
            _ => behind,
        };
        found.push((name, attributes));
    }
    found
}

/// Whether elements close in the order in which they open.
fn assert_well_formed(page: &str) {
    let mut open = Vec::new();
    for (name, attributes) in tags(page) {
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "closed in another order"),
            None if matches!(name, "!doctype" | "meta" | "input" | "br") || attributes.ends_with('/') || name.ends_with('/') => {}
            None if matches!(name, "script" | "style") => {}
            None => open.push(name),
        }
    }
    assert_eq!(open, Vec::<&str>::new(), "left open");
}

#[test]
fn nothing_from_data_or_rules_is_obeyed() {
    let folder = project(DATA);
    let page = report(folder.path(), &["--select", "job_title"]);
    assert_well_formed(&page);
    let known = [
        "!doctype", "html", "head", "meta", "title", "style", "body", "main", "header", "h1", "h2", "h3", "p", "dl", "div", "dt",
        "dd", "nav", "ul", "li", "a", "section", "article", "figure", "svg", "desc", "rect", "path", "text", "tspan", "details",
        "summary", "table", "caption", "thead", "tbody", "tr", "th", "td", "code", "small", "em", "strong", "b", "span", "form",
        "label", "input", "output", "script",
    ];
    for (name, attributes) in tags(&page) {
        let name = name.trim_start_matches('/');
        assert!(known.contains(&name), "<{name} {attributes}> is none of the page's own");
        assert!(!attributes.contains("onerror") && !attributes.contains("onclick"), "<{name} {attributes}>");
    }
    assert_eq!(page.matches("<script").count(), 1, "only the page's own");
    for told in [
        "&lt;b&gt;bob&lt;/b&gt;@b.example",
        "cy&quot;&#39;&amp;onclick=&quot;x",
        "&lt;img src=x onerror=alert(1)&gt; &amp; &quot;signs&quot;",
        "&lt;script&gt;alert(&#39;reason&#39;)&lt;/script&gt;",
        "lots &lt;i&gt;",
        "h&lt;o&gt;t",
        "&lt;A&gt;",
        "&lt;/td&gt;hot",
        "# A &lt;b&gt;hostile&lt;/b&gt; comment.",
    ] {
        assert!(page.contains(told), "{told} is not told");
    }
}

#[test]
fn the_page_loads_nothing() {
    let page = report(project(DATA).path(), &[]);
    for (name, attributes) in tags(&page) {
        assert!(!attributes.contains("src=") || name == "script", "<{name} {attributes}>");
        if let Some((_, target)) = attributes.split_once("href=\"") {
            assert!(target.starts_with('#'), "<{name} {attributes}>");
        }
    }
    assert!(!page.contains("://") && !page.contains("url(") && !page.contains("@import"));
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn every_part_of_the_run_is_on_the_page() {
    let page = report(project(DATA).path(), &[]);
    let ids: Vec<&str> = tags(&page)
        .into_iter()
        .filter(|(name, _)| *name == "section")
        .filter_map(|(_, attributes)| attributes.split('"').nth(1))
        .collect();
    assert_eq!(ids, ["scores", "labels", "stages", "top", "contributions", "silent", "rules", "excluded", "data", "about"]);
    for id in ids {
        assert!(page.contains(&format!("<a href=\"#{id}\">")), "{id} is not in the contents");
    }
    let part = |id: &str| {
        let start = page.find(&format!("<section id=\"{id}\"")).unwrap();
        page[start..].split_once("</section>").unwrap().0
    };
    assert!(part("scores").contains("<h3>fit</h3>") && part("scores").contains("<h3>lead</h3>"));
    assert!(part("scores").contains(">20 &lt;A&gt;</text>") && part("scores").contains(">40 h&lt;o&gt;t</text>"), "thresholds");
    assert!(part("silent").contains("nobody is this") && !part("silent").contains("decides"));
    assert!(
        part("contributions").contains("decides") && part("contributions").contains("<em>Limits of groups and of the score</em>")
    );
    assert!(part("data").contains("a whole number") && part("data").contains("in row 2"));
    assert!(part("excluded").contains("alert(&#39;reason&#39;)"));
    assert!(part("about").contains("2026-01-15") && part("about").contains("rules.lsr"));
    assert!(
        part("top").contains("3 records, by lead, the greatest first. 1 excluded or held record is left out;"),
        "{}",
        part("top")
    );
    assert!(part("top").contains("<b>+20</b> fit, decides"), "{}", part("top"));
    let rows: Vec<&str> = part("top").matches("<th scope=\"row\">").collect();
    assert_eq!(rows.len(), 3);
    let listed = part("rules").matches("<tr").count() - 1;
    assert_eq!(listed, RULES.lines().count());
}

/// The section of the records.
fn top(page: &str) -> &str {
    let start = page.find("<section id=\"top\"").unwrap();
    page[start..].split_once("</section>").unwrap().0
}

#[test]
fn records_begin_with_what_was_selected_and_leave_out_whom_nobody_calls() {
    let folder = project(DATA);
    let page = report(folder.path(), &["--select", "job_title"]);
    let first = |page: &str, tag: &str| top(page).split_once(tag).unwrap().1.split_once('<').unwrap().0.to_owned();
    assert_eq!(first(&page, "<thead><tr><th scope=\"col\">"), "job_title");
    assert_eq!(first(&page, "<tr><th scope=\"row\">"), "VP Sales");
    assert!(!top(&page).contains("&lt;script"), "excluded");
    assert!(!top(&page).contains("(line "), "reasons are in the words of the rules");
    let all = report(folder.path(), &["--report-all"]);
    assert!(top(&all).contains("4 records, by lead, the greatest first.</p>") && top(&all).contains("&lt;script"));
    assert!(top(&report(folder.path(), &["--top", "25%"])).matches("<th scope=\"row\">").count() == 1);
}

#[test]
fn a_record_without_a_readable_key_begins_with_its_address() {
    let folder = tempfile::tempdir().unwrap();
    let rules =
        "lsr 1\nschema c {\n  key id: integer\n  email: text from \"E-Mail\"\n  n: integer\n}\nscore s {\n  per n then +1\n}\n";
    fs::write(folder.path().join("rules.lsr"), rules).unwrap();
    fs::write(folder.path().join("contacts.csv"), "id,E-Mail,n\n7,ann@a.example,2\n").unwrap();
    let page = report(folder.path(), &[]);
    assert!(top(&page).contains("<th scope=\"row\">ann@a.example</th><td>7</td>"), "{}", top(&page));
    // Nobody needs the address, so it may be missing.
    fs::write(folder.path().join("contacts.csv"), "id,n\n7,2\n").unwrap();
    assert!(top(&report(folder.path(), &[])).contains("<th scope=\"row\"></th><td>7</td>"));
}

#[test]
fn a_label_of_two_is_drawn_as_their_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "lsr 1\nschema c {\n  key id: integer\n  fit: integer\n  visits: integer\n}\nscore f {\n  per fit then +1\n}\n\
                 score e {\n  per visits then +1\n}\nlabel letter by f { 10..: \"A\"  ..<10: \"B\" }\n\
                 label digit by e { 5..: \"1\"  ..<5: \"<2>\" }\nlabel grade = letter + digit\n";
    fs::write(folder.path().join("rules.lsr"), rules).unwrap();
    fs::write(folder.path().join("contacts.csv"), "id,fit,visits\n1,12,9\n2,12,7\n3,1,0\n").unwrap();
    let page = report(folder.path(), &[]);
    assert_well_formed(&page);
    let matrix = page.split_once("<table class=\"matrix\">").unwrap().1.split_once("</table>").unwrap().0;
    assert_eq!(matrix.matches("<th scope=\"col\">").count(), 2);
    assert_eq!(matrix.matches("<th scope=\"row\">").count(), 2);
    assert!(
        matrix.contains("<span>A1</span><b>2</b><small>67%</small>")
            || matrix.contains("<span>A1</span><b>2</b><small>66.7%</small>"),
        "{matrix}"
    );
    assert!(matrix.contains("<span>A&lt;2&gt;</span><b>0</b><small></small>"), "{matrix}");
}

#[test]
fn figures_have_a_name_a_description_and_a_table() {
    let page = report(project(DATA).path(), &[]);
    let figures: Vec<&str> = page.split("<figure>").skip(1).map(|f| f.split_once("</figure>").unwrap().0).collect();
    assert_eq!(figures.len(), 3, "two scores and one flow");
    for figure in figures {
        assert!(figure.contains("role=\"img\" aria-labelledby="));
        assert!(figure.contains("<title id=") && figure.contains("<desc id=") && figure.contains("<table>"));
    }
}

#[test]
fn only_so_many_records_are_shipped_and_the_page_says_so() {
    use std::fmt::Write as _;
    let mut data = String::from("email,job_title,visits,status\n");
    (0..5000).for_each(|n| writeln!(data, "p{n}@x.example,{},{},cold", if n % 9 == 0 { "vp" } else { "" }, n * 7 % 11).unwrap());
    let folder = project(&data);
    let page = report(folder.path(), &["--threads", "1"]);
    assert!(page.contains("The first 250 of 5,000 records, by lead, the greatest first."));
    assert_eq!(page.matches("<th scope=\"row\">").count(), 250);
    for threads in ["2", "5"] {
        assert!(report(folder.path(), &["--threads", threads]) == page, "{threads} threads give another page");
    }
    let ten = report(folder.path(), &["--top", "10"]);
    assert_eq!(ten.matches("<th scope=\"row\">").count(), 10);
    let keys = |page: &str| -> Vec<String> {
        page.split("<th scope=\"row\">").skip(1).map(|k| k.split('<').next().unwrap().to_owned()).collect()
    };
    let sorted = String::from_utf8(
        lsrc(folder.path())
            .args(["run", "rules.lsr", "contacts.csv", "--as-of", "2026-01-15", "-q", "--sort", "lead", "--top", "250"])
            .output()
            .unwrap()
            .stdout,
    )
    .unwrap();
    let output: Vec<&str> = sorted.lines().skip(1).filter_map(|l| l.split(',').next()).collect();
    assert_eq!(keys(&page), output, "the page ships those that --sort and --top write");
}

#[test]
fn a_page_that_cannot_be_written_is_absent() {
    let folder = project(DATA);
    let output = lsrc(folder.path())
        .args(["run", "rules.lsr", "contacts.csv", "-q", "--strict", "--report", "page.html"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--strict"));
    assert!(!folder.path().join("page.html").exists());
}

/// SHA-256 (<https://csrc.nist.gov/pubs/fips/180-4/upd1/final>).
fn sha256(message: &[u8]) -> Vec<u8> {
    let primes: Vec<f64> = (2_u32..312).filter(|n| (2..*n).all(|d| n % d != 0)).map(f64::from).collect();
    let fraction = |x: f64| (x.fract() * 4_294_967_296.0) as u32;
    let constants: Vec<u32> = primes.iter().map(|p| fraction(p.cbrt())).collect();
    let mut state: Vec<u32> = primes[..8].iter().map(|p| fraction(p.sqrt())).collect();
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks(64) {
        let mut w: Vec<u32> = block.chunks(4).map(|b| u32::from_be_bytes(b.try_into().unwrap())).collect();
        for t in 16..64 {
            let s0 = w[t - 15].rotate_right(7) ^ w[t - 15].rotate_right(18) ^ (w[t - 15] >> 3);
            let s1 = w[t - 2].rotate_right(17) ^ w[t - 2].rotate_right(19) ^ (w[t - 2] >> 10);
            w.push(w[t - 16].wrapping_add(s0).wrapping_add(w[t - 7]).wrapping_add(s1));
        }
        let mut v = state.clone();
        for t in 0..64 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let first = v[7].wrapping_add(s1).wrapping_add(choice).wrapping_add(constants[t]).wrapping_add(w[t]);
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(first);
            v[0] = first.wrapping_add(s0).wrapping_add(majority);
        }
        state.iter_mut().zip(v).for_each(|(s, v)| *s = s.wrapping_add(v));
    }
    state.into_iter().flat_map(u32::to_be_bytes).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = bytes.chunks(3).flat_map(|three| {
        let bits = three.iter().chain(&[0; 2]).take(3).fold(0_usize, |bits, b| bits << 8 | usize::from(*b));
        (0..4).map(move |at| if at <= three.len() { char::from(DIGITS[bits >> (18 - 6 * at) & 63]) } else { '=' })
    });
    digits.collect()
}

#[test]
fn the_browser_is_told_the_hash_of_the_script_that_the_page_has() {
    assert_eq!(base64(&sha256(b"abc")), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    let page = report(project(DATA).path(), &[]);
    let script = page.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0.replace("\r\n", "\n");
    let hash = base64(&sha256(script.as_bytes()));
    assert!(page.contains(&format!("; script-src 'sha256-{hash}'")), "write sha256-{hash} beside page.js");
}
