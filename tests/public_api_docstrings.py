"""Numpydoc validation of the public API: fails when a public function lacks what a reader needs."""

import dataclasses
import inspect
import sys

from numpydoc.validate import validate

import xrayiq

#: summary, parameters, returns, their descriptions and types
CHECKS = {
    "GL08",
    "SS01",
    "SS02",
    "SS03",
    "SS04",
    "PR01",
    "PR02",
    "PR03",
    "PR04",
    "PR07",
    "RT01",
    "RT02",
    "RT03",
    "YD01",
}


def public_names() -> list[str]:
    """Dotted names of everything public: functions, classes and their public methods."""
    names = []
    for name in sorted(xrayiq.__all__):
        value = getattr(xrayiq, name)
        if not callable(value):
            continue
        names.append(f"{value.__module__}.{value.__qualname__}")
        if inspect.isclass(value) and not issubclass(value, Exception):
            methods = inspect.getmembers(value, lambda item: inspect.isfunction(item) or inspect.ismethod(item))
            names += [f"{value.__module__}.{value.__qualname__}.{method}" for method, _ in methods if method[0] != "_"]
    return names


def faults(name: str) -> list[str]:
    """What is missing in one docstring; fields of plain frozen values may be told by their names."""
    found = [(code, text) for code, text in validate(name)["errors"] if code in CHECKS]
    value = getattr(xrayiq, name.rpartition(".")[2], None)
    if inspect.isclass(value) and dataclasses.is_dataclass(value) and "Parameters\n" not in (value.__doc__ or ""):
        found = [(code, text) for code, text in found if code != "PR01"]
    return [f"{name}: {code} {text}" for code, text in found]


def main() -> int:
    """Number of faults, each printed."""
    names = public_names()
    rows = [row for name in names for row in faults(name)]
    sys.stdout.write("\n".join([*rows, f"{len(names)} public names, {len(rows)} faults"]) + "\n")
    return 1 if rows else 0


if __name__ == "__main__":
    sys.exit(main())
