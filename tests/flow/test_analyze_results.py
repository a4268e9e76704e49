"""What an analysed photo leaves behind, read with Google's own clients."""

from __future__ import annotations

import io
import json

import msgspec
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore, storage
from PIL import Image

from loupe.client import photos, uploads
from loupe.client.uploads import Wanted
from loupe.client.watching import Watch, database
from shared.model.states import State
from tests.stack import eventually


@pytest.fixture(scope="module")
def documents(stack):
    client = database(stack.running)
    yield client
    client.close()


@pytest.fixture(scope="module")
def objects(stack):
    patch = pytest.MonkeyPatch()
    patch.setenv("STORAGE_EMULATOR_HOST", stack.running.urls["storage"])
    client = storage.Client(project=stack.running.project, credentials=AnonymousCredentials())
    yield client
    client.close()
    patch.undo()


@pytest.fixture(scope="module")
def analysed(stack, samples, documents):
    """Analyse a sample by name and return its job's id; each way of asking is done once."""
    done: dict[tuple, str] = {}

    def analyse(name: str, *, location: bool = False, approximate: bool = False, **options: bool) -> str:
        asked = (name, location, approximate, *options.items())
        if asked not in done:
            found = tuple(photos.find([samples[name].path]))
            consent = {"location": location, "approximate_location": approximate}
            one = Wanted(kind="inspection", photos=found, options=options, **consent)
            with stack.phone() as phone:
                done[asked], places = uploads.create(phone, one)
                with Watch(documents, phone, done[asked]) as changes:
                    uploads.send(phone, done[asked], places, found)
                    assert list(changes.until_final(60))[-1].state.terminal
        return done[asked]

    return analyse


def below(documents: firestore.Client, job_id: str, collection: str) -> dict[str, dict]:
    found = documents.collection(f"jobs/{job_id}/{collection}").get()
    return {snapshot.id: snapshot.to_dict() for snapshot in found}


def picture(objects: storage.Client, name: str) -> tuple[bytes, str]:
    bucket, _, path = name.removeprefix("gs://").partition("/")
    blob = objects.bucket(bucket).get_blob(path)
    return blob.download_as_bytes(), blob.content_type


def test_the_job_document_stays_small_and_tells_the_headline(analysed, documents):
    job = documents.document(f"jobs/{analysed('meter.jpg')}").get().to_dict()
    assert (job["state"], job["stage"], job["progress"]) == ("COMPLETED", "done", 1.0)
    assert "ELECTRICITY" in job["summary"]["text"]
    assert job["summary"]["camera"] == "Loupe sample renderer"
    assert job["completeTime"] > job["startTime"] > job["createTime"]
    assert len(json.dumps(job, default=str)) < 2048


def test_results_name_the_engine_that_made_them(analysed, documents):
    job = documents.document(f"jobs/{analysed('meter.jpg')}").get().to_dict()
    assert "RapidOCR" in job["provenance"]["vision"]
    assert job["provenance"]["qualityPolicy"]


def test_text_is_found_with_boxes_inside_the_picture(analysed, documents):
    found = below(documents, analysed("meter.jpg"), "findings")
    assert any("048213" in finding["value"] for finding in found.values())
    for finding in found.values():
        box = finding["box"]
        assert 0 <= box["left"] <= box["left"] + box["width"] <= 1.0001
        assert 0 <= box["top"] <= box["top"] + box["height"] <= 1.0001
        assert finding["state"] == "open"


def test_the_place_is_kept_only_with_consent(analysed, documents):
    without = below(documents, analysed("meter.jpg"), "images")["0"]
    assert without["gps"] is None
    kept = below(documents, analysed("meter.jpg", location=True), "images")["0"]
    assert kept["gps"]["latitude"] == pytest.approx(48.13743, abs=1e-4)
    assert kept["gps"]["altitude"] == pytest.approx(519, abs=1)
    rounded = below(documents, analysed("meter.jpg", approximate=True, text=False), "images")["0"]
    assert (rounded["gps"]["latitude"], rounded["gps"]["altitude"], rounded["gps"]["approximate"]) == (
        48.14,
        None,
        True,
    )


def test_derived_pictures_are_upright_small_and_free_of_metadata(analysed, documents, objects):
    image = below(documents, analysed("pipe-sideways.jpg", location=True), "images")["0"]
    assert image["exif"]["orientation"] == 6
    normalized, kind = picture(objects, image["derived"]["normalized"])
    assert kind == "image/jpeg"
    assert len(normalized) <= 2 * 1024 * 1024
    for mark in (b"Exif", b"ICC_PROFILE", b"http://ns.adobe.com", b"GPS"):
        assert mark not in normalized
    with Image.open(io.BytesIO(normalized)) as opened:
        assert max(opened.size) <= 2048
        assert (opened.width > opened.height) == (image["width"] > image["height"])
    thumbnail, kind = picture(objects, image["derived"]["thumbnail"])
    assert (kind, thumbnail[8:12]) == ("image/webp", b"WEBP")


def test_options_turn_readings_off(analysed, documents):
    job_id = analysed("meter.jpg", text=False, colors=False)
    job = documents.document(f"jobs/{job_id}").get().to_dict()
    assert "text" not in job["summary"]
    assert below(documents, job_id, "findings") == {}


@pytest.mark.parametrize("name", ["meter-blurred.jpg", "sign-dark.jpg"])
def test_a_poor_photo_completes_with_advice(analysed, documents, samples, name):
    job = documents.document(f"jobs/{analysed(name)}").get().to_dict()
    assert job["state"] == "COMPLETED"
    expected = set(samples[name].expect.warnings)
    assert expected <= {warning["reason"] for warning in job["warnings"]}
    assert all(warning["message"] and warning["image"] == 0 for warning in job["warnings"])


def test_a_broken_photo_fails_the_job_with_a_reason_and_leaves_no_derived_picture(analysed, documents, objects, stack):
    job_id = analysed("pipe-broken.jpg")
    job = documents.document(f"jobs/{job_id}").get().to_dict()
    assert (job["state"], job["error"]["reason"], job["error"]["image"]) == (State.FAILED, "UNREADABLE", 0)
    assert job["error"]["message"]
    assert job["images"]["0"]["state"] == "REJECTED"
    assert job["attempt"] == 1
    assert list(objects.list_blobs(f"{stack.running.project}-derived", prefix=job_id)) == []


def test_the_end_of_a_job_is_announced_by_its_outbox_row(analysed, documents):
    row = documents.document(f"outbox/{analysed('meter.jpg')}:1:completed")
    assert eventually(lambda: row.get().to_dict()["sendTime"] is not None)
    payload = row.get().to_dict()["payload"]
    assert payload["name"] == f"jobs/{analysed('meter.jpg')}"
    assert "exif" not in msgspec.json.encode(payload).decode()
