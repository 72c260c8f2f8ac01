import base64
import json

import pytest
from cloudflare import ConflictError, NotFoundError

from conftest import codes


@pytest.fixture
def warp(client):
    return client.zero_trust.tunnels.warp_connector


def test_a_warp_connector_is_created_read_renamed_and_deleted(warp, account):
    made = warp.create(account_id=account, name="mesh")
    assert (made.name, made.tun_type, made.status) == ("mesh", "warp_connector", "inactive")
    assert warp.get(made.id, account_id=account).created_at == made.created_at
    assert warp.edit(made.id, account_id=account, name="mesh-2").name == "mesh-2"
    assert [own.name for own in warp.list(account_id=account)] == ["mesh-2"]
    assert warp.delete(made.id, account_id=account).deleted_at is not None
    assert list(warp.list(account_id=account, is_deleted=False)) == []
    assert warp.get(made.id, account_id=account).deleted_at is not None


def test_a_taken_name_is_a_conflict(impatient, account):
    warp = impatient.zero_trust.tunnels.warp_connector
    warp.create(account_id=account, name="mesh")
    with pytest.raises(ConflictError) as error:
        warp.create(account_id=account, name="mesh")
    assert codes(error) == [1013]


def test_an_unknown_warp_connector_is_not_found(warp, account):
    with pytest.raises(NotFoundError) as error:
        warp.get("11111111-2222-4333-8444-555555555555", account_id=account)
    assert 7000 not in codes(error)


def test_the_token_is_a_bare_string(warp, account):
    made = warp.create(account_id=account, name="mesh")
    token = json.loads(base64.b64decode(warp.token.get(made.id, account_id=account)))
    assert (token["a"], token["t"]) == (account, made.id)


def test_connections_are_a_list(warp, account):
    made = warp.create(account_id=account, name="mesh")
    assert list(warp.connections.get(made.id, account_id=account)) == []


def test_an_unknown_connector_is_not_found(warp, account):
    made = warp.create(account_id=account, name="mesh")
    nobody = "11111111-2222-4333-8444-555555555555"
    with pytest.raises(NotFoundError) as error:
        warp.connectors.get(nobody, account_id=account, tunnel_id=made.id)
    assert 7000 not in codes(error)


def test_the_configuration_is_replaced(warp, account):
    made = warp.create(account_id=account, name="mesh", ha=True)
    vips = {"vips": [{"address": "192.0.2.10"}]}
    put = warp.configurations.update(made.id, account_id=account, ha_mode="local", config=vips)
    assert (put.tunnel_id, put.ha_mode) == (made.id, "local")
    got = warp.configurations.get(made.id, account_id=account)
    assert got.ha_mode == "local" and got.configuration_version == put.configuration_version
    assert [own.address for own in got.config.vips] == ["192.0.2.10"]


def test_warp_connectors_come_in_pages(warp, account):
    for number in range(7):
        warp.create(account_id=account, name=f"mesh-{number}")
    pages = [len(page.result) for page in warp.list(account_id=account, per_page=3).iter_pages()]
    assert pages[:3] == [3, 3, 1] and sum(pages) == 7


def test_tunnels_of_all_types_are_in_one_list_and_its_pages(client, warp, account):
    for number in range(3):
        warp.create(account_id=account, name=f"mesh-{number}")
        client.zero_trust.tunnels.cloudflared.create(account_id=account, name=f"web-{number}")
    tunnels = client.zero_trust.tunnels

    def types(**filters):
        return sorted(own.tun_type for own in tunnels.list(account_id=account, **filters))

    assert types() == types(per_page=4) == ["cfd_tunnel"] * 3 + ["warp_connector"] * 3
    pages = [len(page.result) for page in tunnels.list(account_id=account, per_page=4).iter_pages()]
    assert pages[:2] == [4, 2] and sum(pages) == 6
    assert types(tun_types=["warp_connector"]) == ["warp_connector"] * 3
