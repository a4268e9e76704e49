"""What is deployed works by itself: from its zip, in a clean environment, told nothing but what is documented."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

from loupe.client import analysis, photos, uploads
from loupe.client.phone import signed_in
from tests.deploy.deployed import FUNCTIONS, running, serving
from tests.running import ROOT

BUDGETS = json.loads(Path(__file__).with_name("budgets.json").read_text())
OURS = {"functions", "localcloud", "loupe", "tools", "tests"}
HEAVY = {"numpy", "cv2", "onnxruntime", "PIL", "google.cloud.vision", "google.cloud.pubsub_v1", "firebase_admin"}
LOAD = """
import functions_framework, os
functions_framework.create_app(os.environ["FUNCTION_TARGET"], os.environ.get("FUNCTION_SOURCE", "main.py"))
"""
EMPTY = "def empty(request): return 'nothing'"
ASKED = {
    "upload": ("POST", "/v1/jobs", {"kind": "inspection", "images": []}),
    "status": ("GET", "/v1/jobs", None),
    "analyze": ("POST", "/", {"message": {}}),
}


def test_the_installed_packages_fit_each_other(deployment):
    uv = Path(sys.executable).with_name("uv")
    done = subprocess.run([uv, "pip", "check", "-p", deployment.python], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_whole_archive_compiles_as_the_builder_compiles_it(deployment):
    done = deployment.run("-m", "compileall", "-f", "-q", ".")
    assert (done.returncode, done.stdout) == (0, "")


def test_one_request_is_answered_by_the_bundle_alone(deployment, cloud):
    _, _, variables = cloud
    answer = deployment.ask(*ASKED[deployment.name], **variables[deployment.name])
    assert (answer["code"], answer["body"]["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert Path(str(answer["shared"])).is_relative_to(deployment.folder)


def test_nothing_heavy_and_nothing_of_ours_that_is_not_deployed_is_loaded(deployment, cloud):
    _, _, variables = cloud
    loaded = set(deployment.ask(*ASKED[deployment.name], **variables[deployment.name])["modules"])
    assert loaded & (OURS | HEAVY) == set()


def test_a_function_is_not_started_where_it_would_trust_an_emulator_in_the_cloud(deployment, cloud):
    _, _, variables = cloud
    done = deployment.run("-c", LOAD, **variables[deployment.name], K_SERVICE=deployment.name)
    assert done.returncode != 0
    assert "FIRESTORE_EMULATOR_HOST must not be set on Google Cloud" in done.stderr


def test_a_function_that_is_told_nothing_names_what_is_missing(deployment):
    done = deployment.run("-c", LOAD)
    assert done.returncode != 0
    assert "GOOGLE_CLOUD_PROJECT is missing" in done.stderr


def test_a_bundle_and_its_packages_stay_within_their_sizes(deployment):
    files = [path for path in deployment.site_packages.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    budget = BUDGETS[deployment.name]
    assert len(deployment.bundle.data) / 1e3 <= budget["zipKilobytes"]
    assert sum(path.stat().st_size for path in files) / 1e6 <= budget["packageMegabytes"]


def test_loading_a_function_costs_little_more_than_loading_an_empty_one(deployment, cloud, tmp_path):
    _, _, variables = cloud
    given = variables[deployment.name]
    deployment.run("-c", LOAD, **given)  # compiles what is not compiled
    (tmp_path / "main.py").write_text(EMPTY)
    nothing = {"FUNCTION_TARGET": "empty", "FUNCTION_SOURCE": str(tmp_path / "main.py")}
    # In turns, so that what else the machine does weighs on both alike.
    spent = [(deployment.cpu_seconds(LOAD, **given), deployment.cpu_seconds(LOAD, **nothing)) for _ in range(7)]
    ratio = min(ours for ours, _ in spent) / min(empty for _, empty in spent)
    print(deployment.name, "loads in", f"{ratio:.2f}", "times an empty function's CPU time")
    assert ratio <= BUDGETS[deployment.name]["importRatio"]


def test_a_real_job_is_served_by_the_three_bundles_alone(deployments, cloud, samples, tmp_path):
    data, ports, variables = cloud
    with contextlib.ExitStack() as up:
        for name in FUNCTIONS:
            log = tmp_path / f"{name}.log"
            up.enter_context(serving(deployments[name], variables[name], getattr(ports, name), log))
        phone = up.enter_context(signed_in(running(data, ports)))
        sample = next(iter(samples.values()))
        wanted = uploads.Wanted(kind="inspection", photos=tuple(photos.find([sample.path])))
        (outcome,) = analysis.run(phone, [wanted], analysis.Listener(), within=60)
    assert outcome.completed, [outcome.refusal, *(log.read_text() for log in tmp_path.glob("*.log"))]
    assert outcome.result.job["provenance"]


def test_the_budgets_are_for_the_functions_that_there_are():
    assert set(BUDGETS) == set(FUNCTIONS) == {path.parent.name for path in (ROOT / "functions").glob("*/main.py")}
