"""Numpydoc validation of the public API: fails when a public function lacks what a reader needs."""

import dataclasses
import inspect
import sys

from numpydoc.validate import validate

import xrayiq

#: summary, parameters, returns, their descriptions and types; fields are keyword-only, so their order is free
CHECKS = {"GL08", "SS01", "SS02", "SS03", "SS04", "PR01", "PR02", "PR04", "PR07", "RT01", "RT02", "RT03", "YD01"}


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
    """What is missing in one docstring.

    A method without parameters may say in its first line what it gives; an error class shares its base's parameters.
    """
    waived = set()
    owner, _, last = name.rpartition(".")
    value = getattr(xrayiq, last, None)
    if value is None and not takes_parameters(owner, last):
        waived.add("RT01")
    if inspect.isclass(value) and issubclass(value, xrayiq.XrayiqError) and "__init__" not in vars(value):
        waived.add("PR01")
    if inspect.isclass(value) and dataclasses.is_dataclass(value) and "Parameters\n" not in (value.__doc__ or ""):
        waived.add("PR01")
    return [f"{name}: {code} {text}" for code, text in validate(name)["errors"] if code in CHECKS - waived]


def takes_parameters(owner: str, method: str) -> bool:
    """Whether a method of a public class takes more than the object itself."""
    parameters = inspect.signature(getattr(getattr(xrayiq, owner.rpartition(".")[2]), method)).parameters
    return bool(set(parameters) - {"self", "cls"})


def main() -> int:
    """Number of faults, each printed."""
    names = public_names()
    rows = [row for name in names for row in faults(name)]
    sys.stdout.write("\n".join([*rows, f"{len(names)} public names, {len(rows)} faults"]) + "\n")
    return 1 if rows else 0


if __name__ == "__main__":
    sys.exit(main())
