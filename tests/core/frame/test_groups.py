"""The groups: each begins with its first command, and nothing of ours is in none."""

import dodo
from tasks.core.frame import creators, groups

FOUND = groups.by_group(creators.find_creators(vars(dodo)))


def test_every_group_begins_with_its_first_command():
    for group in groups.GROUPS:
        if group.first:
            assert FOUND[group][0] == group.first


def test_nothing_of_ours_is_the_users_own():
    assert not FOUND[groups.OWN]
    assert all(name.startswith("_") for name in FOUND[groups.INNER])


def test_the_list_is_short_and_begins_with_what_is_typed_first():
    listed = [name for group, names in FOUND.items() if group.is_listed for name in names]
    assert len(listed) <= 30
    assert listed[0] == "deploy"


def test_what_a_user_adds_is_their_own():
    def task_mine():
        pass

    found = groups.find_groups({**creators.find_creators(vars(dodo)), "mine": task_mine})
    assert found["mine"] is groups.OWN
    assert found["deploy"] is groups.DEPLOY
