"""The doctor's look at the machine."""

from __future__ import annotations

import os
import time
from pathlib import Path

from loupe.doctor import machine
from loupe.doctor.finding import Health

ROOT = Path(__file__).parents[3]


def test_this_very_machine_can_run_loupe(tmp_path):
    findings = list(machine.look(ROOT, tmp_path / "data"))
    assert [finding.name for finding in findings] == ["Python", "Packages", "Disk", "Data folder", "Clock"]
    assert all(finding.health is not Health.BAD for finding in findings), findings


def test_a_package_of_another_version_and_a_missing_one_are_named(tmp_path):
    lock = tmp_path / "requirements.txt"
    lock.write_text(
        "click==0.1 \\\n    --hash=sha256:00\nno-such-package==1.0 \\\nnever==1 ; python_version < '3'\n# not==1\n"
    )
    finding = machine.packages(lock)
    assert finding.health is Health.BAD
    assert "click is" in finding.detail
    assert "no-such-package is missing" in finding.detail
    assert "never" not in finding.detail
    assert "make setup" in finding.remedy


def test_a_data_folder_that_others_can_read_is_warned_of(tmp_path):
    tmp_path.chmod(0o755)
    finding = machine.folder(tmp_path)
    assert finding.health is Health.WARNING
    assert f"chmod 700 {tmp_path}" in finding.remedy


def test_a_clock_behind_the_repository_is_wrong(tmp_path):
    (tmp_path / "requirements.txt").touch()
    later = time.time() + 3600
    os.utime(tmp_path / "requirements.txt", (later, later))
    assert machine.clock(tmp_path, tmp_path).health is Health.BAD
