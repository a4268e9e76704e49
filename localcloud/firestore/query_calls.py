"""The calls that run queries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from localcloud.firestore import clock, paging
from localcloud.firestore.aggregation import compile_aggregation
from localcloud.firestore.plan import Plan, compile_query
from localcloud.firestore.reading import Reading, Readings
from localcloud.firestore.refusals import invalid, unimplemented
from localcloud.firestore.wire import (
    AggregationResult,
    Cursor,
    Document,
    PartitionQueryRequest,
    PartitionQueryResponse,
    RunAggregationQueryRequest,
    RunAggregationQueryResponse,
    RunQueryRequest,
    RunQueryResponse,
    Value,
)


class QueryCalls:
    """RunQuery, RunAggregationQuery, PartitionQuery."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    async def run(self, request: RunQueryRequest, _: Any) -> AsyncIterator[RunQueryResponse]:
        """RunQuery: the results in order; an answer without a document if there are none."""
        _refuse_explain(request)
        if not request.HasField("structured_query"):
            raise invalid("the request has no structured query")
        plan = compile_query(request.parent, request.structured_query)
        reading, results = await self._results(request, plan)
        time = clock.timestamp(reading.time)
        if reading.token:
            yield RunQueryResponse(transaction=reading.token)
        if not results:
            yield RunQueryResponse(read_time=time, done=True)
        for position, document in enumerate(results, start=1):
            answer = RunQueryResponse(document=plan.project(document), read_time=time)
            if position == len(results):
                answer.done = True
            yield answer

    async def aggregate(
        self, request: RunAggregationQueryRequest, _: Any
    ) -> AsyncIterator[RunAggregationQueryResponse]:
        """RunAggregationQuery: one answer."""
        _refuse_explain(request)
        if not request.structured_aggregation_query.HasField("structured_query"):
            raise invalid("the request has no structured aggregation query")
        aggregation = compile_aggregation(request.parent, request.structured_aggregation_query)
        reading, results = await self._results(request, aggregation.over)
        if reading.token:
            yield RunAggregationQueryResponse(transaction=reading.token)
        yield RunAggregationQueryResponse(
            result=AggregationResult(aggregate_fields=aggregation.of(results)), read_time=clock.timestamp(reading.time)
        )

    async def partition(self, request: PartitionQueryRequest, _: Any) -> PartitionQueryResponse:
        """PartitionQuery: names that cut a collection group, ordered by name, into parts of about the same size."""
        plan = compile_query(request.parent, request.structured_query)
        if not plan.scope.descendants or not plan.scope.collection_id:
            raise invalid("only queries of a collection group can be partitioned")
        if request.partition_count < 1:
            raise invalid("partition_count must be positive")
        size = min(paging.size(request.page_size), request.partition_count)
        skip = int.from_bytes(paging.decode(request.page_token)[:4], "big")
        _, results = await self._results(request, plan)
        cuts = _cuts(results, request.partition_count)
        more = len(cuts) > skip + size
        return PartitionQueryResponse(
            partitions=cuts[skip : skip + size],
            next_page_token=paging.encode((skip + size).to_bytes(4, "big")) if more else "",
        )

    async def _results(self, request: Any, plan: Plan) -> tuple[Reading, list[Document]]:
        reading = await self._readings.open(request, [plan.scope.label])
        results = await plan.results_in_slices(reading.reader.within(plan.scope))
        reading.saw_results(plan, results)
        return reading, results


def _cuts(results: list[Document], count: int) -> list[Cursor]:
    parts = min(count + 1, len(results))
    places = [len(results) * part // parts for part in range(1, parts)]
    return [Cursor(values=[Value(reference_value=results[place].name)], before=True) for place in places]


def _refuse_explain(request: Any) -> None:
    if request.HasField("explain_options"):
        raise unimplemented("explain_options")
