"""/api/incidents/:id/watchers and /api/services/:id/watchers."""

from tests.incidents.api.conftest import PATH, open_one


def test_watchers_come_hear_through_the_service_and_go(client, api, bob, carol, shop):
    incident = open_one(client, shop)
    url = f"{PATH}/{incident['id']}/watchers"
    of_service = f"/api/services/{shop.service.public_id}/watchers"
    assert client.post(of_service, {"userId": bob.public_id, "role": "EXEC"}).status_code == 201
    body = client.post(url, {}).json()["watchers"]
    assert [(row["user"]["name"], row["role"], row["through"]) for row in body] == [
        ("Bob", "EXEC", "service"),
        ("Alice", "FOLLOWER", "incident"),
    ]
    assert client.get(PATH, {"watchedBy": bob.public_id}).json()["total"] == 1
    assert client.delete(f"{url}/{bob.public_id}").json()["stopped"] is True
    assert client.get(PATH, {"watchedBy": bob.public_id}).json()["total"] == 0
    assert client.post(url, {"userId": carol.public_id}).status_code == 422
    assert api(carol).get(url).status_code == 404
    assert api(carol).post(of_service, {"userId": bob.public_id}).status_code == 403


def test_a_note_names_whom_it_called(client, bob, shop):
    incident = open_one(client, shop)
    note = client.post(f"{PATH}/{incident['id']}/notes", {"content": "@bob @ghost"}).json()
    assert [row["name"] for row in note["mentions"]] == ["Bob"]
    assert note["unknownMentions"] == ["ghost"]
