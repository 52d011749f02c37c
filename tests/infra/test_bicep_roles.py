"""Who may what: the role assignments are those of the documented table, and enough for what the code asks."""

import ast
import re

from bicep_source import ROOT, Template, templates

# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "db58b8e5-c6ad-4a2a-8342-4190687cbf4a": "Storage Blob Delegator",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "d5a91429-5739-47e2-a06b-3470a27159e7": "EventGrid Data Sender",
}
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
WHOLE_ACCOUNTS = {"lake": {"connectorDelegates"}}


def roles() -> Template:
    return templates()["modules/roles.bicep"]


def assignments() -> dict[str, str]:
    """The name of the role that each assignment gives."""
    found: dict[str, str] = {}
    for each in roles().of_type(ASSIGNMENT):
        role = each.properties["roleDefinitionId"]["function"]["parameters"]
        [variable] = [value for value in role.values() if value in roles().variables]
        found[each.symbol] = ROLES[roles().variables[variable]]
    return found


def documented() -> dict[str, tuple[str, str, str]]:
    """Role, scope and reason of each assignment, as the page says."""
    page = (ROOT / "docs/how-to/deploy.md").read_text()
    section = page.split("## Who may what")[1].split("\n## ")[0]
    rows = re.findall(
        r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE
    )
    return {name: (role, scope, why) for name, _, role, scope, why in rows}


def scopes() -> dict[str, str]:
    return {
        each.symbol: scope if isinstance(scope, str) else scope["operator"]["operands"]["operand_1"]
        for each in roles().of_type(ASSIGNMENT)
        for scope in [each.body["scope"]]
    }


def test_every_role_is_given_on_one_page() -> None:
    elsewhere = [
        name
        for name, template in templates().items()
        if name != "modules/roles.bicep" and template.of_type(ASSIGNMENT)
    ]
    assert elsewhere == []


def test_every_assignment_is_documented_with_its_reason() -> None:
    assert {name: role for name, (role, _, _) in documented().items()} == assignments()
    assert all(len(why.strip()) > len("because") for _, _, why in documented().values())


def test_the_name_of_an_assignment_holds_who_where_and_what() -> None:
    """Of two assignments with one name the second would replace the first."""
    for each in roles().of_type(ASSIGNMENT):
        name = each.body["name"]["function"]
        assert name["type"] == "guid"
        assert len(name["parameters"]) >= 3


def test_the_app_has_no_role_on_the_whole_lake() -> None:
    of_lake = {symbol for symbol, scope in scopes().items() if scope == "lake"}
    assert of_lake == WHOLE_ACCOUNTS["lake"]


def test_the_containers_of_roles_are_containers_of_the_lake_and_are_the_documented_ones() -> None:
    lake = set(templates()["modules/lake.bicep"].variables["filesystems"])
    text = roles().text
    for symbol, variable in (
        ("appWritesLake", "appWrites"),
        ("appReadsLake", "appReads"),
        ("connectorWritesLake", "connectorWrites"),
    ):
        [said] = re.findall(rf"^var {variable} = .*(\[.*'.*\])$", text, re.MULTILINE)
        names = set(ast.literal_eval(said))
        assert names <= lake
        assert names == set(re.findall(r"`(\w+)`", documented()[symbol][1]))


def test_nothing_asks_for_all_filesystems_which_would_need_a_role_on_the_whole_lake() -> None:
    texts = [path.read_text() for path in (ROOT / "shared").rglob("*.py")]
    calls = {
        node.attr
        for text in texts
        # Most files name none of them, and parsing takes long.
        if "file_system" in text or "list_containers" in text
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute)
    }
    assert "get_file_system_properties" in calls
    assert calls.isdisjoint({"list_file_systems", "list_containers"})
