import pytest
from cloudflare import APIConnectionError, AuthenticationError, BadRequestError, Cloudflare
from cloudflare import InternalServerError, NotFoundError, PermissionDeniedError, RateLimitError

from conftest import codes


def tunnels(client, account):
    return client.zero_trust.tunnels.cloudflared.list(account_id=account)


def test_too_many_requests_are_a_rate_limit_error_with_retry_after(impatient, account, control):
    control("POST", "/faults", {"effect": {"rate_limited": 7}})
    with pytest.raises(RateLimitError) as error:
        tunnels(impatient, account)
    assert error.value.status_code == 429
    assert error.value.response.headers["retry-after"] == "7"
    assert codes(error) == [971]


def test_the_limit_itself_is_a_rate_limit_error(impatient, account, control):
    rate = control("GET", "/settings")["rate"]
    control("PATCH", "/settings", {"rate": {**rate, "quota": 2, "enforced": True}})
    try:
        tunnels(impatient, account)
        tunnels(impatient, account)
        with pytest.raises(RateLimitError) as error:
            tunnels(impatient, account)
        assert int(error.value.response.headers["retry-after"]) > 0
    finally:
        control("PATCH", "/settings", {"rate": rate})


def test_the_sdk_waits_and_succeeds(client, account, control):
    control("POST", "/faults", {"nth": 1, "effect": {"rate_limited": 1}})
    assert list(tunnels(client, account)) == []


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_5xx_is_an_internal_server_error(impatient, account, control, status):
    page = {"status": status, "body": "<html>Bad gateway</html>", "content_type": "text/html"}
    control("POST", "/faults", {"effect": {"answer": page}})
    with pytest.raises(InternalServerError) as error:
        tunnels(impatient, account)
    assert error.value.status_code == status


def test_a_5xx_that_ends_is_not_seen(client, account, control):
    page = {"status": 502, "body": "<html>Bad gateway</html>", "content_type": "text/html"}
    control("POST", "/faults", {"nth": 1, "effect": {"answer": page}})
    assert list(tunnels(client, account)) == []


def test_a_reset_is_a_connection_error(impatient, account, control):
    control("POST", "/faults", {"effect": {"reset": "before"}})
    with pytest.raises(APIConnectionError):
        tunnels(impatient, account)


def test_a_missing_permission_is_permission_denied(account, control):
    grant = {"token": "narrow", "permissions": {"groups": ["DNS Read"]}}
    control("PUT", "/tokens", grant)
    with pytest.raises(PermissionDeniedError) as error:
        tunnels(Cloudflare(api_token="narrow"), account)
    assert codes(error) == [10000]


def test_a_dead_token_is_an_authentication_error(control):
    control("PUT", "/tokens", {"token": "dead", "status": "invalid"})
    with pytest.raises(AuthenticationError) as error:
        Cloudflare(api_token="dead").user.tokens.verify()
    assert codes(error) == [1000]


def test_a_users_token_is_verified(client):
    assert client.user.tokens.verify().status == "active"


def test_a_malformed_id_is_not_found(client):
    with pytest.raises(NotFoundError) as error:
        tunnels(client, "short")
    assert codes(error)[0] == 7003


def test_wrong_parameters_are_bad_requests(client, account):
    with pytest.raises(BadRequestError):
        client.zero_trust.tunnels.cloudflared.list(account_id=account, per_page=1001)


def test_every_answer_has_the_limits_headers(client, account):
    raw = client.zero_trust.tunnels.cloudflared.with_raw_response.list(account_id=account)
    assert raw.headers["ratelimit"].startswith('"default";r=')
    assert raw.headers["ratelimit-policy"] == '"default";q=1200;w=300'
    assert raw.headers["content-type"].startswith("application/json")
