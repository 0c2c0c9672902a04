"""A log says why a worker failed, without secrets."""

from serve import failure


def test_why_it_failed_is_found_in_the_log():
    log = """
    | LiteLLM: Proxy initialized
    | ERROR:    Traceback (most recent call last):
    |   File "/lib/yaml/parser.py", line 369, in parse_node
    |     raise ParserError(
    |           ^^^^^^^^^^^^
    | yaml.parser.ParserError: while parsing a flow node
    | expected the node content, but found '<stream end>'
    |   in "litellm_config.yaml", line 8, column 14
    |
    | ERROR:    Application startup failed. Exiting.
    """
    told = failure.readable_lines([line.strip()[2:] for line in log.splitlines()])
    assert not [line for line in told if "raise" in line or "^^" in line]
    assert failure.find_reason(told) == (
        "yaml.parser.ParserError: while parsing a flow node expected the node content, "
        "but found '<stream end>' in \"litellm_config.yaml\", line 8, column 14"
    )
    assert failure.find_reason(["something", "the end"]) == "the end"
    assert failure.find_reason([]) == "its output says why"


def test_colours_and_the_places_of_grouped_errors_are_no_part_of_why():
    log = [
        "\x1b[92m20:00:00 - LiteLLM\x1b[0m: loading",
        "  + Exception Group Traceback (most recent call last):",
        '  |   File "/lib/x.py", line 3, in main',
        "  |     raise ValueError",
        "  | ExceptionGroup: two of them (2 sub-exceptions)",
        "\x1b[1;31mTraceback (most recent call last):\x1b[0m",
        '\x1b[35m  File "/lib/y.py", line 3, in main\x1b[0m',
        "    raise ValueError",
        "\x1b[1;31mValueError: no good\x1b[0m",
    ]
    told = failure.readable_lines(log)
    assert not [line for line in told if "\x1b" in line or "File" in line or "raise" in line]
    assert told[0] == "20:00:00 - LiteLLM: loading"
    assert failure.find_reason(told) == "ValueError: no good"


def test_what_uvicorn_adds_to_a_failure_is_no_reason():
    assert (
        failure.find_reason(["ValueError: no good", "ERROR:    Application startup failed."]) == "ValueError: no good"
    )
    assert failure.find_reason(["ERROR:    Application startup failed."]) == "its output says why"


def test_a_reason_is_short():
    assert len(failure.find_reason([f"ValueError: {'x' * 1000}"])) == 500


def test_what_is_shown_is_the_end_without_secrets():
    log = [f"{number} sk-0123456789" for number in range(50)]
    error = failure.find_error(log, {"A_KEY": "sk-0123456789"})
    assert error == [f"{number} [hidden]" for number in range(10, 50)]


def test_the_last_error_counts():
    lines = ["KeyError: first", "other", "more", "ValueError: second", "because"]
    assert failure.find_reason(lines) == "ValueError: second because"
