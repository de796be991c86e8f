"""Runs the tests, and tells which methods of the package they call."""

import functools
import importlib
import inspect
import pathlib
import sys
import unittest

from clerk_backend_api import Clerk

called = set()


def record(name, method):
    @functools.wraps(method)
    def recorded(*arguments, **fields):
        called.add(name)
        return method(*arguments, **fields)

    return recorded


def methods():
    """Lists the operations of the package, of which each has a twin for asyncio."""
    for group, (module, name) in Clerk._sub_sdk_map.items():
        owner = getattr(importlib.import_module(module), name)
        for method, function in inspect.getmembers(owner, inspect.isfunction):
            if hasattr(owner, f"{method}_async") and not method.startswith("_") and method != "do_request":
                yield f"{group}.{method}", owner, method, function


def main():
    everything = list(methods())
    for name, owner, method, function in everything:
        setattr(owner, method, record(name, function))
    folder = str(pathlib.Path(__file__).parent)
    sys.path.insert(0, folder)
    result = unittest.TextTestRunner().run(unittest.defaultTestLoader.discover(folder))
    missing = sorted({name for name, *_ in everything} - called)
    print(f"clerk-backend-api: {len(everything) - len(missing)} of {len(everything)} methods called")
    if missing:
        print(f"not called: {', '.join(missing)}")
    sys.exit(0 if result.wasSuccessful() and not missing else 1)


main()
