"""GoogleSQL: Google's own analyser and reference evaluator as a WebAssembly module, with BigQuery's language features.

It is the code that BigQuery's language is defined by, not BigQuery: no storage, no quotas, no planner of BigQuery is in it.
"""

import ctypes
import decimal
import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

NEEDS = "the Python package zetasql"
# Deep queries need more of a stack than the module gets by itself; the runtime allows no more than this.
STACK = 2 << 20
# The evaluator looks at every pair of rows of what it joins.
MOST_KEYS = 100
SCALES = {"numeric_value": 9, "bignumeric_value": 38}


class Engine:
    def __init__(self):
        from zetasql.core import wasm_client

        self.cached(wasm_client)
        from zetasql.core import ZetaSqlLocalService
        from zetasql.types import LanguageOptions, ZetaSQLBuiltinFunctionOptions
        from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2
        from zetasql.wasi._pb2.zetasql.public import options_pb2, type_pb2

        self.proto = local_service_pb2
        self.kinds = type_pb2
        self.client = ZetaSqlLocalService.get_instance().wasm_client
        language = LanguageOptions.maximum_features().to_proto()
        # Types by BigQuery's names: FLOAT64, not DOUBLE.
        language.product_mode = options_pb2.PRODUCT_EXTERNAL
        self.language = language
        self.functions = ZetaSQLBuiltinFunctionOptions().to_proto()
        self.functions.language_options.CopyFrom(language)
        threading.stack_size(8 * STACK)
        self.roomy = ThreadPoolExecutor(max_workers=1)
        self.version = f"GoogleSQL by zetasql {version('zetasql')}"

    @staticmethod
    def cached(wasm_client):
        """Compiling the module takes a minute or two: the compiled form is kept, under LSRC_ENGINE_CACHE or the folder for temporary files."""
        import wasmtime

        folder = os.environ.get("LSRC_ENGINE_CACHE") or os.path.join(tempfile.gettempdir(), f"lsrc-engines-{os.getuid()}")
        os.makedirs(folder, mode=0o700, exist_ok=True)

        class Kept:
            @staticmethod
            def from_file(engine, path):
                stamp = os.stat(path)
                kept = os.path.join(folder, f"zetasql-{stamp.st_size}-{int(stamp.st_mtime)}-{version('wasmtime')}.cwasm")
                if os.path.exists(kept):
                    return wasmtime.Module.deserialize_file(engine, kept)
                module = wasmtime.Module.from_file(engine, path)
                with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
                    file.write(module.serialize())
                os.replace(file.name, kept)
                return module

        wasm_client.Module = Kept

        def config():
            it = wasmtime.Config()
            it.max_wasm_stack = STACK
            return it

        wasm_client.Config = config

        def write_bytes(self, ptr, data):
            ctypes.memmove(ctypes.addressof(self.memory.data_ptr().contents) + ptr, data, len(data))

        def read_bytes(self, ptr, size):
            return ctypes.string_at(ctypes.addressof(self.memory.data_ptr().contents) + ptr, size)

        # The package's own copy byte by byte.
        wasm_client.WasmClient.write_bytes = write_bytes
        wasm_client.WasmClient.read_bytes = read_bytes

    def kind(self, name, into):
        t = self.kinds
        kinds = {"integer": t.TYPE_INT64, "number": t.TYPE_DOUBLE, "boolean": t.TYPE_BOOL, "date": t.TYPE_DATE, "datetime": t.TYPE_TIMESTAMP}
        if name == "array":
            into.type_kind = t.TYPE_ARRAY
            into.array_type.element_type.type_kind = t.TYPE_STRING
        else:
            into.type_kind = kinds.get(name, t.TYPE_STRING)

    @staticmethod
    def cell(value, kind, into):
        if value is None:
            return
        if kind == "array":
            into.array_value.SetInParent()
            for member in value:
                into.array_value.element.add().string_value = member
        elif kind == "date":
            into.date_value = value
        elif kind == "datetime":
            into.timestamp_value.seconds, rest = divmod(value, 1_000_000)
            into.timestamp_value.nanos = rest * 1000
        elif kind == "number":
            into.double_value = value
        elif kind == "boolean":
            into.bool_value = value
        elif kind == "integer":
            into.int64_value = value
        else:
            into.string_value = value

    @staticmethod
    def read(cell):
        kind = cell.WhichOneof("value")
        if kind is None:
            return None
        value = getattr(cell, kind)
        if kind in SCALES:
            return decimal.Decimal(int.from_bytes(value, "little", signed=True)).scaleb(-SCALES[kind])
        return value

    def run(self, tables, sql):
        request = self.proto.EvaluateQueryRequest()
        request.sql = sql.rstrip().rstrip(";")
        request.options.language_options.CopyFrom(self.language)
        request.options.default_timezone = "UTC"
        request.simple_catalog.name = "catalog"
        request.simple_catalog.builtin_function_options.CopyFrom(self.functions)
        for table in tables:
            declared = request.simple_catalog.table.add()
            declared.name = table["name"]
            for name, kind in table["columns"]:
                column = declared.column.add()
                column.name = name
                self.kind(kind, column.type)
            content = request.table_content[table["name"]].table_data
            content.SetInParent()
            for row in table["rows"]:
                into = content.row.add()
                for value, (_, kind) in zip(row, table["columns"]):
                    self.cell(value, kind, into.cell.add())
        answer = self.roomy.submit(self.client.call_grpc_func, "ZetaSqlLocalService_EvaluateQuery", request, self.proto.EvaluateQueryResponse)
        found = answer.result()
        return [tuple(self.read(cell) for cell in row.cell) for row in found.content.table_data.row]

    def close(self):
        self.roomy.shutdown()
