from __future__ import annotations


def test_a_number_is_not_used_again_for_another_file(script):
    """A folder's names lead to inodes: two files must not share one."""
    (script.root / "d").mkdir()
    code = "for n in range(5):\n  open(f'd/{n}', 'w').write(str(n)); os.unlink(f'd/{n}')"
    with script.run(code, places=[script.root / "d"]) as run:
        events = run.recording.events
    made = [inode for event in events if event.call.startswith("write") for inode in event.nodes]
    assert len(set(made)) == 5


def test_what_is_outside_of_the_places_is_not_recorded(script):
    (script.root / "d").mkdir()
    with script.run("os.mkdir('e'); os.mkdir('d/f')", places=[script.root / "d"]) as run:
        changes = [event.call for event in run.recording.events if event.nodes]
    assert changes == [f"mkdir {script.root}/d/f"]


def test_a_file_without_a_name_has_data(script):
    (script.root / "d").mkdir()
    code = "file = open('d/a', 'w', buffering=1); os.unlink('d/a'); file.write('late\\n')"
    with script.run(code, places=[script.root / "d"]) as run:
        (node,) = run.recording.events[-1].nodes.values()
    assert node.data == b"late\n"
