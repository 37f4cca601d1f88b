//! Reads bytes as a data set of a schema that has every type.

use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;

use lsrc::check::{self, LoadOptions, Texts};
use lsrc::hir::{AsOf, Model};
use lsrc::input::{self, Format, Needs, ReadOptions, Spec};
use lsrc::schema::{FieldId, PropId};

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let texts = Texts::new().with(
        "rules.lsr",
        "lsr 1\nschema contact { unknown values \"N/A\"  time zone \"Europe/Paris\"  key id: integer  t: text  n: integer  x: number  b: boolean  d: date  \
         m: datetime  o: one of [red, blue = \"B\"]  s: set of [red, blue]  u: set of text  f: number like \"1.234,56\"  g: date like \"31/12/2026\"  \
         events view { url: text  at: datetime } }\nscore z { per n then +1 }\n",
    );
    let program = check::load(&texts, Path::new("rules.lsr"), &LoadOptions::default());
    check::check(&program, &[]).model.unwrap()
});

pub(crate) fn read(bytes: &[u8], format: Format) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let schema = &MODEL.schema;
    let all: Vec<PropId> = (0..schema.properties.len() as u32).map(PropId).collect();
    let needs = Needs {
        properties: all.iter().copied().collect(),
        fields: schema.events.iter().map(|list| (0..list.fields.len() as u32).map(FieldId).collect()).collect(),
        carried: Vec::new(),
        batch_rows: 16,
    };
    let options = ReadOptions {
        allow_missing: all.into_iter().collect(),
        allow_missing_events: [lsrc::schema::EventId(0)].into(),
        keep_rejects: true,
        ..ReadOptions::default()
    };
    let spec = Spec { format: Some(format), max_decoded: Some(1 << 20), ..Spec::file(file.path()) };
    let as_of = AsOf { micros: 0, day: 0 };
    let Ok(mut reader) = input::open(&spec, &[], schema, &needs, as_of, &options) else { return };
    while let Ok(Some(batch)) = reader.next_batch() {
        assert!(batch.rows <= 16);
        for column in batch.columns.iter().flatten() {
            assert_eq!(column.len(), batch.rows);
        }
        let _ = reader.rejected_rows();
    }
    let _ = reader.report();
}
