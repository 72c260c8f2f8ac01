import pytest
from cloudflare import AuthenticationError, BadRequestError, Cloudflare, NotFoundError
from cloudflare import PermissionDeniedError

from conftest import codes


@pytest.fixture
def tokens(client):
    return client.accounts.tokens


@pytest.fixture
def policy(tokens, account):
    """A maker of policies for the account: groups by name."""

    def policy(*names):
        found = [
            next(iter(tokens.permission_groups.list(account_id=account, name=name)))
            for name in names
        ]
        return {
            "effect": "allow",
            "permission_groups": [{"id": group.id} for group in found],
            "resources": {f"com.cloudflare.api.account.{account}": "*"},
        }

    return policy


def test_permission_groups_are_found(tokens, account):
    groups = list(tokens.permission_groups.list(account_id=account))
    assert len({group.id for group in groups}) == len(groups) > 20
    scope = "com.cloudflare.api.account.zone"
    zoned = tokens.permission_groups.list(account_id=account, scope=scope)
    names = {group.name for group in zoned}
    assert "DNS Write" in names and "Cloudflare Tunnel Write" not in names


def test_a_token_is_created_read_replaced_rolled_and_deleted(tokens, account, policy):
    first = policy("Cloudflare Tunnel Read", "Account Settings Read")
    made = tokens.create(account_id=account, name="ci", policies=[first])
    assert made.value and made.status == "active"
    got = tokens.get(made.id, account_id=account)
    assert not hasattr(got, "value")
    assert {group.name for group in got.policies[0].permission_groups} == {
        "Cloudflare Tunnel Read",
        "Account Settings Read",
    }
    put = tokens.update(
        made.id,
        account_id=account,
        name="cd",
        policies=[policy("Cloudflare Tunnel Write")],
        expires_on="2100-01-01T00:00:00Z",
        condition={"request_ip": {"in": ["192.0.2.0/24"]}},
    )
    assert (put.name, put.expires_on.year) == ("cd", 2100)
    assert put.condition.request_ip.in_ == ["192.0.2.0/24"]
    value = tokens.value.update(made.id, account_id=account)
    assert isinstance(value, str) and value != made.value
    assert tokens.delete(made.id, account_id=account).id == made.id
    with pytest.raises(NotFoundError):
        tokens.get(made.id, account_id=account)


def test_a_token_does_what_its_policies_grant(tokens, account, policy):
    made = tokens.create(
        account_id=account, name="ci", policies=[policy("Cloudflare Tunnel Read")]
    )
    own = Cloudflare(api_token=made.value)
    verified = own.accounts.tokens.verify(account_id=account)
    assert (verified.id, verified.status) == (made.id, "active")
    assert list(own.zero_trust.tunnels.cloudflared.list(account_id=account)) == []
    with pytest.raises(PermissionDeniedError) as error:
        own.zero_trust.tunnels.cloudflared.create(account_id=account, name="web")
    assert codes(error) == [10000]
    with pytest.raises(PermissionDeniedError) as error:
        own.zero_trust.tunnels.cloudflared.list(account_id="f" * 32)
    assert codes(error) == [9109]
    with pytest.raises(AuthenticationError) as error:
        own.user.tokens.verify()
    assert codes(error) == [1000]


def test_a_rolled_value_is_dead_at_once(tokens, account, policy):
    made = tokens.create(
        account_id=account, name="ci", policies=[policy("Cloudflare Tunnel Read")]
    )
    value = tokens.value.update(made.id, account_id=account)
    with pytest.raises(AuthenticationError):
        Cloudflare(api_token=made.value).accounts.tokens.verify(account_id=account)
    new = Cloudflare(api_token=value)
    assert new.accounts.tokens.verify(account_id=account).id == made.id


def test_a_token_expires(tokens, account, policy, control):
    control("PUT", "/clock", {"now": "2026-11-22T12:00:00Z"})
    made = tokens.create(
        account_id=account,
        name="ci",
        policies=[policy("Cloudflare Tunnel Read")],
        expires_on="2026-11-22T12:01:00Z",
    )
    control("PUT", "/clock", {"advance": 60})
    assert tokens.get(made.id, account_id=account).status == "expired"
    assert list(tokens.list(account_id=account)) == []
    assert len(list(tokens.list(account_id=account, include_expired=True))) == 1
    with pytest.raises(PermissionDeniedError):
        own = Cloudflare(api_token=made.value)
        own.zero_trust.tunnels.cloudflared.list(account_id=account)


def test_account_tokens_come_in_pages(tokens, account, policy):
    one = policy("Cloudflare Tunnel Read")
    for number in range(12):
        tokens.create(account_id=account, name=str(number), policies=[one])
    first = tokens.list(account_id=account, per_page=5)
    pages = [len(page.result) for page in first.iter_pages()]
    assert pages[:3] == [5, 5, 2] and sum(pages) == 12
    with pytest.raises(BadRequestError):
        tokens.list(account_id=account, per_page=4)
