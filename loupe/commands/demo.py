"""`loupe demo`: sample photos through the whole stack."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import click

from loupe.commands.options import data_option, json_option

OUT: Final = Path("demo-out")


@click.command(short_help="Sample photos through the whole stack.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=OUT, show_default=True, metavar="DIR")
@data_option
@json_option
def demo(out: Path, data: Path, *, as_json: bool) -> int:
    """Analyse sample photos, show what came of them, and write pictures and a page of results.

    Ends with 0 if every sample came to what it was made for.
    """
    from loupe.demo import page, run
    from loupe.demo.table import table
    from loupe.view.console import out as output
    from loupe.view.console import say
    from loupe.view.json import show_json
    from loupe.view.next_steps import after_demo

    say("Rendering sample photos and sending them all at once, as phones would:")
    shown = run.run(data, out, say=say)
    index = out / "index.html"
    index.write_text(page.render(shown, at=datetime.now().astimezone()), encoding="utf-8")
    surprises = sum(bool(one.surprise) for one in shown)
    if as_json:
        jobs = [
            {"sample": one.sample.path.name, "surprise": one.surprise, "result": one.outcome.result} for one in shown
        ]
        show_json({"page": str(index), "surprises": surprises, "jobs": jobs})
    else:
        output().print(table(shown))
        after_demo(index.absolute())
    return 1 if surprises else 0
