"""Takes from moto's server what it does anew for every request: to look on the disk for its own modules, to match the host with the
patterns of all services, to write a line of log; most of it before one lock."""

import functools

from moto import backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler

modules = list(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: modules
DomainDispatcherApplication.get_backend_for_host = functools.lru_cache(maxsize=None)(DomainDispatcherApplication.get_backend_for_host)
MotoRequestHandler.log_request = lambda *_, **__: None
