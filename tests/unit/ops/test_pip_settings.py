from ops.pip_settings import for_uv, parse

LISTING = """\
:env:.index-url='https://user:pass@index.example/simple'
global.cert='/etc/ssl/own.pem'
global.extra-index-url='file:///one/simple file:///two/simple'
global.index-url='https://other.example/simple'
install.find-links='/wheels\\n/more'
global.trusted-host='index.example'
"""


def test_the_environment_wins_over_files() -> None:
    assert parse(LISTING)["index-url"] == "https://user:pass@index.example/simple"


def test_uv_is_told_everything_pip_knows() -> None:
    told = for_uv(parse(LISTING), {})
    assert told == {
        "UV_DEFAULT_INDEX": "https://user:pass@index.example/simple",
        "UV_INDEX": "file:///one/simple file:///two/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INSECURE_HOST": "index.example",
        "SSL_CERT_FILE": "/etc/ssl/own.pem",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_what_uv_is_already_told_wins() -> None:
    told = for_uv(parse(LISTING), {"UV_DEFAULT_INDEX": "https://mine.example", "SSL_CERT_FILE": "/mine.pem"})
    assert "UV_DEFAULT_INDEX" not in told
    assert "SSL_CERT_FILE" not in told


def test_a_machine_without_configuration_changes_nothing_but_the_strategy() -> None:
    assert for_uv(parse(""), {}) == {"UV_INDEX_STRATEGY": "unsafe-best-match"}


def test_no_index_is_carried_over() -> None:
    assert for_uv(parse("global.no-index='true'\n"), {})["UV_NO_INDEX"] == "1"
