//! `github`: workflow commands, which GitHub shows beside the lines of a pull request.

use std::io::{self, Write};

use super::{View, shown_places};

pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    for d in view.findings {
        let (start, end) = shown_places(view.sources, d.span);
        let mut message = d.message.clone();
        for more in d.notes.iter().chain(&d.help) {
            message.push('\n');
            message.push_str(more);
        }
        // Columns may only be given where the finding stands on one line.
        let columns =
            if start.line == end.line { format!(",col={},endColumn={}", start.column, end.column) } else { String::new() };
        writeln!(
            out,
            "::{} file={},line={},endLine={}{columns},title={}::{}",
            d.severity.word(),
            property(view.path(d.span.file)),
            start.line,
            end.line,
            property(&format!("{} {}", d.code.id(), d.code.name())),
            data(&message)
        )?;
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
