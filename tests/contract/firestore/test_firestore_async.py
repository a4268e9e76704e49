"""Google's asyncio client is served like the other."""

from __future__ import annotations

import asyncio
import uuid

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from tests.contract.firestore.connecting import async_client_of


def run(address, scenario):
    """Run `scenario(client, collection)` in an event loop of its own."""

    async def main():
        client = async_client_of(address)
        try:
            return await scenario(client, client.collection(f"c{uuid.uuid4().hex}"))
        finally:
            await client._firestore_api.transport.close()

    return asyncio.run(main())


def test_documents_are_written_read_and_found(address):
    async def scenario(_, collection):
        await asyncio.gather(*(collection.document(str(number)).set({"n": number}) for number in range(20)))
        query = collection.where(filter=FieldFilter("n", ">=", 5)).order_by("n", direction="DESCENDING").limit(3)
        counted = await collection.count().get()
        found = [document.get("n") async for document in query.stream()]
        single = await collection.document("3").get()
        return counted[0][0].value, found, single.to_dict()

    assert run(address, scenario) == (20, [19, 18, 17], {"n": 3})


def test_concurrent_transactions_lose_no_increment(ours):
    async def scenario(client, collection):
        document = collection.document("one")
        await document.set({"n": 0})

        @firestore.async_transactional
        async def increment(transaction):
            found = await document.get(transaction=transaction)
            transaction.update(document, {"n": found.get("n") + 1})

        await asyncio.gather(*(increment(client.transaction()) for _ in range(30)))
        return (await document.get()).to_dict()

    assert run(ours, scenario) == {"n": 30}


def test_a_batch_commits_at_once(address):
    async def scenario(client, collection):
        batch = client.batch()
        batch.set(collection.document("a"), {"n": 1})
        batch.set(collection.document("b"), {"n": 2})
        results = await batch.commit()
        return len({result.update_time for result in results})

    assert run(address, scenario) == 1
