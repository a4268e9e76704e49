"""Mistakes that Terraform and Google accept are caught by our laws: all planted in one copy, each found by its own."""

from __future__ import annotations

import pytest

from tests.infra import laws
from tests.infra.planned import Plan
from tests.infra.terraform import change, copy

MISTAKES = {
    laws.nobody_is_powerful: ("modules/project/main.tf", r"roles/logging\.logWriter", "roles/editor"),
    laws.grants_are_on_the_resource: (
        "modules/ci/main.tf",
        r"roles/serviceusage\.serviceUsageConsumer",
        "roles/storage.objectUser",
    ),
    laws.nothing_is_public: ("main.tf", r"invokers        = \{ pusher = [^}]*\}", 'invokers = { pusher = "allUsers" }'),
    laws.functions_run_as_themselves: (
        "main.tf",
        r"module\.project\.accounts\.status\.email\n  environment",
        "module.project.accounts.upload.email\n  environment",
    ),
    laws.photos_are_gone_when_removed: (
        "modules/storage/main.tf",
        r"days = var\.derived_days, soft_delete_seconds = 0",
        "days = var.derived_days, soft_delete_seconds = 604800",
    ),
    laws.browsers_may_send_what_is_signed: ("modules/storage/main.tf", r'"Content-Type", ', ""),
    laws.pushes_are_signed_and_kept: (
        "locals.tf",
        r'(audience = local\.urls\["analyze-high"\])',
        r'audience = local.urls["analyze-batch"]',
    ),
    laws.deadlines_are_a_chain: ("main.tf", r"timeout_seconds = 90", "timeout_seconds = 180"),
    laws.dead_letters_can_be_written: (
        "modules/events/main.tf",
        r"roles/pubsub\.subscriber",
        "roles/pubsub.viewer",
    ),
    laws.storage_may_publish_before_it_notifies: (
        "modules/events/main.tf",
        r"depends_on = \[google_pubsub_topic_iam_member\.storage\][^\n]*",
        "",
    ),
    laws.analyze_is_called_by_pubsub_alone: (
        "modules/function/variables.tf",
        r'default     = "ALLOW_INTERNAL_ONLY"',
        'default     = "ALLOW_ALL"',
    ),
    laws.settings_are_those_that_the_code_reads: ("locals.tf", r"SWEEP_STALLED_SECONDS", "SWEEP_STALED_SECONDS"),
    laws.what_expires_is_removed: ("modules/firestore/main.tf", r"try\(each\.value\.ttl, false\) \?", "false ?"),
    laws.one_branch_of_one_repository_deploys: (
        "modules/ci/main.tf",
        r"assertion\.repository_owner_id == '[^']*'",
        "assertion.repository_owner == 'you'",
    ),
    laws.secrets_are_not_written_down: (
        "locals.tf",
        r"(MAX_WAITERS\s+= )",
        r'PAGE_TOKEN_SECRET = "a plain text that everybody can read"\n      \1',
    ),
}


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory):
    from tests.infra.conftest import FULL

    terraform = copy(tmp_path_factory.mktemp("spoiled"))
    for mistake in MISTAKES.values():
        change(terraform, *mistake)
    return Plan(terraform.plan(**FULL))


def test_there_is_a_mistake_for_every_law():
    assert set(MISTAKES) == set(laws.LAWS)


@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.__name__)
def test_a_planted_mistake_is_caught_by_its_law(spoiled, law):
    assert list(law(spoiled)) != []
