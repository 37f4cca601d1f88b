"""The exceptions of lsrc."""


class Error(ValueError):
    """Anything that lsrc refuses; the message says what is wrong and what to do."""


class RulesError(Error):
    """Rules that have errors. ``findings`` has each with its place."""

    def __init__(self, findings):
        self.findings = list(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings) or "the rules have errors")


class DataError(Error):
    """Data that cannot be scored, or an argument that does not fit them. ``help`` has the way out, or is ``None``."""

    def __init__(self, message, help=None):
        self.help = help
        super().__init__(f"{message}; {help}" if help else message)


class SqlError(Error):
    """A construct of the rules that a database does not compute as the rules mean it. ``place`` is its place in the rules."""

    def __init__(self, message, place=None):
        self.place = place
        super().__init__(message)
