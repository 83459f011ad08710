"""The command `holdfast`: its commands stand in a table and are imported when called, so that it starts fast."""

import importlib
import logging
import sys
from collections.abc import Sequence
from typing import Any

import click

from schemas.errors import HoldfastError

COMMANDS: dict[str, str] = {
    "demo": "deploy.cli.demo:demo",
    "diff": "deploy.cli.diff:diff",
    "findings": "deploy.cli.findings:findings",
    "grants": "deploy.cli.grants:grants",
    "go-on": "deploy.cli.go_on:go_on",
    "issuers": "deploy.cli.issuers:issuers",
    "ingest": "deploy.cli.ingest:ingest",
    "settings": "deploy.cli.settings_cmd:settings",
    "simulate": "deploy.cli.simulate:simulate",
    "ask": "deploy.cli.ask:ask",
    "jobs": "deploy.cli.jobs:jobs",
    "keys": "deploy.cli.keys:keys",
    "serve": "deploy.cli.serve:serve",
    "sites": "deploy.cli.sites:sites",
    "sources": "deploy.cli.sources:sources",
    "statuses": "deploy.cli.statuses:statuses",
    "beat": "deploy.cli.consume:beat",
    "consume": "deploy.cli.consume:consume",
    "dead-letters": "deploy.cli.dead_letters:dead_letters",
    "export": "deploy.cli.rows:export",
    "import": "deploy.cli.rows:import_",
    "link": "deploy.cli.link:link",
    "migrate": "deploy.cli.migrate:migrate",
    "retention": "deploy.cli.retention:retention",
    "report-this-machine": "deploy.cli.report_this_machine:report_this_machine",
    "resume": "deploy.cli.suspend:resume",
    "suspend": "deploy.cli.suspend:suspend",
    "up": "deploy.cli.up:up",
    "watch": "deploy.cli.watch:watch",
    "work": "deploy.cli.work:work",
}
"""Each command's name and where it is: "module:attribute". Add a line to add a command."""

INTERRUPTED = 130
BROKEN_PIPE = 141


class LazyGroup(click.Group):
    """A group whose commands are imported when asked for; one that cannot be is listed, and fails when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name them all, without importing one."""
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        try:
            command = getattr(importlib.import_module(module), attribute)
        except (ImportError, OSError) as exc:  # OSError: a library that this machine's loader does not take
            return _unloadable(cmd_name, str(exc) or type(exc).__name__)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]} is no click command")
        return command


def _unloadable(name: str, why: str) -> click.Command:
    """Stand in for a command whose module cannot be imported: whatever it is told, it fails and says why. Pure."""

    def fail() -> None:
        raise click.ClickException(f"`{name}` cannot be loaded: {why}: run `make setup` again")

    return click.Command(
        name,
        callback=lambda **_: fail(),
        params=[click.Argument(["words"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True, "help_option_names": []},
        short_help=f"(cannot be loaded: {why})",
    )


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Example: holdfast up",
)
@click.version_option(package_name="holdfast")
def cli() -> None:
    """Check, with evidence, whether hardware is where it is said to be, and in whose hands, and was so all along."""


def main(args: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 failed (one line says why), 2 asked wrongly, 130 interrupted."""
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # what it says of a failure, our line says
    try:
        code: Any = cli.main(args=args, prog_name="holdfast", standalone_mode=False)
    except HoldfastError as exc:
        click.echo(f"holdfast: {exc}", err=True)
        sys.exit(getattr(exc, "exit_code", 1))
    except click.ClickException as exc:
        exc.show()
        sys.exit(exc.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("holdfast: interrupted", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(BROKEN_PIPE)
    except Exception as exc:
        if (words := _words(exc)) is None:
            raise  # we are wrong: the traceback says where
        click.echo(f"holdfast: {words}", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _words(exc: Exception) -> str | None:
    """Say in one line what the world did to us that no command foresaw; None where the mistake is ours."""
    from aiokafka.errors import KafkaError  # noqa: PLC0415  (only a failure pays for these)
    from asyncpg import InterfaceError, PostgresError  # noqa: PLC0415

    from service.store.pool import refusal  # noqa: PLC0415

    if (known := refusal(exc)) is not None:
        return str(known)
    said = " ".join(str(exc).split()) or type(exc).__name__
    if isinstance(exc, KafkaError):
        return f"Kafka: {said}: see to the broker, then run this again"
    if isinstance(exc, PostgresError | InterfaceError):
        return f"PostgreSQL: {said}: see to the server, then run this again"
    if isinstance(exc, UnicodeError):
        return f"a text is not UTF-8 ({said}): write it so, then run this again"
    if isinstance(exc, OSError):
        where = "" if exc.filename is None else f"{exc.filename}: "
        return f"{where}{exc.strerror or said}: mend it, then run this again"
    return None
