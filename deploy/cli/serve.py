"""`holdfast serve`: the API, until Ctrl-C."""

import asyncio
import json
import signal

import click


@click.command(epilog="Example: holdfast serve --port 8080")
@click.option("--host", help="The address to listen on; else HOLDFAST_API_HOST.")
@click.option("--port", type=int, help="The port; 0 takes a free one; else HOLDFAST_API_PORT.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with the URL once it answers; log JSON.")
def serve(host: str | None, port: int | None, *, as_json: bool) -> None:
    """Answer claims and serve the page, over the settings' database and Kafka, until Ctrl-C."""
    from deploy import event_loop  # noqa: PLC0415  (commands import what they need when they run)
    from deploy.database import dsn  # noqa: PLC0415
    from deploy.logs import configure  # noqa: PLC0415
    from deploy.serve import Server  # noqa: PLC0415
    from deploy.settings import load  # noqa: PLC0415

    settings = load(api_host=host, api_port=port)
    configure(settings.log_level, "json" if as_json else settings.log_format)
    database = dsn(settings)

    async def main() -> None:
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        async with Server(settings, database) as server:
            line = f"the API answers at {server.url} (page: /, routes: /docs); Ctrl-C ends it"
            click.echo(json.dumps({"url": server.url}) if as_json else line)
            stopped = asyncio.ensure_future(server.ended())
            waiting = asyncio.ensure_future(ended.wait())
            await asyncio.wait({stopped, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    event_loop.run(main())
