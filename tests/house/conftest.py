"""The project, parsed and measured once for all tests of this folder."""

from __future__ import annotations

import pytest

from tests.house.figures import Tree


@pytest.fixture(scope="session")
def tree():
    return Tree()
