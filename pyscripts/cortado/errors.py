"""The one exception that means "the user can mend this": commands print its message alone, without a traceback."""


class CortadoError(Exception):
    """Bad input or a bad option. The message names the file, the line or utterance, the value, and what was expected."""


class DataError(CortadoError):
    """A data file is missing, malformed or contradicts another one."""

    def __init__(self, path, reason: str, line: int | None = None):
        self.path, self.line, self.reason = str(path), line, reason
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")


class ConfigError(CortadoError):
    """An option or a config key is unknown, of the wrong type, or has an impossible value."""
