from datetime import timedelta

import pytest
from cloudflare import BadRequestError, NotFoundError


@pytest.fixture
def tokens(client):
    return client.zero_trust.access.service_tokens


@pytest.fixture(params=["account", "zone"])
def owner(request, control, account):
    """Where the tokens are: an account or a zone."""
    if request.param == "account":
        return {"account_id": account}
    return {"zone_id": control.zone(account)}


def test_a_service_token_is_created_read_changed_and_deleted(tokens, owner, control):
    made = tokens.create(name="ci", **owner)
    assert made.client_id.endswith(".access") and made.duration == "8760h" and made.enabled
    assert control.accepts(made.client_id, made.client_secret) == "current"
    got = tokens.get(made.id, **owner)
    assert got.name == "ci" and not hasattr(got, "client_secret")
    assert [own.id for own in tokens.list(name="ci", **owner)] == [made.id]
    assert tokens.update(made.id, enabled=False, **owner).enabled is False
    assert control.accepts(made.client_id, made.client_secret) is None
    assert tokens.delete(made.id, **owner).id == made.id
    with pytest.raises(NotFoundError):
        tokens.get(made.id, **owner)


def test_a_greater_version_rotates(tokens, owner, control):
    made = tokens.create(name="ci", client_secret_version=1, **owner)
    ends = tokens.get(made.id, **owner).expires_at
    put = tokens.update(
        made.id, client_secret_version=2, previous_client_secret_expires_at=ends, **owner
    )
    assert put.client_secret != made.client_secret
    assert control.accepts(made.client_id, made.client_secret) == "previous"
    assert control.accepts(made.client_id, put.client_secret) == "current"
    put = tokens.update(made.id, client_secret_version=2, **owner)
    assert not hasattr(put, "client_secret")


def test_service_tokens_are_searched_and_come_in_pages(tokens, owner):
    for number in range(12):
        tokens.create(name=f"ci-{number:02}", **owner)
    tokens.create(name="other", **owner)
    first = tokens.list(search="CI-", per_page=5, **owner)
    pages = [len(page.result) for page in first.iter_pages()]
    assert pages[:3] == [5, 5, 2] and sum(pages) == 12


def test_rotate_and_refresh(tokens, account, control):
    made = tokens.create(name="ci", account_id=account)
    later = tokens.get(made.id, account_id=account).expires_at
    rotated = tokens.rotate(
        made.id, account_id=account, previous_client_secret_expires_at=later
    )
    assert rotated.client_id == made.client_id
    assert control.accepts(made.client_id, made.client_secret) == "previous"
    last = tokens.rotate(made.id, account_id=account)
    assert control.accepts(made.client_id, rotated.client_secret) is None
    assert control.accepts(made.client_id, last.client_secret) == "current"
    refreshed = tokens.refresh(made.id, account_id=account)
    assert refreshed.expires_at - later == timedelta(days=365)


def test_wrong_fields_and_the_51st_are_bad_requests(tokens, account):
    for wrong in ({"name": ""}, {"name": "x" * 351}, {"name": "x", "duration": "1d"}):
        with pytest.raises(BadRequestError):
            tokens.create(account_id=account, **wrong)
    for number in range(50):
        tokens.create(name=str(number), account_id=account, duration="forever")
    with pytest.raises(BadRequestError):
        tokens.create(name="50", account_id=account)
