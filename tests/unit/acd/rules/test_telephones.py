import pytest

from acd.rules.telephones import endpoint_in, endpoint_of, interface_of, line_endpoint, seen_state

LINE = "05345550005@line-linhe"


def test_a_line_seat_is_an_extension_of_its_countys_context() -> None:
    assert line_endpoint("05345550005", "linhe") == LINE


@pytest.mark.parametrize(
    ("number", "county"),
    [("", "linhe"), ("1", "linhe"), ("110&119", "linhe"), ("110", ""), ("110", "Lin he"), ("1" * 21, "linhe")],
)
def test_what_cannot_be_dialled_is_no_line_seat(number: str, county: str) -> None:
    with pytest.raises(ValueError, match="telephone number"):
        line_endpoint(number, county)


@pytest.mark.parametrize(("endpoint", "interface"), [("1001w", "PJSIP/1001w"), (LINE, f"Local/{LINE}/n")])
def test_what_is_dialled_for_an_endpoint_names_it(endpoint: str, interface: str) -> None:
    assert interface_of(endpoint) == interface
    assert endpoint_in(interface) == endpoint


@pytest.mark.parametrize(
    ("channel", "endpoint"),
    [
        ("PJSIP/1001w-0000002a", "1001w"),
        (f"Local/{LINE}-00000003;1", LINE),
        (f"Local/{LINE}-00000003;2", None),
        ("Local/x@somewhere-00000003;1", None),
    ],
)
def test_the_endpoint_in_a_channels_name(channel: str, endpoint: str | None) -> None:
    assert endpoint_of(channel) == endpoint


@pytest.mark.parametrize(
    ("state", "before", "seen"),
    [
        ("NOT_INUSE", None, "NOT_INUSE"),
        ("INUSE", None, "NOT_INUSE"),
        ("INUSE", "UNAVAILABLE", "UNAVAILABLE"),  # the talk that its cut line has not ended yet
        ("UNAVAILABLE", "NOT_INUSE", "UNAVAILABLE"),
    ],
)
def test_a_trunk_that_others_use_is_free_for_one_more(state: str, before: str | None, seen: str) -> None:
    assert seen_state(LINE, state, before=before) == seen
    assert seen_state("1001", state, before=before) == state
