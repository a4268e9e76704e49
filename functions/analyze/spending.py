"""Notices of Cloud Billing: over the month's budget, paid providers are off."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from shared import spending
from shared.errors import InvalidArgument

from .pushes import received

if TYPE_CHECKING:
    from .services import Services

log = logging.getLogger(__name__)


def heed_budget(body: bytes, services: Services) -> None:
    """Handle one notice. Returns to acknowledge; raises what keeps it from being heeded, to be told again."""
    told = services.settings.budget_subscription
    push = received(body, (told,) if told else ())
    if push is None:
        return
    try:
        notice = spending.read(push.message.data)
    except InvalidArgument as malformed:
        log.warning("Dropped a notice of the budget that cannot be read and never will be: %s", malformed)
        return
    off = spending.heed(services.jobs.database, notice)
    if off:
        log.error(
            "The month's budget is used up (%.2f of %.2f): paid providers are off until it is raised, or the "
            "month is over",
            notice.cost_amount,
            notice.budget_amount,
        )
    else:
        log.info("Of the month's budget %.2f of %.2f are spent", notice.cost_amount, notice.budget_amount)
