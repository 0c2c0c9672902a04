"""Files that only their owner may read."""

import stat

from serve.private_file import write_private


def test_a_private_file_is_whole_and_private(tmp_path):
    path = tmp_path / "gateway.status.json"
    path.write_text("old")
    path.chmod(0o644)
    (tmp_path / "gateway.status.json.new").write_text("left by one that was killed")
    write_private(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
