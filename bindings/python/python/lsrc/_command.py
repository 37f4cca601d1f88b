"""The command ``lsrc``."""

import sys

from ._native import command


def main():
    """Runs the command with the arguments of this process; returns its exit status."""
    return command(["lsrc", *sys.argv[1:]])
