"""Kind `color_correction` on the real functions: a chart's photo goes in, evidence comes out, for its owner alone."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from loupe.client import photos, results, uploads
from loupe.client.uploads import Wanted
from loupe.client.watching import Watch, database
from tests.unit.functions.analyze.kinds.color_correction.charts import photo_of
from tools.color.scenes import Pose


@pytest.fixture(scope="module")
def documents(stack):
    client = database(stack.running)
    yield client
    client.close()


@pytest.fixture(scope="module")
def chart(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("color") / "chart.jpg"
    path.write_bytes(photo_of())
    return path


def analysed(phone, documents, path: Path, **options):
    found = tuple(photos.find([path]))
    job_id, places = uploads.create(phone, Wanted(kind="color_correction", photos=found, options=options))
    with Watch(documents, phone, job_id) as changes:
        uploads.send(phone, job_id, places, found)
        assert list(changes.until_final(90))[-1].state.terminal
    return results.read(phone, job_id)


def test_a_photo_comes_back_corrected_with_evidence_and_can_be_shown(stack, documents, chart, tmp_path):
    with stack.phone() as phone:
        done = analysed(phone, documents, chart)
        assert done.job["state"] == "COMPLETED"
        summary = done.job["summary"]
        assert summary["accuracyRating"] == "excellent"
        assert summary["deltaEAverage"] < 1 < summary["deltaEBefore"]
        assert len(done.reports["color_correction"]["full"]["patches"]) == 24
        (finding,) = done.findings
        assert (finding["type"], finding["box"]["width"] > 0.2) == ("chart", True)

        listed = phone.get("status", f"/v1/jobs/{done.job_id}/pictures")["pictures"]
        pictures = {picture["name"].rpartition("/")[2]: picture for picture in listed}
        corrected = httpx.get(pictures[summary["correctedImage"]]["url"]).content
        assert corrected.startswith(b"\xff\xd8\xff")
        made = phone.post("status", f"/v1/jobs/{done.job_id}/shares", {"picture": "report.html"}, key="share")
        shown = httpx.get(made["url"], follow_redirects=True)
        assert "Colour correction: excellent" in shown.text

        # Another photo under the same light, by the first one's chart.
        other = tmp_path / "other.jpg"
        other.write_bytes(photo_of(pose=Pose(degrees=60)))
        again = analysed(phone, documents, other, reference=done.job_id, report=False)
        assert again.job["state"] == "COMPLETED"
        assert again.job["summary"]["deltaEAverage"] < 1.2
        assert again.reports["color_correction"]["full"]["reference"]["job"] == done.job_id

    with stack.phone() as stranger:
        foreign = analysed(stranger, documents, chart, reference=done.job_id)
        assert foreign.job["error"]["reason"] == "REFERENCE_NOT_FOUND"
        unknown = analysed(stranger, documents, chart, chart="passport")
        assert unknown.job["error"]["reason"] == "CHART_UNKNOWN"


def test_a_photo_without_a_chart_ends_in_a_clear_answer(stack, documents, samples):
    with stack.phone() as phone:
        done = analysed(phone, documents, next(iter(samples.values())).path)
    assert done.job["state"] == "FAILED"
    assert done.job["error"]["reason"] in {"CHART_NOT_FOUND", "PHOTO_MONOCHROME"}
    assert "chart" in done.job["error"]["message"]
