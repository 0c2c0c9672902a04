"""install: what .env becomes, what has to happen, what the manifest says of values."""

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks import install as step
from tasks import render as rendering
from tasks import stage
from tasks.core.catalogue import catalogue
from tasks.core.deploying import install, render
from tasks.core.history import history
from tasks.core.history.session import Session
from tasks.core.model.choices import Choices, Flags
from tasks.core.model.deployment import settle
from tasks.core.model.errors import Conflict, InvalidInput
from tasks.core.model.layout import Layout
from tasks.core.model.release import Change
from tasks.core.model.secret import Secret
from tasks.core.values import env_file

KNOWN = catalogue.load(Layout.of({"HOME": "/nowhere"}))
BASIC = settle(Choices("basic"), KNOWN)
KEY = "sk-tests-0123456789abcdef"
VALUES = {"LITELLM_MASTER_KEY": Secret(KEY), "VERTEX_PROJECT": "p", "VERTEX_LOCATION": "us-central1"}


def contents(asked):
    """What would be staged."""
    return {artifact.file: asked.render(artifact) for artifact in asked.deployment.artifacts}


@pytest.fixture
def staged(asked_for, layout):
    """A release that is staged, and what it is deployed by."""
    asked = asked_for(preset="demo")
    for each in asked.deployment.artifacts:
        rendering.write(asked, each)
    assert stage.build(asked) is None
    return asked


@pytest.fixture
def session():
    made = Session()
    yield made
    made.close()


def deploy(asked, session):
    """Both steps of a deployment, each in a transaction of its own."""
    for plan in (install.plan_install(asked), install.plan_settings(asked)):
        plan.apply(session)


def test_planning_writes_nothing(staged, layout):
    before = {path: path.stat().st_mtime_ns for path in layout.home.rglob("*")}
    assert not install.plan_install(staged).is_empty
    assert not install.plan_settings(staged).is_empty
    assert {path: path.stat().st_mtime_ns for path in layout.home.rglob("*")} == before


def test_what_is_deployed_has_an_empty_plan_until_it_is_edited(staged, session, layout):
    deploy(staged, session)
    assert install.plan_install(staged).is_empty
    assert install.plan_settings(staged).is_empty
    assert install.is_installed(staged)
    layout.settings.write_text("{}")
    layout.config.chmod(0o600)
    assert not install.plan_install(staged).is_empty
    assert not install.is_installed(staged)


def test_the_history_has_what_was_rendered_and_what_was_written_and_no_secret(staged, session, layout):
    deploy(staged, session)
    revision = history.revision(layout, 1)
    assert (revision.action, revision.number) == ("deploy", 1)
    assert layout.env_file.name not in history.stood(layout, 1)
    assert history.stood(layout, 1)[layout.config.name] == layout.config.read_bytes()
    assert history.released(layout, 1, layout.config.name) == layout.config.read_bytes()


def test_the_summary_says_what_was_written_once_it_is_committed(staged, session, layout):
    session.is_shared = True
    deploy(staged, session)
    assert not session.summary.written
    session.commit()
    assert layout.config.name in session.summary.written
    assert any("ANTHROPIC_BASE_URL" in text for text in session.summary.written)


def test_a_folder_that_is_not_the_usual_one_is_noted(staged, layout):
    install.note_place(layout)
    assert not layout.pointer.exists()
    install.note_place(layout._replace(gateway=layout.home / "gateway"))
    assert layout.pointer.read_text() == f"{layout.home / 'gateway'}\n"


def test_env_gets_its_secrets_and_room_for_what_is_missing():
    text = render.fill_env(None, BASIC, VALUES).decode()
    assert env_file.parse(text)["LITELLM_MASTER_KEY"] == KEY
    assert "\nGOOGLE_APPLICATION_CREDENTIALS=\n" in text + "\n"


def test_what_somebody_filled_in_stays_where_nothing_better_is_known():
    found = b"GOOGLE_APPLICATION_CREDENTIALS=/mine.json\nVERTEX_PROJECT=old\n"
    after = env_file.parse(render.fill_env(found, BASIC, VALUES).decode())
    assert after["GOOGLE_APPLICATION_CREDENTIALS"] == "/mine.json"
    assert after["VERTEX_PROJECT"] == "p"


def test_filling_again_changes_nothing():
    first = render.fill_env(b"# mine\nMY_OWN='a b'\n", BASIC, VALUES)
    assert render.fill_env(first, BASIC, VALUES) == first


LINES = st.lists(
    st.from_regex(r"(# [a-z ]{0,9}|MY_[A-Z]{1,5}=[a-z0-9]{0,9}|export MY_[A-Z]{1,3}='[a-z #]{0,9}'|)", fullmatch=True)
)


@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_no_line_of_a_user_is_lost_or_moved(lines, end, ended):
    found = end.join(lines) + (end if ended and lines else "")
    after = render.fill_env(found.encode(), BASIC, VALUES).decode()
    kept = [line for line in after.split("\n") if line.rstrip("\r") in lines]
    wanted = [line for line in lines if line]
    assert [line.rstrip("\r") for line in kept if line.strip()][: len(wanted)] == wanted


def test_bytes_that_are_no_text_stay():
    found = b"# caf\xe9\nMY_OWN=1\n"
    assert render.fill_env(found, BASIC, VALUES).startswith(found)


def test_in_an_empty_folder_everything_is_created_with_its_mode(asked_for):
    asked = asked_for(preset="basic")
    planned = install.find_changes(asked, contents(asked), None)
    assert {each.file: (each.kind, each.mode) for each in planned} == {
        "litellm_config.yaml": ("create", 0o644),
        ".env": ("create", 0o600),
        "serve.py": ("create", 0o644),
        "start-gateway.sh": ("create", 0o755),
        "stop-gateway.sh": ("create", 0o755),
    }
    assert not asked.layout.gateway.exists()
    holders = [each.file for each in planned if b"sk-tests" in each.data]
    assert holders == [".env"]


def test_a_file_that_stood_before_us_makes_room_and_is_kept(asked_for, layout):
    layout.gateway.mkdir(parents=True)
    layout.config.write_text("model_list: []\n")
    asked = asked_for(preset="demo")
    change = next(
        each for each in install.find_changes(asked, contents(asked), None) if each.file == layout.config.name
    )
    assert (change.kind, change.found) == ("replace", b"model_list: []\n")


def test_the_manifest_shows_no_secret_and_no_path(asked_for, credentials):
    shown = install.describe_values(asked_for(preset="basic"))
    assert shown == {
        "LITELLM_MASTER_KEY": "set",
        "VERTEX_PROJECT": "my-project-1",
        "VERTEX_LOCATION": "us-central1",
        "GOOGLE_APPLICATION_CREDENTIALS": "set",
    }


def test_what_merging_made_is_checked_before_it_is_written(asked_for):
    asked = asked_for(preset="demo")
    broken = Change("litellm_config.yaml", "merge", b"model_list: 5\n", 0o644, b"")
    with pytest.raises(InvalidInput, match="not valid"):
        install.refuse_invalid_edits(asked.layout, [broken])
    with pytest.raises(InvalidInput, match="not valid"):  # what stays as somebody edited it will stand just the same
        install.refuse_invalid_edits(asked.layout, [broken._replace(kind="keep")])


def test_the_task_names_its_files_and_belongs_to_a_transaction(asked_for, session):
    task = step.task(asked_for(preset="demo"), session)
    assert "_transaction" in task["setup"]
    assert not task.get("clean")
    assert len(task["targets"]) == len(set(task["targets"])) == 6


def test_nothing_stands_before_the_first_deployment(asked_for, layout):
    asked = asked_for(preset="demo")
    layout.release.mkdir(parents=True)
    for name, data in contents(asked).items():
        (layout.release / name).write_bytes(data)
    assert not install.is_installed(asked)


def test_a_deployed_folder_stands_until_anything_in_it_is_different(sandbox):
    sandbox.deploy("--preset", "demo")
    config = sandbox.gateway / "litellm_config.yaml"
    config.chmod(0o600)
    assert "litellm_config.yaml" in sandbox.deploy().out
    assert stat.S_IMODE(config.stat().st_mode) == 0o644


def test_flags_decide_a_conflict(asked_for, layout):
    layout.gateway.mkdir(parents=True)
    for flags in (Flags(ours=True), Flags(theirs=True), Flags()):
        asked = asked_for(flags, preset="demo")
        try:
            install.find_changes(asked, contents(asked), None)
        except Conflict:
            pytest.fail("there is nothing to decide yet")


def test_a_proxy_that_is_no_longer_chosen_goes_and_one_of_ones_own_stays():
    found = b"# mine\nHTTPS_PROXY=http://ada:pw@proxy:8080\nMY_OWN=1\n"
    assert render.fill_env(found, BASIC, VALUES, {"HTTPS_PROXY": "set"}).startswith(b"# mine\nMY_OWN=1\n")
    assert render.fill_env(found, BASIC, VALUES, {"VERTEX_PROJECT": "p"}).startswith(found)
