"""Medical kinds are off in the cloud until their operator says what they are for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from functions.analyze import work
from functions.analyze.models.shadow import Comparison
from functions.analyze.settings import Settings as AnalyzeSettings
from functions.upload.settings import Settings as UploadSettings
from shared.errors import FailedPrecondition
from shared.jobs.protocol import Outcome
from shared.medical import check_intended_use
from shared.model.kinds import KINDS
from shared.settings import SettingsError, load

ACKNOWLEDGED = "research-and-education-only"
UPLOAD = {"GOOGLE_CLOUD_PROJECT": "p", "UPLOADS_BUCKET": "u", "SIGNER_EMAIL": "s@p.iam.gserviceaccount.com"}
ANALYZE = {
    **dict.fromkeys(("GOOGLE_CLOUD_PROJECT", "UPLOADS_BUCKET", "DERIVED_BUCKET", "PUSH_AUDIENCE"), "x"),
    **dict.fromkeys(("EVENTS_TOPIC", "UPLOADS_TOPIC"), "projects/p/topics/t"),
    "PUSH_SERVICE_ACCOUNT": "s@p.iam.gserviceaccount.com",
}
FUNCTIONS = [(UploadSettings, UPLOAD), (AnalyzeSettings, ANALYZE)]


def test_only_a_medical_kind_in_the_cloud_that_nobody_answered_for_is_refused():
    refused = [
        (name, in_cloud, acknowledged)
        for name, kind in KINDS.items()
        for in_cloud in (False, True)
        for acknowledged in ("", ACKNOWLEDGED)
        if not allowed(kind, acknowledged, in_cloud=in_cloud)
    ]
    assert refused == [("skin_lesion", True, "")]


def allowed(kind, acknowledged, *, in_cloud):
    try:
        check_intended_use(kind, acknowledged=acknowledged, in_cloud=in_cloud)
    except FailedPrecondition:
        return False
    return True


def test_who_refuses_says_which_setting_is_missing():
    with pytest.raises(FailedPrecondition, match=r"INTENDED_USE_NOT_ACKNOWLEDGED.*MEDICAL_INTENDED_USE_ACK"):
        check_intended_use(KINDS["skin_lesion"], acknowledged="", in_cloud=True)


@pytest.mark.parametrize(("settings", "environ"), FUNCTIONS)
def test_the_acknowledgement_is_read_from_the_environment(settings, environ):
    assert load(settings, environ).medical_intended_use_ack == ""
    told = load(settings, {**environ, "K_SERVICE": "f", "MEDICAL_INTENDED_USE_ACK": ACKNOWLEDGED})
    assert (told.medical_intended_use_ack, told.k_service) == (ACKNOWLEDGED, "f")


@pytest.mark.parametrize("careless", ["true", "false", "1", "yes", "0", "diagnosis"])
@pytest.mark.parametrize(("settings", "environ"), FUNCTIONS)
def test_a_careless_acknowledgement_stops_the_function_from_starting(settings, environ, careless):
    with pytest.raises(SettingsError, match="MEDICAL_INTENDED_USE_ACK is wrong"):
        load(settings, {**environ, "MEDICAL_INTENDED_USE_ACK": careless})


def test_a_job_that_got_as_far_as_analyze_fails_there_before_a_photo_is_read():
    failed = []

    def fail(*given, **_):
        failed.append(given[1].reason)
        return Outcome.ENDED

    services = SimpleNamespace(
        settings=load(AnalyzeSettings, {**ANALYZE, "K_SERVICE": "analyze"}),
        jobs=SimpleNamespace(fail=fail),
        meter=lambda _: SimpleNamespace(refused=()),
    )
    claim = SimpleNamespace(job_id="j", job=SimpleNamespace(kind="skin_lesion", images={"0": None}, update_time=None))
    assert work.work(claim, services, Comparison()) is Outcome.ENDED
    assert failed == ["INTENDED_USE_NOT_ACKNOWLEDGED"]
