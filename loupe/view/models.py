"""Models on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from loupe.view.words import harmless, share, size

SAMPLE = ("sample", "yellow")


def listing(answer: Mapping[str, Any]) -> RenderableType:
    """One line per version."""
    table = _table("model", "task", "labels", "size", "sha256", "aliases", "")
    for model in answer["models"]:
        for version in model["versions"]:
            table.add_row(*_row(model, version))
    if not answer["models"]:
        return Text("There are no models yet. Bring one: loupe models add model.onnx --help", style="dim")
    return table


def added(answer: Mapping[str, Any]) -> RenderableType:
    """What was added and measured, and what comes next."""
    manifest, verdict = answer["manifest"], answer["verdict"]
    name = f"{manifest['name']}/{manifest['version']}"
    lines = [
        Text.assemble(("added ", "green"), (name, "bold"), f"  sha256 {manifest['sha256'][:16]}…", *_sample(manifest)),
        Text(f"  a run takes {_runs(verdict['run'])}; {manifest['threads']} will be used"),
        Text(f"  loading takes {_loading(verdict['load'])}"),
    ]
    lines += [Text(f"  {harmless(verdict['note'])}", style="yellow")] if verdict["note"] else []
    lines.append(Text(f"  next: loupe models promote {name}", style="dim"))
    return Group(*lines)


def checks(answer: Mapping[str, Any]) -> RenderableType:
    """One line per version that was looked at."""
    lines = []
    for one in answer["models"]:
        good = not one["problem"]
        said = f"a run takes {_runs(one['run'])}" if good else harmless(one["problem"])
        mark = ("holds  ", "green") if good else ("fails  ", "bold red")
        lines.append(Text.assemble(mark, (one["model"], "bold"), f"  {said}", *_sample(one)))
    return Group(*lines) if lines else Text("There are no models.", style="dim")


def moved(answer: Mapping[str, Any]) -> RenderableType:
    """Which version an alias points to now."""
    before = f" (it was {answer['before']})" if answer["before"] else ""
    alias = f"{answer['name']}@{answer['alias']}"
    return Text.assemble((alias, "bold"), f" is {answer['name']}/{answer['version']} now{before}")


def shadowed(answer: Mapping[str, Any]) -> RenderableType:
    """Which candidate answers beside the stable version."""
    candidate = answer["candidate"]
    if not candidate:
        return Text(f"{answer['name']} has no candidate now")
    version = f"{answer['name']}/{candidate['version']}"
    return Text.assemble((version, "bold"), f" answers unseen on {share(candidate['share'])} of the jobs now")


def comparison(answer: Mapping[str, Any]) -> RenderableType:
    """Agreement, times, and a table of what both said."""
    found = answer["summary"]
    who = f"{answer['name']}/{answer['candidate']} beside {answer['name']}/{answer['stable']}"
    agreed = "nothing to compare yet" if found["agreement"] is None else f"agreement {100 * found['agreement']:.1f} %"
    facts = [Text.assemble((who, "bold"), f"  {found['jobs']} jobs, {agreed}")]
    if found["failed"]:
        facts.append(Text(f"the candidate failed on {found['failed']} jobs", style="bold red"))
    if found["largestDifference"] is not None:
        facts.append(Text(f"largest difference of a probability: {found['largestDifference']:.3f}"))
    for name, key in (("stable", "stableMs"), ("candidate", "candidateMs")):
        if found[key]:
            facts.append(
                Text(f"{name}: median {found[key]['median']:.3g} ms a picture, p90 {found[key]['p90']:.3g} ms")
            )
    return Group(*facts, _confusion(found["confusion"])) if found["confusion"] else Group(*facts)


def quantized(answer: Mapping[str, Any]) -> RenderableType:
    """What quantising has changed."""
    report, manifest = answer["report"], answer["manifest"]
    name = f"{manifest['name']}/{manifest['version']}"
    before, after = report["size"]["before"], report["size"]["after"]
    times = {when: min(report["run"][when].values()) for when in ("before", "after")}
    lines = [
        Text.assemble(("added ", "green"), (name, "bold"), f"  calibrated on {report['calibratedOn']} pictures"),
        Text(f"  {size(before)} before, {size(after)} after; a run {times['before']:.3g} ms, {times['after']:.3g} ms"),
        Text(f"  the same first answer on {100 * report['agreement']:.1f} % of {report['comparedOn']} other pictures"),
        Text(f"  largest difference of a score: {report['largestDifference']:.3f}"),
    ]
    if report["accuracy"]:
        right = {when: f"{100 * share:.1f} %" for when, share in report["accuracy"].items()}
        lines.append(Text(f"  right on the labelled ones: {right['before']} before, {right['after']} after"))
    return Group(*lines)


def card(answer: Mapping[str, Any]) -> RenderableType:
    """The card, below the facts that the manifest has."""
    manifest = answer["manifest"]
    name = f"{manifest['name']}/{manifest['version']}"
    facts = [
        Text.assemble((name, "bold"), f"  {manifest['task']}, sha256 {manifest['sha256']}", *_sample(manifest)),
        Text(f"licence: {harmless(manifest['licence'])}; temperature {manifest['temperature']:g}"),
        Text(f"labels: {', '.join(harmless(label['key']) for label in manifest['labels']) or 'none'}"),
    ]
    text = "\n".join(harmless(line) for line in answer["card"].splitlines())
    return Group(*facts, Text(), Markdown(text) if text else Text("It has no card.", style="yellow"))


def _confusion(counts: Mapping[str, Mapping[str, int]]) -> Table:
    """Rows: what the stable version said; columns: what the candidate said. The diagonal is where they agree."""
    names = sorted({*counts, *(name for row in counts.values() for name in row)})
    table = _table("stable says", *(harmless(name or "nothing") for name in names))
    for one in names:
        row = counts.get(one, {})
        cells = (Text(str(row.get(two, "")), style="green" if one == two else "red") for two in names)
        table.add_row(harmless(one or "nothing"), *cells)
    return table


def _row(model: Mapping[str, Any], version: Mapping[str, Any]) -> Iterator[RenderableType]:
    number = version["version"]
    yield Text(f"{model['name']}/{number}", style="bold")
    if version.get("problem"):
        yield from (Text(), Text(), Text(), Text(), Text(), Text(harmless(version["problem"]), style="red"))
        return
    yield version["task"]
    yield Text(str(version["labels"]), justify="right")
    yield Text(size(version["size"]), justify="right")
    yield version["sha256"][:8]
    candidate = model["candidate"]
    names = [f"@{alias}" for alias, points_to in model["aliases"].items() if points_to == number]
    names += [f"candidate on {share(candidate['share'])}"] if candidate and candidate["version"] == number else []
    yield Text(", ".join(names), style="green")
    yield Text(*SAMPLE) if version["sample"] else Text()


def _sample(facts: Mapping[str, Any]) -> list[Any]:
    return ["  ", SAMPLE] if facts["sample"] else []


def _runs(run: Mapping[str, float]) -> str:
    return ", ".join(f"{run[count]:.3g} ms on {count} thread{'' if count == '1' else 's'}" for count in run)


def _loading(load: Mapping[str, float]) -> str:
    plain = f"{load['plain']:.3g} ms"
    return f"{plain}, prepared {load['prepared']:.3g} ms" if "prepared" in load else plain


def _table(*names: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name == "model")
    return table
