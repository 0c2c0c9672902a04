"""Which version of this project runs."""

from tasks.core.model import project
from tasks.core.model.layout import PROJECT, is_packaged


def test_a_checkout_knows_its_version():
    assert not is_packaged()
    assert project.read_version() == project.read_version(PROJECT)
    assert project.read_version()[0].isdigit()
