import base64
import itertools
import re
import threading
import time

import jwt
import pytest

from localcloud.keys import Keys
from tests.contract.pubsub.clients import data, eventually
from tests.contract.pubsub.endpoint import dead_url, endpoint, status

AT_ONCE = {"minimum_backoff": {}, "maximum_backoff": {}}  # as soon as is possible


@pytest.fixture
def topic(pubsub):
    return pubsub.topic()


def pushing(pubsub, topic, url, name="push", *, oidc=None, **settings):
    config = {"push_endpoint": url, **({"oidc_token": oidc} if oidc else {})}
    return pubsub.subscription(topic, name, push_config=config, **settings)


def slow(seconds, then):
    def answer(handler):
        time.sleep(seconds)
        then(handler)

    return answer


def raw(text, *, close=True):
    def answer(handler):
        handler.wfile.write(text)
        handler.close_connection = close

    return answer


def hang_up(handler):
    handler.connection.close()
    handler.close_connection = True


def test_a_push_has_the_body_that_google_sends(pubsub, topic):
    with endpoint() as there:
        subscription = pushing(pubsub, topic, there.url)
        (number,) = pubsub.publish(topic, b"\x00\xff photo", key="k", eventType="OBJECT_FINALIZE")
        eventually(lambda: there.pushed)
    (pushed,) = there.pushed
    message = pushed.body["message"]
    published = message["publishTime"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", published)
    assert pushed.body == {
        "message": {
            "attributes": {"eventType": "OBJECT_FINALIZE"},
            "data": base64.b64encode(b"\x00\xff photo").decode(),
            "messageId": number,
            "message_id": number,
            "orderingKey": "k",
            "publishTime": published,
            "publish_time": published,
        },
        "subscription": subscription,
    }
    assert pushed.headers["Content-Type"] == "application/json"
    assert pushed.path == "/push?token=1"
    assert "Authorization" not in pushed.headers


def test_empty_fields_are_left_out_of_the_body(pubsub, topic):
    with endpoint() as there:
        pushing(pubsub, topic, there.url)
        pubsub.publish(topic, b"", only="attributes")
        pubsub.publish(topic, b"data only")
        eventually(lambda: len(there.pushed) == 2)
    always = {"messageId", "message_id", "publishTime", "publish_time"}
    others = sorted(sorted(set(pushed.body["message"]) - always) for pushed in there.pushed)
    assert others == [["attributes"], ["data"]]


def test_the_delivery_attempt_is_sent_with_a_dead_letter_policy(pubsub, topic):
    policy = {"dead_letter_topic": topic}
    with endpoint(status(503), status(204)) as there:
        pushing(pubsub, topic, there.url, dead_letter_policy=policy, retry_policy=AT_ONCE)
        pubsub.publish(topic, b"x")
        eventually(lambda: len(there.pushed) == 2)
    assert [pushed.body["deliveryAttempt"] for pushed in there.pushed] == [1, 2]


@pytest.mark.parametrize("code", [200, 201, 202, 204])
def test_these_codes_acknowledge(pubsub, topic, code):
    with endpoint(status(code, b"" if code == 204 else b"thanks")) as there:
        subscription = pushing(pubsub, topic, there.url)
        pubsub.publish(topic, b"x")
        eventually(lambda: there.pushed)
        time.sleep(0.3)
        assert len(there.pushed) == 1
        pubsub.subscriber.modify_push_config(subscription=subscription, push_config={})
        assert pubsub.nothing_comes(subscription, within=0.1)


@pytest.mark.parametrize(
    "answer",
    [
        status(203),
        status(206),
        status(301, Location="/elsewhere"),
        status(307, Location="/elsewhere"),
        status(400),
        status(401),
        status(404),
        status(429),
        status(500, b"x" * 200_000),
        status(503),
        hang_up,
        raw(b"garbage\r\n\r\n"),
        raw(b"HTTP/1.1 999999 What\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"),
        raw(b"HTTP/1.1 204 No Content\r\n" + b"X: y\r\n" * 100_000),
        raw(b"\x00" * 1000),
        raw(b""),
    ],
    ids=[
        *("203", "206", "301", "307", "400", "401", "404", "429", "500", "503"),
        *("hang up", "garbage", "bad status", "short body", "bad chunks", "endless headers", "zeros", "nothing"),
    ],
)
def test_any_other_answer_has_the_message_sent_again(pubsub, topic, answer):
    with endpoint(answer, status(204)) as there:
        pushing(pubsub, topic, there.url)
        pubsub.publish(topic, b"x")
        eventually(lambda: len(there.pushed) == 2)
        assert [pushed.path for pushed in there.pushed] == ["/push?token=1"] * 2
        assert there.data() == [b"x", b"x"]


def test_a_large_answer_still_acknowledges(pubsub, topic):
    with endpoint(status(200, b"x" * 1_000_000)) as there:
        pushing(pubsub, topic, there.url)
        pubsub.publish(topic, b"x")
        eventually(lambda: there.pushed)
        time.sleep(0.3)
        assert len(there.pushed) == 1


def test_cookies_are_not_sent_back(pubsub, topic):
    with endpoint(status(200, **{"Set-Cookie": "a=b; Path=/"})) as there:
        pushing(pubsub, topic, there.url)
        for number in range(1, 4):
            pubsub.publish(topic, b"x")
            eventually(lambda number=number: len(there.pushed) == number)
    assert all("Cookie" not in pushed.headers for pushed in there.pushed)


def test_a_slow_endpoint_is_given_the_ack_deadline_and_no_more(pubsub, topic):
    """The shortest ack deadline is ten seconds, so here it is watched that nothing comes again before."""
    with endpoint(slow(0.8, status(204))) as there:
        pushing(pubsub, topic, there.url)
        pubsub.publish(topic, b"x")
        eventually(lambda: there.pushed and not there.under_way)
        time.sleep(0.3)
        assert len(there.pushed) == 1


def test_an_endpoint_that_comes_up_late_gets_what_was_published_before(pubsub, topic):
    subscription = pushing(pubsub, topic, dead_url(), retry_policy=AT_ONCE)
    pubsub.publish(topic, b"1", b"2", b"3")
    time.sleep(0.4)
    with endpoint() as there:
        config = {"push_endpoint": there.url}
        pubsub.subscriber.modify_push_config(subscription=subscription, push_config=config)
        eventually(lambda: sorted(there.data()) == [b"1", b"2", b"3"])


def test_failing_pushes_pause_the_subscription_longer_and_longer(pubsub, topic):
    with endpoint(status(500)) as there:
        pushing(pubsub, topic, there.url)
        pubsub.publish(topic, b"x")
        eventually(lambda: len(there.pushed) == 4)
    at = [pushed.at for pushed in there.pushed]
    pauses = [later - earlier for earlier, later in itertools.pairwise(at)]
    for pause, expected in zip(pauses, [0.1, 0.2, 0.4], strict=True):
        assert expected - 0.02 < pause < expected + 0.3


def test_the_retry_policy_delays_a_message_but_not_the_others(pubsub, topic):
    policy = {"minimum_backoff": {"seconds": 60}, "maximum_backoff": {"seconds": 60}}
    with endpoint(status(500), status(204)) as there:
        pushing(pubsub, topic, there.url, retry_policy=policy)
        pubsub.publish(topic, b"poison")
        eventually(lambda: there.pushed)
        pubsub.publish(topic, b"good")
        eventually(lambda: there.data() == [b"poison", b"good"])
        time.sleep(0.3)
        assert there.data() == [b"poison", b"good"]


class Meeting:
    """Answers when eight requests are under way; counts how many there are at most."""

    def __init__(self, code):
        self._eight = threading.Barrier(8, timeout=10)
        self._lock = threading.Lock()
        self._answer = status(code)
        self._now = 0
        self.most = 0

    def __call__(self, handler):
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._eight.wait()
        time.sleep(0.02)
        with self._lock:
            self._now -= 1
        self._answer(handler)


def test_at_most_eight_pushes_of_a_subscription_are_under_way(pubsub, topic):
    meeting = Meeting(204)
    with endpoint(meeting) as there:
        subscription = pushing(pubsub, topic, there.url)
        for config in ({}, {"push_endpoint": there.url}):
            pubsub.subscriber.modify_push_config(subscription=subscription, push_config=config)
        pubsub.publish(topic, *(b"%d" % number for number in range(40)))
        eventually(lambda: len(there.pushed) == 40, within=20)
    assert meeting.most == 8
    assert len({*there.data()}) == 40


def test_what_is_under_way_counts_also_if_the_subscription_pulls_in_between(pubsub, topic):
    may_answer = threading.Event()

    def answer(handler):
        may_answer.wait(10)
        status(500)(handler)

    with endpoint(answer) as there:
        subscription = pushing(pubsub, topic, there.url)
        pubsub.publish(topic, *(b"%d" % number for number in range(20)))
        eventually(lambda: len(there.pushed) == 8)
        for config in ({}, {"push_endpoint": there.url}):
            pubsub.subscriber.modify_push_config(subscription=subscription, push_config=config)
        time.sleep(0.1)
        assert len(there.pushed) == 8
        pubsub.subscriber.modify_push_config(subscription=subscription, push_config={})
        may_answer.set()
        pulled = data(pubsub.pull(subscription))
        assert len(pulled) == 12
        while len(pulled) < 20:
            pulled += data(pubsub.pull(subscription))
        assert sorted(pulled) == sorted(b"%d" % number for number in range(20))
        assert len(there.pushed) == 8


def test_pushes_that_fail_together_pause_the_subscription_once(pubsub, topic):
    with endpoint(Meeting(500)) as there:
        pushing(pubsub, topic, there.url)
        pubsub.publish(topic, *[b"x"] * 8)
        eventually(lambda: len(there.pushed) >= 17)
    rounds = [sorted(pushed.at for pushed in there.pushed)[first] for first in (0, 8, 16)]
    assert 0.1 < rounds[1] - rounds[0] < 0.4
    assert 0.2 < rounds[2] - rounds[1] < 0.5


def test_another_endpoint_ends_the_pausing(pubsub, topic):
    with endpoint(status(500)) as broken, endpoint() as repaired:
        subscription = pushing(pubsub, topic, broken.url)
        pubsub.publish(topic, b"x")
        eventually(lambda: len(broken.pushed) == 4)
        time.sleep(0.2)  # of a pause of 0.8 s; the message itself rests 0.1 s
        changed = time.monotonic()
        config = {"push_endpoint": repaired.url}
        pubsub.subscriber.modify_push_config(subscription=subscription, push_config=config)
        eventually(lambda: repaired.pushed)
    assert repaired.pushed[0].at - changed < 0.4


def test_a_success_ends_the_pausing(pubsub, topic):
    with endpoint(*[status(500)] * 4, status(204), status(500), status(204)) as there:
        pushing(pubsub, topic, there.url)
        pubsub.publish(topic, b"x")
        eventually(lambda: len(there.pushed) == 5)
        pubsub.publish(topic, b"y")
        eventually(lambda: len(there.pushed) == 7)
    assert there.pushed[4].at - there.pushed[3].at > 0.8
    assert there.pushed[6].at - there.pushed[5].at < 0.5


def test_messages_with_one_ordering_key_are_pushed_in_order(pubsub, topic):
    with endpoint(slow(0.01, status(500)), status(204)) as there:
        pushing(pubsub, topic, there.url, enable_message_ordering=True, retry_policy=AT_ONCE)
        pubsub.publish(topic, b"1", b"2", b"3", key="k")
        eventually(lambda: len(there.pushed) == 4)
    assert there.data() == [b"1", b"1", b"2", b"3"]


def test_a_filter_counts_for_pushes(pubsub, topic):
    with endpoint() as there:
        pushing(pubsub, topic, there.url, filter='attributes.priority = "high"')
        pubsub.publish(topic, b"1", priority="low")
        pubsub.publish(topic, b"2", priority="high")
        pubsub.publish(topic, b"3")
        eventually(lambda: there.pushed)
        time.sleep(0.1)
    assert there.data() == [b"2"]


def test_a_deleted_or_detached_subscription_pushes_no_more(pubsub, topic):
    with endpoint(status(500)) as there:
        deleted = pushing(pubsub, topic, there.url, "deleted")
        detached = pushing(pubsub, topic, there.url, "detached")
        pubsub.publish(topic, b"x")
        eventually(lambda: len(there.pushed) >= 4)
        pubsub.subscriber.delete_subscription(subscription=deleted)
        pubsub.publisher.detach_subscription(request={"subscription": detached})
        time.sleep(0.05)
        seen = len(there.pushed)
        pubsub.publish(topic, b"y")
        time.sleep(0.5)
        assert len(there.pushed) == seen


def token_of(pubsub, topic, **oidc):
    with endpoint() as there:
        pushing(pubsub, topic, there.url, oidc=oidc)
        pubsub.publish(topic, b"x")
        eventually(lambda: there.pushed)
    scheme, token = there.pushed[0].headers["Authorization"].split()
    assert scheme == "Bearer"
    return token, there.url


def test_a_push_carries_a_token_that_verifies_with_the_local_clouds_public_keys(pubsub, topic, cloud):
    account = "push@demo-loupe.iam.gserviceaccount.com"
    token, _ = token_of(pubsub, topic, service_account_email=account, audience="https://loupe.example/analyze")
    published = jwt.PyJWKSet.from_dict(Keys(cloud.data / "keys").jwks())
    key = published[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, ["RS256"], audience="https://loupe.example/analyze")
    assert claims["iss"] == "https://accounts.google.com"
    assert claims["email"] == account
    assert claims["email_verified"] is True
    assert claims["azp"] == claims["sub"]
    assert re.fullmatch(r"\d{21}", claims["sub"])
    assert claims["exp"] - claims["iat"] == 3600
    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(token, key, ["RS256"], audience="https://somebody.else")


def test_without_an_audience_the_token_is_for_the_endpoint(pubsub, topic):
    token, url = token_of(pubsub, topic, service_account_email="push@demo.iam.gserviceaccount.com")
    assert jwt.decode(token, options={"verify_signature": False})["aud"] == url


def test_pushing_and_pulling_subscriptions_of_one_topic_do_not_disturb_each_other(pubsub, topic):
    puller = pubsub.subscription(topic, "pull")
    with endpoint() as there:
        pushing(pubsub, topic, there.url, "alive")
        pushing(pubsub, topic, dead_url(), "dead")
        pubsub.publish(topic, b"1", b"2")
        eventually(lambda: sorted(there.data()) == [b"1", b"2"])
        assert data(pubsub.pull(puller)) == [b"1", b"2"]
