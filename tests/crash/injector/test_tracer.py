from __future__ import annotations

KNOWN = """
with open("a", "w") as file: file.write("hello")
os.rename("a", "b")
os.mkdir("d", dir_fd=os.open(".", os.O_RDONLY))
folder = os.open("d", os.O_RDONLY)
os.link("b", "c", dst_dir_fd=folder)
os.symlink("b", "d/e")
os.chmod("d/../b", 0o600)
os.truncate("b", 1)
os.utime("b")
os.fsync(folder)
os.unlink("c", dir_fd=folder)
os.unlink("d/e")
os.rmdir("d")
open("b").read()
open("/dev/null", "w").write("elsewhere")
"""


def test_all_that_a_known_program_does_is_seen(script):
    assert script.calls(KNOWN) == [
        "openat a", "write a", "rename a b", "mkdirat d", "linkat b d/c", "symlink d/e", "chmod b", "truncate b",
        "utimensat b", "fsync d", "unlinkat d/c", "unlink d/e", "rmdir d",
    ]  # fmt: skip


def test_links_on_the_way_are_followed(script):
    (script.root / "real").mkdir()
    (script.root.parent / "way").symlink_to(script.root / "real")
    assert script.calls("os.mkdir('../way/d')") == ["mkdir real/d"]


def test_children_threads_and_other_programs_are_followed(script):
    code = """
import subprocess, threading
subprocess.run(["/bin/sh", "-c", "echo > shell; exit 3"])
thread = threading.Thread(target=os.mkdir, args=["thread"])
thread.start(); thread.join()
if os.fork() == 0:
    os.setsid()
    os.mkdir("child")
    os._exit(0)
os.wait()
"""
    assert [call for call in script.calls(code) if "write" not in call] == [
        "openat shell",
        "mkdir thread",
        "mkdir child",
    ]


def test_the_exit_code_and_the_output_are_the_command_s(script):
    with script.run("print('out'); sys.exit('err')") as run:
        assert (run.ended.code, run.ended.out, run.ended.err) == (1, "out\n", "err\n")
    assert script.end("os.kill(os.getpid(), 15)") == -15


def test_a_stopped_process_stays_so_until_it_is_continued(script):
    code = """
import signal, time
child = os.fork()
if child == 0:
    os.kill(os.getpid(), signal.SIGSTOP)
    os.mkdir("later")
    os._exit(0)
time.sleep(0.1)
assert not os.path.exists("later")
os.kill(child, signal.SIGCONT)
os.wait()
assert os.path.exists("later")
"""
    assert script.end(code) == 0
