"""Which version of this project runs."""

from tasks.core.model import project
from tasks.core.model.layout import PROJECT, is_packaged


def test_a_checkout_knows_its_version():
    assert not is_packaged()
    assert project.read_version() == project.read_version(PROJECT)
    assert project.read_version()[0].isdigit()


def test_a_package_knows_its_version_by_the_metadata_beside_it(tmp_path):
    (tmp_path / "gatehand").mkdir()
    (tmp_path / "gatehand" / "__init__.py").write_text("")
    (tmp_path / "gatehand-1.2.3.dist-info").mkdir()
    assert project.read_version(tmp_path / "gatehand") == "1.2.3"
