//! `short`: `file:line:column: severity[name]: message`.

use std::io::{self, Write};

use super::View;

pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    for d in view.findings {
        let place = view.sources.place(d.span);
        let file = view.sources.name(d.span);
        let message = d.message.replace(['\n', '\r'], " ");
        writeln!(out, "{file}:{}:{}: {}[{}]: {message}", place.line, place.column, d.severity.word(), d.code.name())?;
    }
    Ok(())
}
