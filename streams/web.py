"""The worker's web server: /metrics, /healthz, /readyz, the rules and playbooks alerts link to.

Faust's own web application is off: it serves the contents of tables.
"""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from mode import Service
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from rules.catalogue import Catalogue, playbooks_of
from rules.catalogue_page import rule_page
from streams.metrics import Metrics

PORT_FILE = "web-port"
"""In its data folder a worker writes the port that it listens on."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the worker is ready, and in a word what it waits for if not."""

    ready: bool
    detail: str


def bind(host: str, port: int) -> socket.socket:
    """Bind the listening socket; port 0 takes any free one. OSError where it is taken."""
    bound = socket.create_server((host, port), reuse_port=False)
    bound.setblocking(False)
    return bound


class WebServer(Service):
    """Serves the worker's pages on a bound socket, and beats the event loop's heart."""

    def __init__(
        self,
        bound: socket.socket,
        metrics: Metrics,
        catalogue: Catalogue,
        readiness: Callable[[], Readiness],
        refresh: Callable[[], None],
    ) -> None:
        """`readiness` is asked by /readyz; `refresh` is called before metrics are written."""
        super().__init__()
        self._socket = bound
        self._metrics = metrics
        self._catalogue = catalogue
        self._playbooks = playbooks_of(catalogue)
        self._readiness = readiness
        self._refresh = refresh
        self._runner: web.AppRunner | None = None
        self.beat = time.monotonic()

    async def on_start(self) -> None:
        """Begin to serve."""
        application = web.Application()
        application.router.add_get("/metrics", self._serve_metrics)
        application.router.add_get("/healthz", self._serve_health)
        application.router.add_get("/readyz", self._serve_readiness)
        application.router.add_get("/playbooks/{id}", self._serve_playbook)
        application.router.add_get("/rules/{id}", self._serve_rule)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()

    async def on_stop(self) -> None:
        """Stop serving."""
        if self._runner is not None:
            await self._runner.cleanup()

    @Service.task
    async def _beat(self) -> None:
        while not self.should_stop:
            self.beat = time.monotonic()
            self._metrics.heartbeat.set(time.time())
            self._metrics.ready.set(self._readiness().ready)
            await self.sleep(1.0)

    async def _serve_metrics(self, request: web.Request) -> web.Response:
        self._refresh()
        text = generate_latest(self._metrics.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _serve_health(self, request: web.Request) -> web.Response:
        return web.Response(text="the loop beats\n")

    async def _serve_readiness(self, request: web.Request) -> web.Response:
        readiness = self._readiness()
        return web.Response(text=f"{readiness.detail}\n", status=200 if readiness.ready else 503)

    async def _serve_playbook(self, request: web.Request) -> web.Response:
        book = self._playbooks.get(request.match_info["id"])
        if book is None:
            raise web.HTTPNotFound(text="no such playbook\n")
        return web.Response(text=book.body, content_type="text/markdown")

    async def _serve_rule(self, request: web.Request) -> web.Response:
        rule = self._catalogue.get(request.match_info["id"])
        if rule is None:
            raise web.HTTPNotFound(text="no such rule\n")
        return web.Response(text=rule_page(rule), content_type="text/markdown")
