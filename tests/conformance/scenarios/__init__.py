"""What any Kinesis client must see: one list of scenarios, run through every driver of drivers.py.

A scenario is a function of one argument, a Session (session.py): s.call("PutRecord", StreamName=..., ...) answers
a dict as the API has it (blobs are bytes, timestamps datetime or epoch numbers) or raises ApiError. Its name is a
sentence that holds. A new client is a new driver, never a new list.
"""
import inspect

from . import consumers, fanout, records, reshard, resources, service, settings, streams
from .session import Session

__all__ = ["SCENARIOS", "Session"]


def _scenarios(module):
    for value in vars(module).values():
        if inspect.isfunction(value) and value.__module__ == module.__name__ and list(inspect.signature(value).parameters) == ["s"]:
            yield value


SCENARIOS = [scenario for module in (streams, records, reshard, consumers, fanout, resources, settings, service) for scenario in _scenarios(module)]
