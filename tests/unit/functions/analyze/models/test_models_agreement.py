"""Two versions of a model are compared in figures, and the gate of a promotion holds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.analyze.kinds.port import Box, Detection
from functions.analyze.models.agreement import Said, agreement, refusal, summary
from functions.analyze.models.shadow import Picture, Row, pair, picked

AT = datetime(2026, 1, 1, tzinfo=UTC)


def said(*probabilities):
    keys = ("a", "b")
    return Said(
        top=keys[probabilities.index(max(probabilities))], score=max(probabilities), probabilities=probabilities
    )


def boxes(*lefts, label="a"):
    found = tuple(
        Detection(label=label, score=0.9, box=Box(left=left, top=0.0, width=0.2, height=0.2)) for left in lefts
    )
    return Said(top=label if found else "", score=0.9 if found else 0.0, found=found)


def row(one, two, **changes):
    fields = {
        "job_id": "j",
        "kind": "k",
        "model": "m",
        "pair": pair("m", 1, 2),
        "pictures": (Picture(stable=one, candidate=two, agreement=agreement(one, two)),),
        "agreement": agreement(one, two),
        "stable_ms": 2.0,
        "candidate_ms": 1.0,
        **dict.fromkeys(("create_time", "update_time", "expire_time"), AT),
    }
    return Row(**{**fields, **changes})


def test_the_same_first_answer_is_agreement():
    assert agreement(said(0.6, 0.4), said(0.9, 0.1)) == 1.0
    assert agreement(said(0.6, 0.4), said(0.4, 0.6)) == 0.0


def test_detections_agree_as_far_as_both_found_them():
    assert agreement(boxes(), boxes()) == 1.0
    assert agreement(boxes(0.1, 0.5), boxes(0.11, 0.5)) == 1.0
    assert agreement(boxes(0.1, 0.5), boxes(0.1)) == pytest.approx(2 / 3)
    assert agreement(boxes(0.1), boxes(0.6)) == 0.0
    assert agreement(boxes(0.1), boxes(0.1, label="b")) == 0.0


def test_the_summary_counts_who_said_what_and_leaves_failures_out_of_the_mean():
    failed = row(said(0.6, 0.4), said(0.6, 0.4), pictures=(), agreement=None, problem="broken")
    found = summary([row(said(0.6, 0.4), said(0.7, 0.3)), row(said(0.6, 0.4), said(0.1, 0.9)), failed])
    assert (found.jobs, found.failed, found.agreement) == (2, 1, 0.5)
    assert found.confusion == {"a": {"a": 1, "b": 1}}
    assert found.largest_difference == pytest.approx(0.5)
    assert (found.stable_ms["median"], found.candidate_ms["median"]) == (2.0, 1.0)


def test_a_candidate_is_promoted_only_where_it_agreed_often_enough_and_never_failed():
    good = [row(said(0.6, 0.4), said(0.7, 0.3))] * 10
    assert refusal(summary(good), least=0.95, jobs=10) == ""
    assert "compared on 10 jobs; 11" in refusal(summary(good), least=0.95, jobs=11)
    other = [*good, row(said(0.6, 0.4), said(0.1, 0.9))]
    assert "90.9%" in refusal(summary(other), least=0.95, jobs=10)
    failed = row(said(0.6, 0.4), said(0.6, 0.4), agreement=None, pictures=())
    assert "failed on 1 of 11" in refusal(summary([*good, failed]), least=0.95, jobs=10)
    assert refusal(summary([]), least=0.0, jobs=1)


def test_the_share_of_jobs_is_chosen_by_their_ids_and_is_kept():
    jobs = [f"job{number}" for number in range(4000)]
    chosen = [job for job in jobs if picked(job, "m", 2, 0.25)]
    assert 900 < len(chosen) < 1100
    assert chosen == [job for job in jobs if picked(job, "m", 2, 0.25)]
    assert set(chosen) <= {job for job in jobs if picked(job, "m", 2, 0.5)}
    assert all(picked(job, "m", 2, 1.0) for job in jobs)
