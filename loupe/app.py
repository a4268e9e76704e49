"""The commands put together, and every error turned into one readable line with the next step."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from loupe.commands.analyze import analyze
from loupe.commands.asking import cancel, delete, reprocess, retry
from loupe.commands.backup import backup, restore
from loupe.commands.check import check
from loupe.commands.color import color
from loupe.commands.demo import demo
from loupe.commands.dlq import dlq
from loupe.commands.doctor import doctor
from loupe.commands.down import down
from loupe.commands.env import env
from loupe.commands.faults import faults
from loupe.commands.jobs import jobs
from loupe.commands.models import models
from loupe.commands.stats import stats
from loupe.commands.top import top
from loupe.commands.up import up
from loupe.commands.watch import watch
from loupe.trouble import Misuse, Trouble
from shared.errors import LoupeError
from shared.version import VERSION

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells expect

COMMANDS: Final = (
    *(analyze, check, color, demo, up, down, env, jobs, watch),
    *(cancel, retry, reprocess, delete, top, stats, doctor, dlq, backup, restore, faults),
    models,
)


class InOrder(click.Group):
    """Lists its commands in the order in which a newcomer meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as they were added."""
        del ctx
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(VERSION, prog_name="loupe")
def loupe() -> None:
    """Loupe on this machine: analyse photos, run the local stack, look after both.

    Try: loupe demo
    """


for command in COMMANDS:
    loupe.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 2 called wrongly, 130 interrupted."""
    try:
        code = loupe.main(args=arguments, prog_name="loupe", standalone_mode=False)
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _interrupted()
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody to tell, and nothing to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (LoupeError, Trouble, OSError) as error:
        return _complain(error)
    return int(code or OK)


def _complain(error: LoupeError | Trouble | OSError) -> int:
    from loupe.view.console import complain

    if isinstance(error, LoupeError):
        complain(error.message, error.reason)
    elif isinstance(error, OSError):
        complain(f"{error.filename or 'the system'}: {error.strerror or error}")
    else:
        complain(str(error))
    return USAGE if isinstance(error, Misuse) else FAILED


def _interrupted() -> int:
    from loupe.view.console import say

    say("Interrupted. Jobs that were sent go on in a running stack: loupe jobs")
    return INTERRUPTED
