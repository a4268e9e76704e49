"""The models of a folder are in the local cloud's bucket from the start, and what somebody else wrote stays."""

from __future__ import annotations

import contextlib

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from tests.running import LocalCloud

SHIPPED = {
    "moles/1/model.onnx": b"a model",
    "moles/1/manifest.json": b"{}",
    "moles/1/CARD.md": b"# Moles",
    "moles/aliases.json": b'{"aliases": {"stable": 1}}',
}


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "shipped"
    for name, data in {**SHIPPED, "moles/train.py": b"print()", "moles/1/notes.txt": b"", "README.md": b""}.items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return made


@pytest.fixture
def opened(tmp_path, folder):
    @contextlib.contextmanager
    def start():
        cloud = LocalCloud(data=tmp_path / "data", only="storage", options=("--models", str(folder))).start()
        where = ClientOptions(api_endpoint=cloud.ports.url("storage"))
        client = storage.Client(project=cloud.project, credentials=AnonymousCredentials(), client_options=where)
        try:
            yield client.bucket(f"{cloud.project}-models")
        finally:
            client.close()
            cloud.stop()

    return start


def kept(bucket):
    return {blob.name: blob.download_as_bytes() for blob in bucket.list_blobs()}


def generations(bucket):
    return {blob.name: blob.generation for blob in bucket.list_blobs()}


def test_what_a_model_is_made_of_is_brought_and_nothing_else(opened):
    with opened() as bucket:
        assert kept(bucket) == SHIPPED
        assert bucket.get_blob("moles/1/CARD.md").content_type.startswith("text/markdown")


def test_a_second_start_writes_only_what_has_changed(opened, folder):
    with opened() as bucket:
        before = generations(bucket)
    (folder / "moles/1/CARD.md").write_bytes(b"# Moles, told better")
    with opened() as bucket:
        after = generations(bucket)
        assert kept(bucket)["moles/1/CARD.md"] == b"# Moles, told better"
    assert {name for name in after if after[name] != before[name]} == {"moles/1/CARD.md"}


def test_what_somebody_else_has_written_since_stays(opened, folder):
    with opened() as bucket:
        bucket.blob("moles/aliases.json").upload_from_string(b'{"aliases": {"stable": 2}}')
    (folder / "moles/aliases.json").write_bytes(b'{"aliases": {"stable": 3}}')
    with opened() as bucket:
        assert kept(bucket)["moles/aliases.json"] == b'{"aliases": {"stable": 2}}'


def test_without_a_folder_the_bucket_is_empty(opened, folder):
    folder.rename(folder.with_name("elsewhere"))
    with opened() as bucket:
        assert kept(bucket) == {}
