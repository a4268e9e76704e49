"""Attributes and settings: what changes, what stays, what is refused."""

from __future__ import annotations

import pytest

from localcloud.storage import attributes, buckets
from localcloud.storage.attributes import Attributes
from localcloud.storage.buckets import Settings
from localcloud.storage.errors import Refusal


def test_null_sets_an_attribute_back_and_absence_leaves_it():
    old = Attributes(content_type="a/b", cache_control="no-store", metadata={"x": "1", "y": "2"})
    new = attributes.patch_from({"contentType": None, "metadata": {"x": None, "z": "3"}}).applied(old)
    assert new == Attributes(cache_control="no-store", metadata={"y": "2", "z": "3"})
    assert attributes.patch_from({"metadata": None}).applied(old).metadata == {}


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ({"contentType": 7}, 400),
        ({"contentType": "a\r\nset-cookie: b"}, 400),
        ({"cacheControl": "x" * 1025}, 400),
        ({"storageClass": "FAST"}, 400),
        ({"metadata": []}, 400),
        ({"metadata": {"a": 1}}, 400),
        ({"metadata": {"a": "x" * 9000}}, 400),
        ({"temporaryHold": True}, 501),
        ({"acl": [{"entity": "allUsers"}]}, 501),
        ({"kmsKeyName": "k"}, 501),
    ],
)
def test_impossible_attributes_are_refused(resource, status):
    with pytest.raises(Refusal) as refused:
        attributes.patch_from(resource).applied(Attributes())
    assert refused.value.kind.status == status


def test_what_only_the_service_sets_is_ignored():
    resource = {"generation": "7", "size": "9", "selfLink": "x", "temporaryHold": False}
    assert attributes.patch_from(resource).applied(Attributes()) == Attributes()


def test_labels_change_one_by_one():
    old = Settings(labels={"a": "1", "b": "2"})
    assert buckets.patch_from({"labels": {"a": None, "c": "3"}}).applied(old).labels == {"b": "2", "c": "3"}
    assert buckets.patch_from({"labels": None}).applied(old).labels == {}


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ({"cors": [{"origin": "*"}]}, 400),
        ({"versioning": True}, 400),
        ({"storageClass": "FAST"}, 400),
        ({"labels": {str(number): "" for number in range(65)}}, 400),
        ({"retentionPolicy": {"retentionPeriod": "1"}}, 501),
        ({"lifecycle": {"rule": []}}, 501),
        ({"softDeletePolicy": {"retentionDurationSeconds": "604800"}}, 501),
        ({"iamConfiguration": {"publicAccessPrevention": "inherited"}}, 501),
    ],
)
def test_impossible_settings_are_refused(resource, status):
    with pytest.raises(Refusal) as refused:
        buckets.patch_from(resource)
    assert refused.value.kind.status == status


def test_asking_for_what_is_so_anyway_is_fine():
    asked = {"softDeletePolicy": {"retentionDurationSeconds": 0}, "iamConfiguration": {}, "lifecycle": {}}
    assert buckets.patch_from(asked).applied(Settings()) == Settings()
