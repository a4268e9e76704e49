"""What was made anonymously goes along to the account that its person signs in to, and to nobody else."""

from __future__ import annotations

import httpx
import pytest

from shared.errors import FailedPrecondition, InvalidArgument, LoupeError, NotFound


@pytest.fixture
def guest(impatient):
    with impatient.stack.phone() as phone:
        yield phone


@pytest.fixture
def member(impatient):
    with impatient.stack.phone() as phone:
        yield phone


def token(phone) -> str:
    return phone._bearer()


def with_password(impatient, phone) -> str:
    """The ID token of the same account after it was linked to an e-mail address."""
    url = f"{impatient.stack.running.urls['auth']}/identitytoolkit.googleapis.com/v1/accounts:signUp"
    linked = {"idToken": token(phone), "email": f"{phone.uid.lower()}@loupe.example", "password": "a long secret"}
    answer = httpx.post(url, params={"key": "local"}, json={**linked, "returnSecureToken": True}, trust_env=False)
    return answer.raise_for_status().json()["idToken"]


def claim(member, id_token: str) -> dict:
    return member.post("status", "/v1/jobs:claim", {"idToken": id_token})


def refused(member, id_token: str, kind: type[LoupeError]) -> str:
    with pytest.raises(kind) as error:
        claim(member, id_token)
    return error.value.reason


def test_the_jobs_of_a_guest_are_the_members_with_all_that_is_below_them(impatient, guest, member):
    done, waiting = impatient.send(guest), impatient.send(guest, photo=False)
    assert impatient.becomes(done, "COMPLETED")
    assert claim(member, token(guest)) == {"jobs": 2, "complete": True}
    listed = [job["name"] for job in member.get("status", "/v1/jobs")["jobs"]]
    assert set(listed) == {f"jobs/{done}", f"jobs/{waiting}"}
    assert guest.get("status", "/v1/jobs")["jobs"] == []
    for what in ("images", "reports"):
        assert member.get("status", f"/v1/jobs/{done}/{what}")[what]
        below = impatient.documents.collection(f"jobs/{done}/{what}").get()
        assert {one.to_dict()["uid"] for one in below} == {member.uid}
    with pytest.raises(NotFound):
        guest.get("status", f"/v1/jobs/{done}")


def test_claiming_again_changes_nothing_and_claiming_from_oneself_neither(impatient, guest, member):
    job_id = impatient.send(guest, photo=False)
    assert claim(member, token(guest))["jobs"] == 1
    before = impatient.job(job_id)
    assert claim(member, token(guest)) == {"jobs": 0, "complete": True}
    assert claim(member, token(member)) == {"jobs": 0, "complete": True}
    assert impatient.job(job_id) == before


def test_a_job_that_is_claimed_while_it_waits_is_finished_for_the_member(impatient, guest, member):
    job_id = impatient.send(guest)
    claim(member, token(guest))
    assert impatient.becomes(job_id, "COMPLETED")
    assert impatient.job(job_id)["uid"] == member.uid


def test_an_account_with_a_sign_in_cannot_be_claimed_from(impatient, guest, member):
    job_id = impatient.send(guest, photo=False)
    assert refused(member, with_password(impatient, guest), FailedPrecondition) == "CLAIM_NOT_ANONYMOUS"
    assert impatient.job(job_id)["uid"] == guest.uid


@pytest.mark.parametrize("forge", [lambda token: token[:-8] + "AAAAAAAA", lambda _: "no token", lambda _: "é"])
def test_a_token_that_is_none_claims_nothing(impatient, guest, member, forge):
    job_id = impatient.send(guest, photo=False)
    assert refused(member, forge(token(guest)), InvalidArgument) == "CLAIM_TOKEN_INVALID"
    assert impatient.job(job_id)["uid"] == guest.uid


@pytest.mark.parametrize("body", [{}, {"idToken": ""}, {"idToken": 7}, {"idToken": "x" * 9000}, {"uid": "u"}])
def test_a_body_that_is_none_is_refused(member, body):
    with pytest.raises(InvalidArgument) as error:
        member.post("status", "/v1/jobs:claim", body)
    assert error.value.reason == "INVALID_REQUEST"
