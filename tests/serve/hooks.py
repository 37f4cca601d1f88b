"""How schemathesis writes bodies that are not JSON."""
import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    return value.encode() if isinstance(value, str) else b"{}\n"
