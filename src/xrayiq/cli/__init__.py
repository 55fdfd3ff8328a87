"""The command line: parse, call one library function, print."""

from __future__ import annotations

import itertools
import os
import sys
from typing import Final, NoReturn

from xrayiq.cli.application import application
from xrayiq.errors import InputError, SiteError, XrayiqError

USAGE_ERROR: Final = 2
INTERNAL_ERROR: Final = 4
INTERRUPTED: Final = 130


def main() -> NoReturn:
    """Run the command line and exit with its code.

    0 within limits or done, 1 out of limits, 2 usage, 3 an image that should be measurable was not, 4 internal error,
    130 interrupted.
    """
    try:
        _require_printable_options(sys.argv[1:])
        application()
    except (InputError, SiteError) as error:
        _leave(str(error), USAGE_ERROR)
    except XrayiqError as error:
        _leave(str(error), INTERNAL_ERROR)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(INTERNAL_ERROR)
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            _leave("interrupted: what was stored so far is kept; run again to continue", INTERRUPTED)
        raise
    except Exception as error:
        # the outermost edge: a message and a code instead of a traceback
        if os.environ.get("XRAYIQ_DEBUG"):
            raise
        what, said = "internal error", type(error).__name__
        if isinstance(error, OSError):  # which file it was is not told: its name may be a patient's
            what, said = "the system refuses to read or write", (error.strerror or said).lower()
        _leave(f"{what} ({said}); set XRAYIQ_DEBUG=1 to see where", INTERNAL_ERROR)
    sys.exit(0)


def _require_printable_options(arguments: list[str]) -> None:
    """A file name in place of ``*`` may pass for an option, and the message about that would show it raw."""
    for argument in itertools.takewhile(lambda argument: argument != "--", arguments):
        name = argument.partition("=")[0]
        if name.startswith("-") and not name.isprintable():
            raise InputError(
                f"option {name}",
                needed="one of those that --help lists",
                remedy="put -- before names of files that begin with -",
            )


def _leave(message: str, code: int) -> NoReturn:
    from xrayiq.cli.printing import say

    say(f"xrayiq: {message}")
    sys.exit(code)
