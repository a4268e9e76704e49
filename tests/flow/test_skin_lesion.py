"""Photos of lesions through the whole stack, with the sample model that ships."""

from __future__ import annotations

import io
import json

import httpx
import pytest
from PIL import Image

from loupe.client import photos, results, uploads
from loupe.client.uploads import Wanted
from loupe.client.watching import Watch, database
from models.skin_lesion.look.photo import Scene, encoded, photo

MOLE = Scene(lesion=11, view=0, look="nv", tone=1)
SHOWN = {
    "mole": MOLE,
    "mole-again": MOLE.again(1),
    "mole-once-more": MOLE.again(2),
    "vessels": Scene(lesion=12, view=0, look="vasc", tone=1),
    "keratosis": Scene(lesion=13, view=0, look="bkl", tone=2),
    "melanoma": Scene(lesion=14, view=0, look="mel", tone=0),
    "dark-skin": Scene(lesion=11, view=0, look="nv", tone=5),
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Rendered photos by name."""
    folder = tmp_path_factory.mktemp("lesions")
    for name, scene in SHOWN.items():
        (folder / f"{name}.jpg").write_bytes(encoded(photo(scene, 1024, 768)))
    return {name: folder / f"{name}.jpg" for name in SHOWN}


@pytest.fixture(scope="module")
def documents(stack):
    client = database(stack.running)
    yield client
    client.close()


@pytest.fixture(scope="module")
def phone(stack):
    with stack.phone() as one:
        yield one


@pytest.fixture(scope="module")
def analysed(phone, pictures, documents):
    """The result of photos by name; the same question is asked once."""
    done: dict[tuple, results.Result] = {}

    def analyse(*names: str, **options: object) -> results.Result:
        asked = (*names, *options.items())
        if asked not in done:
            found = tuple(photos.find([pictures[name] for name in names]))
            wanted = Wanted(kind="skin_lesion", photos=found, options=options)
            job_id, places = uploads.create(phone, wanted)
            with Watch(documents, phone, job_id) as changes:
                uploads.send(phone, job_id, places, found)
                assert list(changes.until_final(60))[-1].state.terminal
            done[asked] = results.read(phone, job_id)
        return done[asked]

    return analyse


def test_three_photos_of_one_lesion_are_answered_together(analysed):
    result = analysed("mole", "mole-again", "mole-once-more")
    summary = result.job["summary"]
    assert result.completed
    assert (summary["outcome"], summary["label"], summary["aggregatedFromCount"]) == ("specific", "nv", 3)
    assert summary["confidence"] >= 0.8
    assert summary["disagreement"] < 0.1
    weights = [each["weight"] for each in result.reports["skin_lesion"]["full"]["photos"]]
    assert sum(weights) == pytest.approx(1, abs=0.001)


def test_three_photos_of_three_things_are_answered_with_nothing(analysed):
    result = analysed("mole", "vessels", "keratosis")
    summary = result.job["summary"]
    assert summary["outcome"] == "inconclusive"
    assert "DISAGREEMENT" in summary["because"]
    assert summary["disagreement"] > 0.5
    assert "label" not in summary
    assert result.reports["skin_lesion"]["full"]["advice"] == []


def test_a_red_flag_sends_to_a_clinician_soon_in_the_language_asked_for(analysed):
    result = analysed("melanoma", locale="de")
    assert (result.job["summary"]["label"], result.job["summary"]["urgent"]) == ("mel", True)
    advice = result.reports["skin_lesion"]["full"]["advice"]
    assert [each["key"] for each in advice] == ["advice.soon", "advice.mel", "advice.examination"]
    assert "ärztlichen Praxis" in advice[0]["text"]


def test_every_result_says_that_it_is_a_samples_and_no_medical_device(analysed):
    for result in (analysed("mole", "vessels", "keratosis"), analysed("mole", "mole-again", "mole-once-more")):
        assert "Not a medical device" in result.job["summary"]["disclaimer"]
        assert "trained on drawn pictures" in result.job["summary"]["disclaimer"]
        assert result.job["provenance"]["modelSample"] == "true"
        assert len(result.job["provenance"]["modelSha256"]) == 64
        assert result.job["provenance"]["skinPolicy"]


def test_a_photo_of_dark_skin_is_not_said_to_have_little_contrast(analysed):
    result = analysed("dark-skin")
    (image,) = result.images
    assert image["quality"]["metrics"]["range"] < 90
    assert image["quality"]["score"] >= 50
    assert (image["warnings"], result.job["warnings"]) == ([], [])


def test_the_jobs_document_stays_small(analysed, documents):
    for result in (analysed("mole", "mole-again", "mole-once-more"), analysed("melanoma", locale="de")):
        job = documents.document(f"jobs/{result.job_id}").get().to_dict()
        told = {name: value for name, value in job.items() if name != "warnings"}  # of the photos, not of the kind
        assert len(json.dumps(told, default=str, ensure_ascii=False).encode()) < 2048


def test_raw_answers_are_there_only_for_clinicians_who_asked(analysed):
    assert "clinician" not in analysed("melanoma", locale="de").reports
    report = analysed("melanoma", topK=3, heatmap=True).reports["clinician"]
    assert [len(report["top"]), report["top"][0]["label"]] == [3, "mel"]


def test_a_heat_map_is_kept_and_can_be_fetched_by_a_signed_url(analysed, phone):
    result = analysed("melanoma", topK=3, heatmap=True)
    pictures = phone.get("status", f"/v1/jobs/{result.job_id}/pictures")["pictures"]
    listed = {one["name"].rpartition("/")[2]: one for one in pictures}
    assert {"heatmap-0.jpg", "0-normalized.jpg", "0-thumbnail.webp"} <= set(listed)
    answer = httpx.get(listed["heatmap-0.jpg"]["url"])
    assert answer.status_code == 200
    with Image.open(io.BytesIO(answer.content)) as opened:
        assert opened.size == (640, 480)


def test_the_history_lists_what_came_of_earlier_photos_and_under_which_policy(analysed, phone):
    wanted = {analysed("mole", "vessels", "keratosis").job_id, analysed("melanoma", locale="de").job_id}
    jobs = phone.get("status", "/v1/jobs", kind="skin_lesion", state="COMPLETED", pageSize=100)["jobs"]
    assert wanted <= {job["name"].removeprefix("jobs/") for job in jobs}
    assert all(job["summary"]["outcome"] and job["provenance"]["skinPolicy"] for job in jobs)
    assert phone.get("status", "/v1/jobs", kind="skin_lesion", state="FAILED")["jobs"] == []


def test_the_command_line_prints_a_card_and_saves_the_pictures(stack, pictures, tmp_path):
    files = (pictures["mole"], pictures["mole-again"])
    wanted = ("--kind", "skin_lesion", "--option", "heatmap=true", "--out", tmp_path)
    shown = stack.loupe("analyze", *files, *wanted, COLUMNS="200")
    assert shown.returncode == 0, shown.stderr
    for part in ("Photo 1", "Photo 2", "like these photos", "Confidence", "Advice", "Not a medical device", "a sample"):
        assert part in shown.stdout
    names = {path.name for path in tmp_path.glob("*/*")}
    assert {"0-normalized.jpg", "1-thumbnail.webp", "heatmap-0.jpg", "heatmap-1.jpg"} <= names


def test_four_photos_are_refused_before_anything_is_sent(stack, pictures):
    refused = stack.loupe("analyze", *[pictures["mole"]] * 4, "--kind", "skin_lesion")
    assert refused.returncode == 2
    assert "1 to 3 photos, not 4" in refused.stderr
