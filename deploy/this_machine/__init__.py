"""Reads the Linux machine that it runs on: a newcomer's first real asset."""

from deploy.this_machine.reading import Reading, read_machine, report_body

__all__ = ["Reading", "read_machine", "report_body"]
